/** Carries SIP messages for a test's phone: each in a datagram of its own, or one after another over a connection. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'

export interface SipTransport {
  /** Address and port, as Via and Contact name them. */
  readonly own: string
  readonly isReliable: boolean
  readonly isClosed: boolean
  onMessage(take: (text: string) => void): void
  send(text: string): void
  close(): void
}

interface Server {
  readonly host: string
  readonly port: number
}

export function openSipTransport(kind: 'udp' | 'tcp', from: string, server: Server): Promise<SipTransport> {
  return kind === 'udp' ? overUdp(from, server) : overTcp(from, server)
}

async function overUdp(from: string, server: Server): Promise<SipTransport> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, from, resolve))
  let isClosed = false
  return {
    own: `${from}:${socket.address().port}`,
    isReliable: false,
    get isClosed() {
      return isClosed
    },
    onMessage: take => void socket.on('message', bytes => take(bytes.toString('latin1'))),
    send: text => isClosed || socket.send(text, server.port, server.host),
    close: () => {
      if (isClosed) return
      isClosed = true
      socket.close()
    },
  }
}

async function overTcp(from: string, server: Server): Promise<SipTransport> {
  const socket = connect({ ...server, localAddress: from })
  await once(socket, 'connect')
  socket.on('error', () => {})
  return {
    own: `${from}:${socket.localPort}`,
    isReliable: true,
    get isClosed() {
      return socket.destroyed
    },
    onMessage: take => {
      let buffered = ''
      socket.on('data', bytes => {
        buffered += bytes.toString('latin1')
        for (;;) {
          const message = firstMessage(buffered)
          if (message === undefined) return
          buffered = buffered.slice(message.length)
          take(message)
        }
      })
    },
    send: text => void socket.write(text),
    close: () => socket.destroy(),
  }
}

/** RFC 3261, section 18.3: over a stream, Content-Length says where a message ends. Line breaks may stand between two. */
function firstMessage(text: string): string | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const length = Number(text.slice(0, headEnd).match(/^(?:content-length|l) *: *(\d+)/im)?.[1] ?? 0)
  const end = headEnd + 4 + length
  return text.length < end ? undefined : text.slice(0, end)
}
