/** The way of SIP messages from this page to its own server, as JsSIP wants one: with the ticket that the page was given. */
import type { Socket } from 'jssip'

export interface Line {
  readonly account: string
  readonly ticket: string
  /** By which this page, and nobody else, reads what is said in its call. */
  readonly captions: string
}

/** Asks for a line. Undefined: none is free, or the server is away. */
export async function askForLine(): Promise<Line | undefined> {
  try {
    const response = await fetch('/telephone/line', { method: 'POST' })
    if (!response.ok) return undefined
    const line: unknown = await response.json()
    return isLine(line) ? line : undefined
  } catch {
    return undefined
  }
}

const isLine = (value: unknown): value is Line =>
  typeof value === 'object' &&
  value !== null &&
  'account' in value &&
  typeof value.account === 'string' &&
  'ticket' in value &&
  typeof value.ticket === 'string' &&
  'captions' in value &&
  typeof value.captions === 'string'

export class LineSocket implements Socket {
  via_transport = 'WS'
  readonly url: string
  readonly sip_uri: string
  readonly #ticket: string
  #socket: WebSocket | undefined

  constructor({ ticket }: Line) {
    const url = new URL('/ws', location.href)
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
    this.url = url.href
    this.sip_uri = `sip:${url.host};transport=ws`
    this.#ticket = ticket
  }

  /** JsSIP puts its own in place of these. */
  onconnect(): void {}
  ondisconnect(_error: boolean, _code?: number, _reason?: string): void {}
  ondata<T>(_data: T): void {}

  /** A ticket is good once: a line that was lost is asked for anew. */
  connect(): void {
    if (this.#socket) return
    const socket = new WebSocket(this.url, ['sip', `ticket.${this.#ticket}`])
    this.#socket = socket
    socket.addEventListener('open', () => this.onconnect())
    socket.addEventListener('close', ({ wasClean, code, reason }) => this.ondisconnect(!wasClean, code, reason))
    socket.addEventListener('message', ({ data }) => this.ondata(data))
  }

  disconnect(): void {
    this.#socket?.close()
  }

  send(message: string): boolean {
    if (!this.isConnected()) return false
    this.#socket?.send(message)
    return true
  }

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  isConnecting(): boolean {
    return this.#socket?.readyState === WebSocket.CONNECTING
  }
}
