/** A WebSocket to Asterisk for one page's line: SIP over it, and nothing else that its HTTP server has. */
import { WebSocket } from 'ws'
import { loopback } from '../installation.ts'
import type { MessageSocket } from './page-line.ts'

const handshakeMs = 5_000
const mostBytes = 65_535

/** What is sent before it stands waits. Where Asterisk is away it closes. */
export function socketToAsterisk(port: number): MessageSocket {
  const options = { handshakeTimeout: handshakeMs, maxPayload: mostBytes, perMessageDeflate: false }
  const socket = new WebSocket(`ws://${loopback}:${port}/ws`, 'sip', options)
  let waiting: string[] | undefined = []
  socket.on('open', () => {
    for (const message of waiting ?? []) socket.send(message)
    waiting = undefined
  })
  // Its close follows.
  socket.on('error', () => {})
  return {
    send: message => {
      if (waiting) waiting.push(message)
      else if (socket.readyState === WebSocket.OPEN) socket.send(message)
    },
    close: () => socket.close(),
    onMessage: listener => socket.on('message', data => Buffer.isBuffer(data) && listener(data)),
    onClose: listener => socket.on('close', listener),
  }
}
