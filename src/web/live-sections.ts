/**
 * Renews sections of a page by server-sent events: whoever reads is sent a section when it has become another. All readers together
 * ask once a second, and nobody does while nobody reads.
 */
import { PassThrough, type Readable } from 'node:stream'
import type { Runtime } from '../runtime.ts'
import { waitingIn } from './event-stream.ts'
import type { Html } from './html.ts'
import type { Words } from './words.ts'

const everyMs = 1_000
/** Nobody needs more windows at once. */
const mostReaders = 16
/** A reader that does not read is let go. */
const mostWaiting = 1 << 20

interface Reader {
  readonly words: Words
  readonly output: PassThrough
  /** By section, what it was sent last. */
  readonly sent: Map<string, string>
  /** Whether it may still read. */
  readonly mayRead: () => Promise<boolean>
}

/** `S`: what all readers are shown, as it is when somebody asks. */
export interface LiveParts<S> {
  readonly runtime: Runtime
  readonly seen: () => Promise<S>
  /** By the id of the element that holds it. */
  readonly sectionsOf: (words: Words, seen: S) => Readonly<Record<string, Html>>
  readonly troubled: (error: unknown) => void
}

export class LiveSections<S> {
  readonly #parts: LiveParts<S>
  readonly #readers = new Set<Reader>()
  readonly #closing = new AbortController()
  #isRunning = false

  constructor(parts: LiveParts<S>) {
    this.#parts = parts
  }

  /** Undefined: too many read already. */
  read(words: Words, mayRead = async () => true): Readable | undefined {
    if (this.#readers.size >= mostReaders) return undefined
    const reader = { words, output: new PassThrough(), sent: new Map<string, string>(), mayRead }
    this.#readers.add(reader)
    const gone = () => this.#readers.delete(reader)
    reader.output.on('close', gone).on('error', gone)
    if (!this.#isRunning) void this.#run()
    return reader.output
  }

  close(): void {
    this.#closing.abort()
    for (const { output } of this.#readers) output.end()
  }

  async #run(): Promise<void> {
    const { runtime, seen, troubled } = this.#parts
    this.#isRunning = true
    while (this.#readers.size > 0 && !this.#closing.signal.aborted) {
      try {
        const now = await seen()
        for (const reader of this.#readers) {
          if (await reader.mayRead()) this.#tell(reader, now)
          else reader.output.end()
        }
      } catch (error) {
        troubled(error)
      }
      await runtime.sleep(everyMs, this.#closing.signal).catch(() => {})
    }
    this.#isRunning = false
  }

  /** Sends what has changed; where nothing has, a comment, by which both ends know that the other is there. */
  #tell({ words, output, sent }: Reader, seen: S): void {
    if (waitingIn(output) > mostWaiting) return void output.destroy()
    const sections = Object.entries(this.#parts.sectionsOf(words, seen)).map(
      ([id, section]) => [id, section.toString()] as const,
    )
    const changed = sections.filter(([id, markup]) => sent.get(id) !== markup)
    for (const [id, markup] of changed) sent.set(id, markup)
    output.write(changed.length === 0 ? ':\n\n' : `data: ${JSON.stringify(Object.fromEntries(changed))}\n\n`)
  }
}
