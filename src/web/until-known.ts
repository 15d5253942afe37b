/** Asks again, under the same id, while it is unknown whether a request was carried out. For requests that may be made twice. */
import { DeadlineExceeded } from '../runtime.ts'
import { NotKept, UnknownOutcome } from '../store/store.ts'

const mostTries = 3

export async function untilKnown<O>(request: () => Promise<O>): Promise<O | { readonly outcome: 'unknown' }> {
  for (let tries = 1; tries <= mostTries; tries++) {
    try {
      return await request()
    } catch (failure) {
      if (![UnknownOutcome, DeadlineExceeded, NotKept].some(doubt => failure instanceof doubt)) throw failure
    }
  }
  return { outcome: 'unknown' }
}
