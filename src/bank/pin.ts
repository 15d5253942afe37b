/**
 * Signing in with account number and PIN, and changing the PIN. Wrong PINs close an account to the origin that they came
 * from, and many of them to all origins where it was not signed in to lately (`origin-tries.ts`). An account that does not
 * exist behaves, and closes, like one that does, and every refusal leaves at one fixed instant. Each PIN of an account has a
 * number: who signed in with an earlier one is signed in no more.
 */

import type { AccountNumber } from '../ids.ts'
import { isUnderReview } from '../institution/gap.ts'
import { steppedOnce } from '../invariant.ts'
import { answerAtFixedInstant } from '../keys/fixed-answer.ts'
import { isGuessable } from '../keys/guessable.ts'
import type { OriginTried } from '../keys/origin-tries.ts'
import { OriginLimit, RateLimit, takeFromAll } from '../keys/rate-limit.ts'
import { type Origin, originKey } from '../origin.ts'
import { Secret } from '../secret.ts'
import { once } from '../store/once.ts'
import type { ReadTx } from '../store/store.ts'
import type { Customer, NewPin, PinChange, PinJudgement, SignedIn, SignIn, SignInRequest } from './bank.ts'
import { isBlocked } from './blocks.ts'
import { type Branch, depositOf } from './branch.ts'
import { untoldOf } from './clearing/returned.ts'
import { pinOwner } from './customers.ts'
import { untoldLosses } from './lost-keys.ts'

interface Known {
  readonly isBlocked: boolean
  readonly customer: Customer
  readonly verifier: string
}

export function signInDesk(branch: Branch): (request: SignInRequest) => Promise<SignIn> {
  const { runtime, store, verifiers, config, pinTries } = branch
  const perAccount = new RateLimit(runtime, config.signInRates.account)
  const perOrigin = new OriginLimit(runtime, config.signInRates)
  const overall = new RateLimit(runtime, config.signInRates.overall)
  const signIn = async ({ account, pin, origin }: SignInRequest): Promise<SignIn> => {
    const buckets = [[perAccount, account], perOrigin.bucketOf(origin), [overall, 'all']] as const
    if (!takeFromAll(...buckets)) return { outcome: 'busy' }
    const tried = await pinTries.attempt<Known | undefined>({
      subject: account,
      origin: await fingerprintOf(branch, account, origin),
      look: tx => knownAs(tx, branch, account),
      compare: async known => {
        const result = await verifiers.verify(known?.verifier, pin, pinOwner(account))
        return result === 'busy' ? 'undecided' : result
      },
    })
    const answer = answerTo(tried, origin)
    if (answer.outcome !== 'signed-in') return answer
    return store.read(async tx => {
      if (await isUnderReview(tx, config.id, depositOf(account))) return { outcome: 'under-review' }
      return {
        ...answer,
        returned: [...(await untoldLosses(tx, branch, account)), ...(await untoldOf(tx, branch, account))],
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
    case 'closed-today':
      return tried
    case 'undecided':
    case 'busy':
      return { outcome: 'busy' }
  }
}

/** Another for each account, so that the rows of two accounts do not tell that one telephone called both. */
function fingerprintOf({ keys }: Branch, account: AccountNumber, origin: Origin): Promise<string> {
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
        return { outcome: 'changed', pinGeneration: session.pinGeneration + 1n }
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

export async function isSignedIn(tx: ReadTx, branch: Branch, session: SignedIn): Promise<boolean> {
  const known = await knownAs(tx, branch, session.account)
  return known?.customer.pinGeneration === session.pinGeneration
}

async function knownAs(tx: ReadTx, branch: Branch, account: AccountNumber): Promise<Known | undefined> {
  const row = await tx.one<{
    name_en: string
    name_zh: string
    language: 'en' | 'zh' | null
    pin: string
    pin_generation: bigint
  }>(
    `SELECT name_en, name_zh, language, pin, pin_generation FROM bank_customer AS customer WHERE tenant = ? AND account = ?
       AND NOT EXISTS (SELECT 1 FROM closed_account AS closed
         WHERE closed.tenant = customer.tenant AND closed.account = customer.account)`,
    branch.config.id,
    account,
  )
  if (row === undefined) return undefined
  const name = { en: row.name_en, zh: row.name_zh }
  const customer = { account, pinGeneration: row.pin_generation, name, language: row.language ?? undefined }
  return { customer, verifier: row.pin, isBlocked: await isBlocked(tx, branch, account, 'telephone') }
}
