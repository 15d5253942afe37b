/** Connections whose handshake is not done: whoever makes many of them must not keep others out. */
import type { Socket } from 'node:net'
import type { Server, TLSSocket } from 'node:tls'

/** Keeps few connections before their handshake is done, the youngest. */
export function boundHalfOpen(server: Server, most: number): void {
  const halfOpen = new Map<string, Socket>()
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    halfOpen.set(name, socket)
    socket.once('close', () => halfOpen.delete(name))
    if (halfOpen.size <= most) return
    const [oldest] = halfOpen.values()
    oldest?.destroy()
  })
  server.on('secureConnection', (socket: TLSSocket) => halfOpen.delete(nameOf(socket)))
  // Strangers, and peers that hang up: nobody to tell.
  server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy())
}
