/** The manager client against a server of the test's own, which misbehaves as Asterisk does when it goes away. */
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { isAbsence, ManagerClient, ManagerGone, ManagerRefused } from '../../../src/switch/manager-client.ts'

let server: Server | undefined

afterEach(() => {
  server?.close()
})

type Action = Record<string, string>

/** @param answer gives the reply to an action, or ends the connection, or keeps silent */
async function serve(answer: (action: Action, socket: Socket) => string | undefined): Promise<number> {
  const listening = createServer(socket => {
    socket.on('error', () => {})
    socket.write('Asterisk Call Manager/11.0.0\r\n')
    let rest = ''
    socket.on('data', bytes => {
      const packets = (rest + bytes).split('\r\n\r\n')
      rest = packets.pop() ?? ''
      for (const packet of packets) {
        const action = Object.fromEntries(packet.split('\r\n').map(line => line.split(': ') as [string, string]))
        const reply = answer(action, socket)
        if (reply) socket.write(`${reply}\r\nActionID: ${action['ActionID']}\r\n\r\n`)
      }
    })
  })
  server = listening
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  return typeof address === 'object' && address ? address.port : 0
}

const welcome = 'Response: Success\r\nMessage: Authentication accepted'

const open = (port: number) =>
  ManagerClient.open({ host: '127.0.0.1', port, user: 'switch', password: new Secret('secret') }, systemRuntime)

test('logs in and gets its replies', async () => {
  const port = await serve(({ Action: name }) => (name === 'login' ? welcome : 'Response: Success\r\nPing: Pong'))
  const client = await open(port)
  await expect(client.action('Ping')).resolves.toMatchObject({ response: 'Success', ping: 'Pong' })
  client.close()
})

test('a refusal is told with its reason, and is not taken for absence', async () => {
  const port = await serve(() => 'Response: Error\r\nMessage: Authentication failed')
  const error = await open(port).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ManagerRefused)
  expect(String(error)).toContain('Authentication failed')
  expect(isAbsence(error)).toBe(false)
})

test('an action under way when the connection is lost fails at once', async () => {
  const port = await serve(({ Action: name }, socket) => {
    if (name === 'login') return welcome
    socket.destroy()
    return undefined
  })
  const client = await open(port)
  const error = await client.action('Ping').catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ManagerGone)
  expect(isAbsence(error)).toBe(true)
})

test('nobody listening is absence', async () => {
  const port = await serve(() => undefined)
  await new Promise(resolve => server?.close(resolve))
  expect(isAbsence(await open(port).catch((reason: unknown) => reason))).toBe(true)
})

test('a line break never reaches the wire', async () => {
  const received: Action[] = []
  const port = await serve(action => {
    received.push(action)
    return welcome
  })
  const client = await open(port)
  for (const value of ['1\r\n\r\nAction: Originate', '1\nA: b', '\r']) {
    await expect(client.action('Setvar', { variable: 'X', value })).rejects.toThrow('line break')
    await expect(client.action('Setvar', { [value]: 'X' })).rejects.toThrow('line break')
  }
  expect(received.map(({ Action: name }) => name)).toEqual(['login'])
  client.close()
})
