/**
 * Renews the sections of the operators' page by server-sent events: whoever reads is sent a section when it has become another. All
 * readers together ask the institutions once a second, and nobody does while nobody reads.
 */
import { PassThrough, type Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type Language, languages } from '../../languages.ts'
import type { Runtime } from '../../runtime.ts'
import { waitingIn } from '../event-stream.ts'
import { Refused } from '../server.ts'
import type { Words } from '../words.ts'
import { sectionsOf } from './sections.ts'
import type { Overview } from './shown.ts'

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
}

export interface LiveParts {
  readonly runtime: Runtime
  readonly words: Readonly<Record<Language, Words>>
  readonly overview: () => Promise<Overview>
  readonly troubled: (error: unknown) => void
}

export function serveLive(app: FastifyInstance, parts: LiveParts): void {
  const live = new Live(parts)
  app.get<{ Querystring: { lang?: string } }>('/live', async (request, reply) => {
    const language = languages.find(each => each === request.query.lang) ?? 'en'
    const stream = live.read(language)
    if (stream === undefined) throw new Refused(429, 'too-many')
    return reply.type('text/event-stream; charset=utf-8').send(stream)
  })
  app.addHook('preClose', async () => live.close())
}

class Live {
  readonly #parts: LiveParts
  readonly #readers = new Set<Reader>()
  readonly #closing = new AbortController()
  #isRunning = false

  constructor(parts: LiveParts) {
    this.#parts = parts
  }

  /** Undefined: too many read already. */
  read(language: Language): Readable | undefined {
    if (this.#readers.size >= mostReaders) return undefined
    const reader = { words: this.#parts.words[language], output: new PassThrough(), sent: new Map<string, string>() }
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
    const { runtime, overview, troubled } = this.#parts
    this.#isRunning = true
    while (this.#readers.size > 0 && !this.#closing.signal.aborted) {
      try {
        const seen = await overview()
        for (const reader of this.#readers) tell(reader, seen)
      } catch (error) {
        troubled(error)
      }
      await runtime.sleep(everyMs, this.#closing.signal).catch(() => {})
    }
    this.#isRunning = false
  }
}

/** Sends what has changed; where nothing has, a comment, by which both ends know that the other is there. */
function tell({ words, output, sent }: Reader, seen: Overview): void {
  if (waitingIn(output) > mostWaiting) return void output.destroy()
  const sections = Object.entries(sectionsOf(words, seen)).map(([id, section]) => [id, section.toString()] as const)
  const changed = sections.filter(([id, markup]) => sent.get(id) !== markup)
  for (const [id, markup] of changed) sent.set(id, markup)
  output.write(changed.length === 0 ? ':\n\n' : `data: ${JSON.stringify(Object.fromEntries(changed))}\n\n`)
}
