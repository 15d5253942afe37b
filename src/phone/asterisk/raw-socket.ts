/** A WebSocket of the `ws` package, as ari-client makes it and as far as we use it. */
import type { EventEmitter } from 'node:events'

export interface RawSocket extends EventEmitter {
  /** 1: open. */
  readonly readyState: number
  send(text: string): void
  ping(): void
  close(): void
  terminate(): void
}
