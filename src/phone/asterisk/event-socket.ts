/**
 * The stream of events of one application, for as long as the process lives.
 *
 *             1 open()           2 opened
 *   closed ───────────▶ dialling ────────▶ open ── 5 silent for 2.5 s despite pings ─┐
 *     ▲                  ▲    │ 3 failed    │ 4 lost                                 │
 *     │                6 │    ▼             ▼                                        │
 *     │                  └─ waiting 0.1–5 s, with jitter ◀──────────────────────────┘
 *     │ 7 close()                           │
 *     └────────────────── any ◀─────────────┘ 8 ApplicationReplaced: `replaced`, and the same
 */
import { BackOff } from '../../back-off.ts'
import type { Runtime } from '../../runtime.ts'
import { AsteriskClock } from './asterisk-clock.ts'
import { type AriEvent, parseEvent } from './events.ts'
import type { RawSocket } from './raw-socket.ts'

export interface EventSocketListener {
  /** Each time that the socket has opened: what happened while there was none has to be found out. */
  onOpen(): void
  /** `atMs`: when it happened, by the monotonic clock. */
  onEvent(event: AriEvent, atMs: number): void
  onLost(): void
  /** Another connection has taken the application over: this one is finished. */
  onReplaced(): void
}

/** With what chance adds and takes, from 0.1 to 5 s. */
const pauses = { firstMs: 150, mostMs: 3_700 }
/** Opening a socket on a machine that does not answer would otherwise take minutes. */
const openDeadlineMs = 3_000
const pingEveryMs = 800
/** Together with a ping's interval, a socket that died silently is found within 3 s. */
const silenceMs = 2_000

export class EventSocket {
  readonly #dial: () => RawSocket
  readonly #runtime: Runtime
  readonly #listener: EventSocketListener
  readonly #closing = new AbortController()
  readonly #clock = new AsteriskClock()
  #socket: RawSocket | undefined
  #heardAtMs = 0

  /** `dial`: begins to open another socket. */
  constructor(dial: () => RawSocket, runtime: Runtime, listener: EventSocketListener) {
    this.#dial = dial
    this.#runtime = runtime
    this.#listener = listener
  }

  /** Keeps a socket open until `close`, for ever if need be. Call once. */
  async run(): Promise<void> {
    const backOff = new BackOff(this.#runtime, pauses)
    while (!this.#closing.signal.aborted) {
      if (await this.#connectOnce()) backOff.forget()
      await backOff.pause(this.#closing.signal)
    }
  }

  close(): void {
    this.#closing.abort()
    this.#socket?.terminate()
  }

  /** One socket from its opening to its end. True when it had opened. */
  #connectOnce(): Promise<boolean> {
    return new Promise(resolve => {
      const socket = this.#dial()
      this.#socket = socket
      const ended = new AbortController()
      let isOpen = false
      const end = () => {
        if (ended.signal.aborted) return
        ended.abort()
        socket.terminate()
        if (isOpen && !this.#closing.signal.aborted) this.#listener.onLost()
        resolve(isOpen)
      }
      const heard = () => {
        this.#heardAtMs = this.#runtime.monotonicMs()
      }
      socket.on('open', () => {
        isOpen = true
        heard()
        this.#watch(socket, ended.signal, end)
        this.#listener.onOpen()
      })
      socket.on('pong', heard)
      socket.on('message', (message: Buffer) => {
        heard()
        this.#take(message)
      })
      socket.on('error', end)
      socket.on('close', end)
      this.#after(openDeadlineMs, ended.signal, () => isOpen || end())
    })
  }

  #take(message: Buffer): void {
    const told = parseEvent(message.toString('utf8'))
    if (!told || this.#closing.signal.aborted) return
    const { event, toldAtMs } = told
    const atMs = this.#clock.at(toldAtMs, this.#runtime.monotonicMs())
    if (event.type === 'ApplicationReplaced') {
      this.close()
      this.#listener.onReplaced()
    } else this.#listener.onEvent(event, atMs)
  }

  /** A socket can die without a word (a pulled cable, a stopped machine): whoever does not answer pings is dead. */
  async #watch(socket: RawSocket, ended: AbortSignal, end: () => void): Promise<void> {
    while (!ended.aborted) {
      if (this.#runtime.monotonicMs() - this.#heardAtMs > silenceMs) return end()
      socket.ping()
      await this.#runtime.sleep(pingEveryMs, ended).catch(() => {})
    }
  }

  #after(ms: number, signal: AbortSignal, act: () => void): void {
    this.#runtime.sleep(ms, signal).then(act, () => {})
  }
}
