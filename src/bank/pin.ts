/**
 * Signing in with account number and PIN, and changing the PIN. Wrong PINs close an account to the origin that they came
 * from, and many of them to all origins where it was not signed in to lately (`origin-tries.ts`). An account that does not
 * exist behaves, and closes, like one that does, and every refusal leaves at one fixed instant. Each PIN of an account has a
 * number: who signed in with an earlier one is signed in no more.
 */

import { isUnderReview } from '../institution/gap.ts'
import { steppedOnce } from '../invariant.ts'
import { answerAtFixedInstant } from '../keys/fixed-answer.ts'
import { isGuessable } from '../keys/guessable.ts'
import type { OriginTried } from '../keys/origin-tries.ts'
import { OriginLimit, RateLimit, takeFromAll } from '../keys/rate-limit.ts'
import { type Origin, originKey } from '../origin.ts'
import { now } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { once } from '../store/once.ts'
import {
  type NewPin,
  ofThisTelephone,
  type PinChange,
  type PinJudgement,
  type SignIn,
  type SignInRequest,
} from './bank.ts'
import { type Branch, depositOf } from './branch.ts'
import { untoldOf } from './clearing/returned.ts'
import { confirmInWriting } from './confirmations/write.ts'
import { pinOwner } from './customers.ts'
import { untoldLosses } from './lost-keys.ts'
import { isSignedIn, type Known, knownAs } from './signed-in.ts'
import { endRegistration, forgetTelephonesOf, registrationOf, telephoneOf } from './telephones.ts'

export function signInDesk(branch: Branch): (request: SignInRequest) => Promise<SignIn> {
  const { runtime, store, verifiers, config, pinTries } = branch
  const perAccount = new RateLimit(runtime, config.signInRates.account)
  const perOrigin = new OriginLimit(runtime, config.signInRates)
  const overall = new RateLimit(runtime, config.signInRates.overall)
  const signIn = async ({ account: claimed, pin, origin }: SignInRequest): Promise<SignIn> => {
    const isShort = claimed === ofThisTelephone
    // One that wrong PINs ended is tried, and closed, like any other: nobody hears that it was one.
    const registration = isShort ? await registrationOf(branch, origin) : undefined
    const account = isShort ? registration?.account : claimed
    const subject = account ?? `telephone ${await fingerprintOf(branch, claimed, origin)}`
    const buckets = [[perAccount, subject], perOrigin.bucketOf(origin), [overall, 'all']] as const
    if (!takeFromAll(...buckets)) return { outcome: 'busy' }
    const tried = await pinTries.attempt<Known | undefined>({
      subject,
      origin: await fingerprintOf(branch, subject, origin),
      countsForAll: !isShort,
      look: async tx => (registration?.isEnded ? undefined : account && knownAs(tx, branch, account)),
      compare: async known => {
        const result = await verifiers.verify(known?.verifier, pin, pinOwner(subject))
        return result === 'busy' ? 'undecided' : result
      },
    })
    const answer = answerTo(tried, origin)
    if (tried.outcome === 'closed' && tried.byThis && registration?.isEnded === false)
      await endRegistration(branch, origin)
    if (answer.outcome !== 'signed-in') return answer
    const signedIn = answer.customer.account
    return store.read(async tx => {
      if (await isUnderReview(tx, config.id, depositOf(signedIn))) return { outcome: 'under-review' }
      return {
        ...answer,
        returned: [...(await untoldLosses(tx, branch, signedIn)), ...(await untoldOf(tx, branch, signedIn))],
      }
    })
  }
  return request => answerAtFixedInstant(runtime, { isRefused }, () => signIn(request))
}

const isRefused = ({ outcome }: SignIn) => outcome !== 'signed-in'

function answerTo(tried: OriginTried<Known | undefined>, { channel }: Origin): SignIn {
  switch (tried.outcome) {
    case 'right':
      if (tried.value === undefined) throw new Error('a PIN was right for an account that does not exist')
      if (tried.value.isBlocked && channel === 'telephone') return { outcome: 'blocked' }
      return { outcome: 'signed-in', customer: tried.value.customer, returned: [] }
    case 'wrong':
      return { outcome: 'refused', triesLeft: tried.triesLeft }
    case 'closed':
      return { outcome: 'closed', forMs: tried.forMs }
    case 'closed-today':
      return tried
    case 'undecided':
    case 'busy':
      return { outcome: 'busy' }
  }
}

/** Another for each account, so that the rows of two accounts do not tell that one telephone called both. */
function fingerprintOf({ keys }: Branch, account: string, origin: Origin): Promise<string> {
  return keys.fingerprint(new Secret(`pin of ${account} from ${originKey(origin)}`))
}

export function judgePin({ account, next }: { account: string; next: Secret }): PinJudgement {
  const isFit = /^\d{6}$/.test(next.reveal()) && !isGuessable(next.reveal(), [account])
  return { outcome: isFit ? 'fit' : 'too-easy' }
}

export type DecidedChange =
  | { readonly outcome: 'changed'; readonly pinGeneration: bigint }
  | { readonly outcome: 'session-ended' }

export async function changePin(branch: Branch, { intent, session, next, origin }: NewPin): Promise<PinChange> {
  const { account } = session
  const { runtime, store, verifiers, keys, config, pinTries } = branch
  const { outcome } = judgePin({ account, next })
  if (outcome === 'too-easy') return { outcome }
  runtime.reached('pin-change.requested')
  const verifier = await verifiers.make(next, pinOwner(account), 'background')
  const request = { pin: await keys.fingerprint(next) }
  const from = await fingerprintOf(branch, account, origin)
  const telephone = await telephoneOf(branch, origin)
  const at = now(branch)
  const changed = await store.execute(tx =>
    once<DecidedChange>(
      tx,
      { tenant: config.id, principal: account, id: intent, kind: 'pin-change', request },
      async () => {
        if (!(await isSignedIn(tx, branch, session))) return { outcome: 'session-ended' }
        const rows = await tx.run(
          'UPDATE bank_customer SET pin = ?, pin_generation = pin_generation + 1 WHERE tenant = ? AND account = ?',
          verifier,
          config.id,
          account,
        )
        steppedOnce(rows, 'a PIN was changed of an account that is not there')
        // What is closed stays closed, whoever closed it during this call.
        await pinTries.changed(tx, account, from)
        await forgetTelephonesOf(tx, config.id, account, telephone)
        const pinGeneration = session.pinGeneration + 1n
        await confirmInWriting(tx, branch, { id: `pin ${account} ${pinGeneration}`, account, kind: 'pin-changed', at })
        return { outcome: 'changed', pinGeneration }
      },
    ),
  )
  runtime.reached('pin-change.committed')
  switch (changed.outcome) {
    case 'changed':
      return { outcome: 'changed', session: { account, pinGeneration: changed.pinGeneration } }
    case 'session-ended':
      return changed
    case 'intent-reused':
      // Another PIN under the same intent is a fault of the asker, and no caller can do anything about it.
      throw new Error('an intent was used for two different PINs')
  }
}
