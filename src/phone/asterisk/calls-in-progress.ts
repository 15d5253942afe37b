/** The calls that this process serves, each from the first sight of its channel to its end. */
import { CallGone } from '../line.ts'
import type { AsteriskLine } from './asterisk-line.ts'
import type { Channels } from './channels.ts'
import type { AriEvent } from './events.ts'

export class CallsInProgress {
  readonly #channels: Channels
  readonly #handler: (line: AsteriskLine) => Promise<void>
  readonly #onFault: (error: unknown) => void
  /** By channel id. `undefined`: seen, and being answered or looked at. */
  readonly #lines = new Map<string, AsteriskLine | undefined>()
  readonly #serving = new Set<Promise<void>>()
  #hasLetGo = false

  constructor(channels: Channels, handler: (line: AsteriskLine) => Promise<void>, onFault: (error: unknown) => void) {
    this.#channels = channels
    this.#handler = handler
    this.#onFault = onFault
  }

  get count(): number {
    return this.#serving.size
  }

  has(channelId: string): boolean {
    return this.#lines.has(channelId)
  }

  /** Those whose caller is being served. */
  lines(): AsteriskLine[] {
    return [...this.#lines.values()].filter(line => line !== undefined)
  }

  /** Serves a channel that nobody serves yet. Nothing that fails here leaves it behind. */
  begin(channelId: string, open: () => Promise<AsteriskLine>): void {
    this.#lines.set(channelId, undefined)
    const serving = this.#serve(channelId, open)
      .catch(this.#onFault)
      .finally(() => this.#serving.delete(serving))
    this.#serving.add(serving)
  }

  /** `atMs`: when it happened, by the monotonic clock. */
  onEvent(channelId: string, event: AriEvent, atMs: number): void {
    const line = this.#lines.get(channelId)
    if (line) line.onEvent(event, atMs)
    // Left while we were answering.
    else if (event.type === 'StasisEnd' || event.type === 'ChannelDestroyed') this.#lines.delete(channelId)
  }

  /** Another process has them now, or will take them up: they are touched no more. */
  letGo(): void {
    this.#hasLetGo = true
    for (const line of this.lines()) line.onGone()
  }

  async allEnded(): Promise<void> {
    while (this.#serving.size > 0) await Promise.all(this.#serving)
  }

  async #serve(channelId: string, open: () => Promise<AsteriskLine>): Promise<void> {
    let line: AsteriskLine | undefined
    try {
      line = await open()
      if (this.#hasLetGo || !this.#lines.has(channelId)) return
      this.#lines.set(channelId, line)
      await this.#handler(line)
      await line.hangUp()
    } catch (error) {
      if (error instanceof CallGone || this.#hasLetGo) return
      await this.#channels.hangUp(channelId).catch(() => {})
      throw error
    } finally {
      this.#lines.delete(channelId)
      // Its channel's last events find nobody.
      line?.onGone()
    }
  }
}
