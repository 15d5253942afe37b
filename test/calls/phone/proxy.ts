/** A wire that can be cut without a word: forwards TCP to Asterisk's ARI until it is told to swallow everything. */
import { connect, createServer, type Socket } from 'node:net'

export interface Proxy {
  readonly url: string
  /** Existing connections stay open and carry nothing more; new ones work. */
  freeze(): void
  /** All that Asterisk has sent until now. */
  received(): string
  close(): Promise<void>
}

export async function openProxy(targetUrl: string): Promise<Proxy> {
  const { hostname, port } = new URL(targetUrl)
  const sockets = new Set<Socket>()
  const received: Buffer[] = []
  const server = createServer(near => {
    const far = connect(Number(port), hostname)
    far.on('data', bytes => received.push(bytes))
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', bytes => to.write(bytes))
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('no address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    freeze() {
      for (const socket of sockets) socket.removeAllListeners('data').on('data', () => {})
    },
    received: () => Buffer.concat(received).toString('latin1'),
    close: () =>
      new Promise(resolve => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
