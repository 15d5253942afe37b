/** Asterisk's log file: what it complained about since it was last started. Holds errors only; `logger.conf` says why. */
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'

/** About a year of a quiet bank. The one before is kept. */
const largestBytes = 10_000_000

export class AsteriskLog {
  readonly path: string
  #startedAtByte = 0

  constructor(path: string) {
    this.path = path
    this.keepSmall()
  }

  /** Asterisk appends to the file and keeps it open, so it is copied and emptied. Where there is no room for a copy, none is kept. */
  keepSmall(): void {
    if (this.#size() <= largestBytes) return
    try {
      copyFileSync(this.path, `${this.path}.before`)
    } catch {
      rmSync(`${this.path}.before`, { force: true })
    }
    truncateSync(this.path)
    this.#startedAtByte = 0
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
