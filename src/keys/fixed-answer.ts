/**
 * Every refusal of a secret leaves at one fixed instant, so that its time says nothing about what exists, what it cost to
 * compare or who else was asked. A success needs no disguise and leaves at once.
 *
 * The instant counts from the request's arrival, which follows the last key by what the caller's own keys decide (the
 * entry was full, `#` was pressed, the pause between keys was over). A time of the caller's process would mean nothing to an
 * institution in another one.
 */
import { Cancellation, type Runtime, withDeadline } from '../runtime.ts'

/** How long after its arrival a refused request is answered. */
const refusalAfterMs = 1_000

/** What is left for the commit and the answer once a third party was asked. */
const reserveMs = 300

export interface Refusable<T> {
  readonly isRefused: (answer: T) => boolean
  /** Added to the instant. It may depend on earlier attempts alone, never on what exists. */
  readonly delayMs?: number
}

/** Until when `answerAtFixedInstant` leaves time to ask somebody else. */
export interface Elsewhere {
  /** Settles as `asked` does, or rejects with `DeadlineExceeded` while the instant can still be kept. */
  ask<A>(what: string, asked: Promise<A>): Promise<A>
}

/**
 * Answers with what `work` finds: a success at once, a refusal (or a failure) at the fixed instant. Work that took longer
 * is answered a whole number of seconds after the instant, as on a machine that has more to hash than it can.
 */
export async function answerAtFixedInstant<T>(
  runtime: Runtime,
  { isRefused, delayMs = 0 }: Refusable<T>,
  work: (elsewhere: Elsewhere) => Promise<T>,
): Promise<T> {
  const arrivedMs = runtime.monotonicMs()
  const leftMs = () => Math.max(0, arrivedMs + refusalAfterMs - reserveMs - runtime.monotonicMs())
  const elsewhere: Elsewhere = { ask: (what, asked) => withDeadline(runtime, what, leftMs(), asked) }
  const answered = new Cancellation()
  // The timer starts before the work: one that started after it would be rounded differently for each length of work.
  const instants = strike(runtime, refusalAfterMs + delayMs, answered)
  try {
    const answer = await work(elsewhere)
    if (isRefused(answer)) await instants.next()
    return answer
  } catch (error) {
    await instants.next()
    throw error
  } finally {
    answered.cancel('answered')
  }
}

/** A clock that strikes after `firstMs` and once a second from then on, until `silenced`. */
function strike(runtime: Runtime, firstMs: number, silenced: Cancellation): { next(): Promise<void> } {
  let next = runtime.sleep(firstMs, silenced)
  const wind = async (): Promise<void> => {
    try {
      for (;;) {
        await next
        next = runtime.sleep(refusalAfterMs, silenced)
      }
    } catch {
      // It was silenced, as nobody waits for it any more.
    }
  }
  void wind()
  return { next: () => next }
}
