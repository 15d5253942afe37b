/**
 * Has money moved (or a PIN changed) exactly once. The request has an id before it is made; while the answer stays
 * unknown the same id is asked again, so that the caller is told what became of it and nothing is done twice.
 */
import type { AccountNumber, IntentId, VoucherNumber } from '../../src/ids.ts'
import type { Call } from '../../src/phone/call.ts'
import { DeadlineExceeded } from '../../src/runtime.ts'
import { NotKept, UnknownOutcome } from '../../src/store/store.ts'

/** With the comfort phrases in between, three times is about as long as a caller stays on the line. */
const mostTries = 3

export async function carryOut<O>(
  call: Call,
  [name, principal]: readonly [name: string, principal: AccountNumber | VoucherNumber],
  request: (intent: IntentId) => Promise<O>,
): Promise<O> {
  const { id } = await call.intent(name, principal)
  return untilKnown(call, () => request(id))
}

/** Asks again while it is unknown whether the request was carried out. For requests that may safely be made twice. */
export async function untilKnown<O>(call: Call, request: () => Promise<O>): Promise<O> {
  for (let tries = 1; ; tries++) {
    try {
      return await call.during(request())
    } catch (failure) {
      if (!isDoubtful(failure)) throw failure
      if (tries === mostTries) return sayNoAnswer(call)
      await call.say('still-working')
    }
  }
}

/** As `untilKnown`, without a word: while something is played. */
export async function askedAgain<O>(request: () => Promise<O>): Promise<O> {
  for (let tries = 1; ; tries++) {
    try {
      return await request()
    } catch (failure) {
      if (!isDoubtful(failure) || tries === mostTries) throw failure
    }
  }
}

/** Where it stays unknown after all, the caller is told so. */
export async function orNoAnswer<O>(call: Call, work: Promise<O>): Promise<O> {
  return work.catch(failure => {
    if (!isDoubtful(failure)) throw failure
    return sayNoAnswer(call)
  })
}

async function sayNoAnswer(call: Call): Promise<never> {
  await call.say('no-answer-yet', {}, { inFull: true })
  return call.hangUp()
}

/** What was not kept was not done, and may be asked for again as well. */
const isDoubtful = (failure: unknown) =>
  [UnknownOutcome, DeadlineExceeded, NotKept].some(doubt => failure instanceof doubt)
