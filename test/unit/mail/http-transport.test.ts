import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type HttpEntrance, type HttpTransport, httpEntrance, httpTransport } from '../../../src/mail/http-transport.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { institutionId } from '../../support/ids.ts'

const [shop, nobody, closed] = [institutionId('shop'), institutionId('nobody'), institutionId('closed')]
let entrance: HttpEntrance
let transport: HttpTransport
beforeEach(async () => {
  entrance = await httpEntrance({ host: '127.0.0.1', port: 0 })
  const address = `http://127.0.0.1:${entrance.port}`
  transport = httpTransport(systemRuntime, { shop: address, nobody: address, closed: 'http://127.0.0.1:1' })
})
afterEach(async () => {
  transport.close()
  await entrance.close()
})

test('bytes go there, and the answer comes back', async () => {
  await entrance.listen(shop, async bytes => Uint8Array.from([...bytes].reverse()))
  expect([...(await transport.deliver(shop, Uint8Array.of(1, 2, 3), 1_000))]).toEqual([3, 2, 1])
})

test('who is not there is undeliverable, and who does not answer in time has a deadline', async () => {
  const bytes = Uint8Array.of(1)
  await expect(transport.deliver(nobody, bytes, 1_000)).rejects.toThrow('status 404')
  await expect(transport.deliver(closed, bytes, 1_000)).rejects.toThrow('cannot deliver to closed')
  await expect(transport.deliver(institutionId('unheard-of'), bytes, 1_000)).rejects.toThrow('no address')
  await entrance.listen(shop, () => new Promise(() => {}))
  await expect(transport.deliver(shop, bytes, 50)).rejects.toThrow('no answer within 50 ms')
})

test('an institution that cannot answer gives none', async () => {
  await entrance.listen(shop, () => Promise.reject(new Error('closing')))
  await expect(transport.deliver(shop, Uint8Array.of(1), 1_000)).rejects.toThrow('status 503')
})

test('a body of more than a mebibyte is cut off', async () => {
  let received = 0
  await entrance.listen(shop, async bytes => {
    received = bytes.length
    return bytes
  })
  await expect(transport.deliver(shop, new Uint8Array((1 << 20) + 1), 2_000)).rejects.toThrow('cannot deliver')
  expect(received).toBe(0)
})

test('a flood of connections is closed at the door, and peers are answered again once it has gone', async () => {
  await entrance.listen(shop, async bytes => bytes)
  const flood = Array.from({ length: 300 }, () =>
    connect(entrance.port, '127.0.0.1')
      .on('error', () => {})
      .resume(),
  )
  await expect.poll(() => flood.filter(({ destroyed }) => !destroyed).length).toBe(256)
  for (const socket of flood) socket.destroy()
  await expect.poll(() => transport.deliver(shop, Uint8Array.of(1), 1_000).catch(() => undefined)).toBeDefined()
})

test('what is not a delivery is refused', async () => {
  await entrance.listen(shop, async bytes => bytes)
  for (const request of ['GET /clearing/shop', 'POST /clearing/../shop', 'POST /clearing/%73hop', 'POST /']) {
    expect(await firstLine(entrance.port, `${request} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`)).toContain(
      '404',
    )
  }
})

function firstLine(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.once('data', data => {
      resolve(data.toString().split('\r\n')[0] ?? '')
      socket.destroy()
    })
    socket.once('error', reject)
  })
}
