/**
 * The one link of an exchange, opened when it is first used: to open it and to clear it away costs some seven requests to Asterisk,
 * and a frame that comes meanwhile is cut. While it is open the line neither plays prompts nor keys digits.
 */
import type { FrameLink, Unsuitable } from '../line.ts'
import type { Session } from '../session.ts'

export class KeptLink {
  readonly #session: Session
  #link: FrameLink | undefined

  constructor(session: Session) {
    this.#session = session
  }

  async use<T>(work: (link: FrameLink) => Promise<T>): Promise<T | Unsuitable> {
    if (this.#link === undefined) {
      const opened = await this.#session.line.openFrameLink?.()
      if (opened === undefined || opened === 'unsuitable line') return 'unsuitable line'
      this.#link = opened
    }
    return work(this.#link)
  }

  /** Nothing of it is left when this resolves. What is used next opens another. */
  async close(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    await link?.close()
  }
}
