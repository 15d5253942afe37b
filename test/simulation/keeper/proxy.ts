/** A wire to PostgreSQL that can be cut: what is under way on it then arrives nowhere, and nobody is told. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export class Wire {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isCut = false

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(port: number): Promise<Wire> {
    const server = createServer()
    const wire = new Wire(server)
    server.on('connection', near => wire.#join(near, port))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return wire
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return address.port
  }

  cut(): void {
    this.#isCut = true
    this.lose()
  }

  /** What is connected now is cut; who connects again is joined. */
  lose(): void {
    for (const socket of this.#sockets) socket.unpipe()
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #join(near: Socket, port: number): void {
    this.#sockets.add(near.on('error', () => {}))
    if (this.#isCut) return
    const far = connect(port, '127.0.0.1').on('error', () => near.destroy())
    this.#sockets.add(far)
    near.pipe(far)
    far.pipe(near)
    near.on('close', () => far.destroy())
  }
}
