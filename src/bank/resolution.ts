/** What became of a request, by its intent and its principal: for a call that outlived the process that served it. */
import type { AccountNumber, IntentId } from '../ids.ts'
import { now } from '../runtime.ts'
import { decided } from '../store/once.ts'
import type { ReadTx } from '../store/store.ts'
import type { Blocking, Resolution } from './bank.ts'
import { type Branch, payeeOrFormer } from './branch.ts'
import { endOrders, isAsked } from './cards/orders.ts'
import { holderOf } from './customers.ts'
import { nameOfBank } from './interbank/correspondents.ts'
import { type SentTransfer, sentTransfer } from './interbank/send.ts'
import type { DecidedChange } from './pin.ts'
import type { DecidedSale } from './sale.ts'
import type { DecidedTransfer } from './transfer.ts'

/** What became of an account's request, by its intent. What a card could still answer under it ends first. */
export async function resolve(
  branch: Branch,
  { intent: id, principal }: { intent: IntentId; principal: AccountNumber },
): Promise<Resolution> {
  const tenant = branch.config.id
  const at = now(branch)
  if (await branch.store.read(tx => isAsked(tx, branch, principal, id)))
    await branch.store.execute(tx => endOrders(tx, branch, principal, at))
  return branch.store.read(async tx => {
    const { kind, outcome } = (await decided(tx, tenant, { principal, id })) ?? {}
    if (kind === 'sale') {
      const sale = outcome as DecidedSale
      if (sale.outcome === 'sold') {
        return { outcome: 'done', kind, amount: sale.amount, payee: payeeOrFormer(branch, sale.payee).name }
      }
    }
    if (kind === 'transfer' || kind === 'card-transfer') return becameOfTransfer(tx, branch, outcome as DecidedTransfer)
    if (kind === 'block' && (outcome as Blocking).outcome !== 'nothing-to-block') return { outcome: 'done', kind }
    if (kind === 'pin-change' && (outcome as DecidedChange).outcome === 'changed') return { outcome: 'done', kind }
    return { outcome: 'not-done' }
  })
}

/** Also of what a receiver collected by a card. */
export async function becameOfTransfer(tx: ReadTx, branch: Branch, decided: DecidedTransfer): Promise<Resolution> {
  if (decided.outcome === 'sent') return becameOfSent(tx, branch, decided)
  if (decided.outcome !== 'transferred') return { outcome: 'not-done' }
  const { to, amount, reference } = decided
  const holder = await holderOf(tx, branch.config.id, to)
  return holder ? { outcome: 'done', kind: 'transfer', amount, to: holder.name, reference } : { outcome: 'not-done' }
}

async function becameOfSent(tx: ReadTx, branch: Branch, sent: SentTransfer): Promise<Resolution> {
  const { amount, reference } = sent
  const row = await sentTransfer(tx, branch, sent.transfer)
  const bank = nameOfBank(branch, sent.bank)
  if (row?.state === 'pending') return { outcome: 'done', kind: 'pending-transfer', amount, bank, reference }
  if (row?.state !== 'credited') return { outcome: 'not-done' }
  const { name_en: en, name_zh: zh } = row
  return { outcome: 'done', kind: 'transfer', amount, to: en === null || zh === null ? bank : { en, zh }, reference }
}
