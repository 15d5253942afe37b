/** A way to PostgreSQL that is opened when something is asked, and opened anew when it broke. One asks at a time. */
import type { Runtime } from '../../runtime.ts'
import type { KeeperPlace, KeeperTimes } from './place.ts'
import { type Answer, type LeastHistory, Refused, Session, type Value } from './session.ts'

export class Link {
  readonly #runtime: Runtime
  readonly #place: KeeperPlace
  readonly #times: KeeperTimes
  #session: Session | undefined
  #isClosed = false
  #least: LeastHistory | undefined

  constructor(runtime: Runtime, place: KeeperPlace, times: KeeperTimes, least?: LeastHistory) {
    this.#runtime = runtime
    this.#place = place
    this.#times = times
    this.#least = least
  }

  /** From the next connection on, of a server that follows another history nothing is asked. */
  believeFrom(least: LeastHistory): void {
    this.#least = least
  }

  /** @throws Refused, Unanswered */
  async query(text: string, values?: readonly Value[], name?: string): Promise<Answer> {
    if (this.#session === undefined || this.#session.hasEnded) {
      const before = this.#session
      const shunned = before?.isAbandoned === true ? before.at : undefined
      const session = await Session.open(this.#runtime, this.#place, this.#times, { shunned, least: this.#least })
      if (this.#isClosed) session.end()
      if (before?.isAbandoned === true) await endOf(before.name, session)
      this.#session = session
    }
    if (this.#isClosed) throw new Refused('this way to it is closed')
    return this.#session.query(text, values, name)
  }

  /** What is under way ends as `Unanswered`. */
  close(): void {
    this.#isClosed = true
    this.#session?.end()
  }
}

/** PostgreSQL does not see that nobody waits for its answer any more, and would keep one process for each try until it takes no more connections. */
async function endOf(name: string, session: Session): Promise<void> {
  const ends = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1'
  await session.query(ends, [name]).catch(() => {})
}
