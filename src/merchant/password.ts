/**
 * Changing the payment password (patent row P8). The new one is encrypted to the backup password in the same commit, so that
 * a forgotten one can be revealed after any number of changes; every other session of the voucher ends.
 */
import type { IntentId, VoucherNumber } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import { isGuessable } from '../keys/guessable.ts'
import { Secret } from '../secret.ts'
import { once } from '../store/once.ts'
import type { PasswordChange, PasswordJudgement, VoucherSession } from './merchant.ts'
import { inSession, registered } from './register.ts'
import { passwordOwner, type Shop } from './shop.ts'

export function judgePassword({ number, next }: { number: VoucherNumber; next: Secret }): PasswordJudgement {
  const digits = next.reveal()
  return { outcome: /^\d{8,12}$/.test(digits) && !isGuessable(digits, [number]) ? 'fit' : 'too-easy' }
}

export type DecidedChange =
  | { readonly outcome: 'changed'; readonly generation: bigint }
  | { readonly outcome: 'session-ended' }

export async function changePassword(
  shop: Shop,
  request: { intent: IntentId; session: VoucherSession; next: Secret },
): Promise<PasswordChange> {
  const { runtime, store, verifiers, reveals, keys, config, sessions } = shop
  const { intent: id, next } = request
  const session = sessions.find(request.session)
  if (session === undefined) return { outcome: 'session-ended' }
  const { number } = session
  if (judgePassword({ number, next }).outcome === 'too-easy') return { outcome: 'too-easy' }
  const record = await store.read(tx => registered(tx, config.id, number))
  if (record === undefined) return { outcome: 'session-ended' }

  runtime.reached('password-change.requested')
  const verifier = await verifiers.make(next, passwordOwner(number), 'background')
  const revealable = await reveals.keepRevealable(record.reveal, next, number)
  // Another for each voucher, so that the rows of two vouchers do not tell that their passwords are the same.
  const fingerprint = await keys.fingerprint(new Secret(`password ${next.reveal()} of ${number}`))
  const intent = { tenant: config.id, principal: number, id, kind: 'password-change', request: { fingerprint } }
  const changed = await store.execute(tx =>
    once<DecidedChange>(tx, intent, async () => {
      if ((await inSession(tx, shop, session)) === undefined) return { outcome: 'session-ended' }
      const generation = session.generation + 1n
      const rows = await tx.run(
        'UPDATE voucher SET password = ?, revealable = ?, generation = ? WHERE tenant = ? AND number = ?',
        verifier,
        revealable,
        generation,
        config.id,
        number,
      )
      steppedOnce(rows, 'a password was changed of a voucher that is not there', number)
      return { outcome: 'changed', generation }
    }),
  )
  runtime.reached('password-change.committed')
  switch (changed.outcome) {
    case 'changed':
      return { outcome: 'changed', session: sessions.begin({ number, generation: changed.generation }) }
    case 'session-ended':
      return changed
    case 'intent-reused':
      // Another password under the same intent is a fault of the asker, and no caller can do anything about it.
      throw new Error('an intent was used for two different passwords')
  }
}
