/**
 * Captions of the calls of pages, each to one reader: server-sent events for whoever brings the token that the page was given
 * with its line, once. What is said before they come waits for them.
 */
import { PassThrough, type Readable } from 'node:stream'
import { type Runtime, randomId } from '../../runtime.ts'
import { waitingIn } from '../event-stream.ts'

export interface Caption {
  readonly language: string
  readonly text: string
}

/** A reader that does not read loses what is more than that. */
const mostWaiting = 65_536
/** Whoever hears nothing for a minute is cut off by their own server. */
const aliveMs = 15_000

interface Stream {
  readonly output: PassThrough
  readonly ended: AbortController
  isTaken: boolean
}

export class CaptionStreams {
  readonly #runtime: Runtime
  readonly #streams = new Map<string, Stream>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** A token of one use. */
  open(): string {
    const token = randomId(this.#runtime)
    this.#streams.set(token, { output: new PassThrough(), ended: new AbortController(), isTaken: false })
    return token
  }

  /** Undefined: nobody has that token, or somebody has read by it. */
  read(token: string): Readable | undefined {
    const stream = this.#streams.get(token)
    if (stream === undefined || stream.isTaken) return undefined
    stream.isTaken = true
    void this.#keepAlive(stream)
    return stream.output
  }

  tell(token: string, { language, text }: Caption): void {
    const output = this.#streams.get(token)?.output
    if (output === undefined || waitingIn(output) > mostWaiting) return
    output.write(`data: ${JSON.stringify({ language, text })}\n\n`)
  }

  end(token: string): void {
    const stream = this.#streams.get(token)
    stream?.output.end()
    stream?.ended.abort()
    this.#streams.delete(token)
  }

  endAll(): void {
    for (const token of this.#streams.keys()) this.end(token)
  }

  async #keepAlive({ output, ended }: Stream): Promise<void> {
    // A browser that is gone is an error of its stream, and nobody's fault.
    output.on('error', () => ended.abort())
    while (!ended.signal.aborted) {
      output.write(':\n\n')
      await this.#runtime.sleep(aliveMs, ended.signal).catch(() => {})
    }
  }
}
