/** Asterisk's log file: what it complained about since it was last started. Holds errors only; `logger.conf` says why. */
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs'

/** About a year of a quiet bank. The one before is kept. */
const largestBytes = 10_000_000

export class AsteriskLog {
  readonly path: string
  #startedAtByte = 0

  constructor(path: string) {
    this.path = path
    if (this.#size() > largestBytes) renameSync(path, `${path}.before`)
  }

  /** Asterisk is about to start: what stands in the log now is older. */
  markStart(): void {
    this.#startedAtByte = this.#size()
  }

  /** The first errors since the start: those that follow are usually their consequences. */
  errorsSinceStart(): string[] {
    if (!existsSync(this.path)) return []
    return readFileSync(this.path)
      .subarray(this.#startedAtByte)
      .toString('utf8')
      .split('\n')
      .filter(line => line.includes('ERROR['))
      .slice(0, 10)
  }

  #size(): number {
    return existsSync(this.path) ? statSync(this.path).size : 0
  }
}
