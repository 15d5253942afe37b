/** What became of a voucher's request, by its intent: for a call that outlived the process that served it. */
import type { IntentId, VoucherNumber } from '../ids.ts'
import { decided } from '../store/once.ts'
import type { Resolution } from './merchant.ts'
import type { DecidedChange } from './password.ts'
import type { DecidedPayment } from './payment.ts'
import type { Shop } from './shop.ts'
import type { DecidedTermination } from './termination.ts'

export async function resolve(
  { store, config }: Shop,
  { intent: id, principal }: { intent: IntentId; principal: VoucherNumber },
): Promise<Resolution> {
  const { kind, outcome } = (await store.read(tx => decided(tx, config.id, { principal, id }))) ?? {}
  if (kind === 'payment') {
    const payment = outcome as DecidedPayment
    if (payment.outcome === 'paid') {
      const { amount, remaining, reference } = payment
      return { outcome: 'done', kind, amount, remaining, reference }
    }
  }
  if (kind === 'termination') {
    const ended = outcome as DecidedTermination
    if (ended.outcome === 'ended') return { ...ended, outcome: 'done', kind }
  }
  if (kind === 'password-change' && (outcome as DecidedChange).outcome === 'changed') return { outcome: 'done', kind }
  return { outcome: 'not-done' }
}
