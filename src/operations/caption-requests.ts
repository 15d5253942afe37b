/**
 * The captions that one page is told: of the call that it has, and of no call before. A page has one call at a time, so that the next, or
 * its own end, is the end of the last; a call that was taken back never comes, and would be waited for.
 */

/** Asks for the captions of a call, until that has ended or `over` says so. */
type Ask = (number: string, key: string, over: AbortSignal) => Promise<void>

export class CaptionRequests {
  readonly #ask: Ask
  readonly #troubled: (error: unknown) => void
  #over: AbortController | undefined
  #isClosed = false

  constructor(ask: Ask, troubled: (error: unknown) => void) {
    this.#ask = ask
    this.#troubled = troubled
  }

  begin(number: string, key: string): void {
    this.#over?.abort()
    if (this.#isClosed) return
    const over = new AbortController()
    this.#over = over
    this.#ask(number, key, over.signal).catch(this.#troubled)
  }

  /** Of the page: none is asked for any more. */
  end(): void {
    this.#isClosed = true
    this.#over?.abort()
  }
}
