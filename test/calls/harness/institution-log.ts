/**
 * Follows an institution's log from outside, as an operator would with `tail -f`: which step a call has reached. It tells
 * when to press a key, never what was said.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export type LogLine = Readonly<Record<string, unknown>>

export class InstitutionLog {
  readonly #file: string
  readonly lines: LogLine[] = []
  #offset = 0
  #rest = ''
  /** What `next` has not passed yet. */
  #cursor = 0

  /** @param file `log.ndjson` of an institution's folder; it may not be there yet */
  constructor(file: string) {
    this.#file = file
  }

  /** Lines up to now are past: `next` looks only at later ones. */
  skip(): void {
    this.#read()
    this.#cursor = this.lines.length
  }

  /** The next line that holds these values, waited for. Throws with the call's last lines when it does not come. */
  async next(values: LogLine, withinMs = 60_000): Promise<LogLine> {
    const deadline = performance.now() + withinMs
    for (;;) {
      this.#read()
      while (this.#cursor < this.lines.length) {
        const line = this.lines[this.#cursor++] as LogLine
        if (Object.entries(values).every(([name, value]) => line[name] === value)) return line
      }
      if (performance.now() > deadline) {
        const last = this.#lastOf(values['call']).map(line => JSON.stringify(line))
        throw new Error(`the log never said ${JSON.stringify(values)}; last:\n${last.join('\n')}`)
      }
      await sleep(20)
    }
  }

  /** What an unfinished test prints, so that its failure tells its cause: no line has a digit that a caller keyed. */
  tail(): string {
    this.skip()
    return this.#lastOf(undefined)
      .map(line => JSON.stringify(line))
      .join('\n')
  }

  /** As much of one call, and of the process that serves it, as its last minute says; or of all calls where none is asked for. */
  #lastOf(call: unknown): LogLine[] {
    const isOf = (line: LogLine) => [call, undefined].includes(line['call']) || line['callId'] === call
    return this.lines.filter(line => call === undefined || isOf(line)).slice(-40)
  }

  #read(): void {
    if (!existsSync(this.#file)) return
    const file = openSync(this.#file, 'r')
    const bytes = Buffer.alloc(1 << 16)
    let text = this.#rest
    for (let count = 1; count > 0; this.#offset += count) {
      count = readSync(file, bytes, 0, bytes.length, this.#offset)
      text += bytes.toString('utf8', 0, count)
    }
    closeSync(file)
    const complete = text.split('\n')
    this.#rest = complete.pop() ?? ''
    this.lines.push(...complete.map(line => JSON.parse(line)))
  }
}
