/**
 * Signing in with account number and PIN, and changing the PIN. Three wrong ones block the account until its holder comes
 * to a branch. An account that does not exist behaves, and blocks, like one that does.
 */
import type { AccountNumber, InstitutionId, IntentId } from '../ids.ts'
import { isGuessable } from '../keys/guessable.ts'
import { OriginLimit, RateLimit, takeFromAll } from '../keys/rate-limit.ts'
import type { Secret } from '../secret.ts'
import { once } from '../store/once.ts'
import type { ReadTx } from '../store/store.ts'
import type { PinChange, PinJudgement, SignIn, SignInRequest } from './bank.ts'
import type { Branch } from './branch.ts'
import { customerOf, pinOwner } from './customers.ts'

export function signInDesk(branch: Branch): (request: SignInRequest) => Promise<SignIn> {
  const { runtime, store, verifiers, config, pinTries } = branch
  const perAccount = new RateLimit(runtime, config.signInRates.account)
  const perOrigin = new OriginLimit(runtime, config.signInRates)
  const overall = new RateLimit(runtime, config.signInRates.overall)
  return async ({ account, pin, origin }) => {
    const buckets = [[perAccount, account], perOrigin.bucketOf(origin), [overall, 'all']] as const
    if (!takeFromAll(...buckets)) return { outcome: 'busy' }
    const tried = await pinTries.attempt(
      account,
      async () => {
        const stored = await store.read(tx => storedPin(tx, config.id, account))
        const result = await verifiers.verify(stored, pin, pinOwner(account))
        return result === 'busy' ? 'undecided' : result
      },
      async (tx, comparison) => (comparison === 'right' ? customerOf(tx, config.id, account) : undefined),
    )
    switch (tried.outcome) {
      case 'right':
        if (tried.value === undefined) throw new Error('a PIN was right for an account that does not exist')
        return { outcome: 'signed-in', customer: tried.value }
      case 'wrong':
        return tried.triesLeft === 0 ? { outcome: 'blocked' } : { outcome: 'refused', triesLeft: tried.triesLeft }
      case 'locked':
        return { outcome: 'blocked' }
      case 'undecided':
      case 'busy':
        return { outcome: 'busy' }
    }
  }
}

export function judgePin({ account, next }: { account: string; next: Secret }): PinJudgement {
  const isFit = /^\d{6}$/.test(next.reveal()) && !isGuessable(next.reveal(), [account])
  return { outcome: isFit ? 'fit' : 'too-easy' }
}

/** The caller has signed in before. */
export async function changePin(
  branch: Branch,
  { intent, account, next }: { intent: IntentId; account: AccountNumber; next: Secret },
): Promise<PinChange> {
  const { runtime, store, verifiers, keys, config, pinTries } = branch
  const { outcome } = judgePin({ account, next })
  if (outcome === 'too-easy') return { outcome }
  runtime.reached('pin-change.requested')
  const verifier = await verifiers.make(next, pinOwner(account), 'background')
  const request = { pin: await keys.fingerprint(next) }
  const changed = await store.execute(tx =>
    once(tx, { tenant: config.id, principal: account, id: intent, kind: 'pin-change', request }, async () => {
      const rows = await tx.run(
        'UPDATE bank_customer SET pin = ? WHERE tenant = ? AND account = ?',
        verifier,
        config.id,
        account,
      )
      if (rows !== 1n) throw new Error(`no account ${account}`)
      // A block stays, whoever blocked it during this call: only a branch lifts it.
      if (!(await pinTries.isLocked(tx, account))) await pinTries.clear(tx, account)
      return { outcome: 'changed' as const }
    }),
  )
  runtime.reached('pin-change.committed')
  // Another PIN under the same intent is a fault of the asker, and no caller can do anything about it.
  if (changed.outcome === 'intent-reused') throw new Error('an intent was used for two different PINs')
  return changed
}

async function storedPin(tx: ReadTx, tenant: InstitutionId, account: AccountNumber) {
  const row = await tx.one<{ pin: string }>(
    'SELECT pin FROM bank_customer WHERE tenant = ? AND account = ?',
    tenant,
    account,
  )
  return row?.pin
}
