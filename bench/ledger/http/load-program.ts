/**
 * The callers of the HTTP figures, in a process of their own: connections that stay open, each with one request under way. Requests
 * are put together beforehand, and of an answer no more is read than its status and its length.
 */
import { connect, type Socket } from 'node:net'
import type { LoadDone, LoadOrder } from './load.ts'

process.once('disconnect', () => process.exit())
process.on('message', (order: LoadOrder) => {
  void load(order).then(
    done => process.send?.(done),
    (error: unknown) => process.send?.({ failed: String(error) }),
  )
})

async function load({ port, paths, headers, body, count, first }: LoadOrder): Promise<LoadDone> {
  const sockets = await Promise.all(paths.map(() => connected(port)))
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${fields.join('')}`
  let next = first
  const last = first + count
  const before = process.cpuUsage()
  const start = performance.now()
  await Promise.all(
    sockets.map(async (socket, i) => {
      const begin = `POST ${paths[i]} HTTP/1.1\r\n${head}idempotency-key: `
      for (let number = next++; number < last; number = next++) {
        const status = await asked(socket, `${begin}${number}\r\n\r\n${body}`)
        if (status !== 201) throw new Error(`answered ${status}`)
      }
    }),
  )
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(before)
  for (const socket of sockets) socket.destroy()
  return { perSecond: (count / ms) * 1_000, busy: (user + system) / 1_000 / ms }
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** The status, once the whole answer is there. */
function asked(socket: Socket, request: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = ''
    const take = (chunk: Buffer) => {
      received += chunk.toString('latin1')
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(received) ?? []
      if (received.length < end + 4 + Number(length)) return
      socket.off('data', take)
      socket.off('close', lost)
      resolve(Number(received.slice(9, 12)))
    }
    const lost = () => reject(new Error('the connection was closed'))
    socket.on('data', take)
    socket.once('close', lost)
    socket.write(request)
  })
}
