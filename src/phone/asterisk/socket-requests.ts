/**
 * Requests over the event socket (Asterisk 22.4 and later): one small frame out and one back, beside the events. An HTTP
 * request for each prompt was the largest part of what a call cost this process. Asterisk carries these out one after
 * another in the socket's own thread, so only requests that never wait for a channel may come this way: `answer` waits up
 * to half a second for the caller's first sound, and would hold up everybody's prompts.
 */
import { DeadlineExceeded, type Runtime } from '../../runtime.ts'
import type { RawSocket } from './raw-socket.ts'

interface Pending {
  readonly what: string
  readonly untilMs: number
  resolve(status: number | 'lost'): void
  reject(error: Error): void
}

const open = 1

export class SocketRequests {
  readonly #runtime: Runtime
  readonly #deadlineMs: number
  readonly #closing = new AbortController()
  /** In the order in which they were sent, which is that of their deadlines. */
  readonly #pending = new Map<string, Pending>()
  #socket: RawSocket | undefined
  /** Asterisk has answered over this socket: an older one keeps silent. */
  #isProven = false
  #sent = 0
  #isWatching = false

  constructor(runtime: Runtime, deadlineMs: number) {
    this.#runtime = runtime
    this.#deadlineMs = deadlineMs
  }

  /** From now on over this socket, once it is open and has proved that Asterisk answers there. */
  use(socket: RawSocket): void {
    this.#lose()
    this.#socket = socket
    socket.once('open', () => {
      const proof = this.#ask(socket, 'asterisk ping', 'GET', 'asterisk/ping')
      proof.then(
        status => {
          if (socket === this.#socket) this.#isProven = status === 200
        },
        () => {},
      )
    })
    socket.once('close', () => {
      if (socket === this.#socket) this.#lose()
    })
  }

  /**
   * Resolves with the answer's status; with `lost` when the socket was lost before the answer, and whether Asterisk has
   * carried it out is unknown. Undefined, and nothing is sent, when there is no socket to send it over.
   * Rejects with `DeadlineExceeded`.
   */
  send(what: string, method: string, uri: string): Promise<number | 'lost'> | undefined {
    const socket = this.#socket
    if (!this.#isProven || socket?.readyState !== open) return undefined
    return this.#ask(socket, what, method, uri)
  }

  onAnswer(requestId: string, status: number): void {
    this.#pending.get(requestId)?.resolve(status)
    this.#pending.delete(requestId)
  }

  /** Nothing more goes out, and what is under way fails with `reason`. */
  close(reason: (what: string) => Error): void {
    this.#closing.abort()
    this.#socket = undefined
    for (const { what, reject } of this.#takeAll()) reject(reason(what))
  }

  #ask(socket: RawSocket, what: string, method: string, uri: string): Promise<number | 'lost'> {
    const requestId = String(++this.#sent)
    const answer = new Promise<number | 'lost'>((resolve, reject) => {
      const untilMs = this.#runtime.monotonicMs() + this.#deadlineMs
      this.#pending.set(requestId, { what, untilMs, resolve, reject })
    })
    socket.send(JSON.stringify({ type: 'RESTRequest', request_id: requestId, method, uri }))
    if (!this.#isWatching) void this.#watch()
    return answer
  }

  /** One timer for all deadlines. */
  async #watch(): Promise<void> {
    this.#isWatching = true
    for (;;) {
      const [oldest] = this.#pending
      if (oldest === undefined || this.#closing.signal.aborted) break
      const [requestId, { what, untilMs, reject }] = oldest
      const leftMs = untilMs - this.#runtime.monotonicMs()
      if (leftMs > 0) await this.#runtime.sleep(leftMs, this.#closing.signal).catch(() => {})
      else {
        this.#pending.delete(requestId)
        reject(new DeadlineExceeded(`ARI ${what}`, this.#deadlineMs))
      }
    }
    this.#isWatching = false
  }

  #lose(): void {
    this.#isProven = false
    this.#socket = undefined
    for (const { resolve } of this.#takeAll()) resolve('lost')
  }

  #takeAll(): Pending[] {
    const all = [...this.#pending.values()]
    this.#pending.clear()
    return all
  }
}
