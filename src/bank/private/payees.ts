/** Every payee of a bank, whoever writes for it: the shops of its file, and the private payees that its host vouches for. */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Payee } from '../bank.ts'
import { type Branch, payeeOf } from '../branch.ts'

type Payees = Pick<Branch, 'config' | 'privatePayees'>

/** Whose vouchers are sold, with their amounts. */
export function onSale({
  config,
  privatePayees,
}: Payees): readonly { readonly id: InstitutionId; readonly minors: readonly bigint[] }[] {
  const minors = config.host?.denominations ?? []
  return [
    ...config.payees.map(({ id, denominations }) => ({ id, minors: denominations })),
    ...privatePayees.all.filter(({ isOpen }) => isOpen).map(({ payee }) => ({ id: payee, minors })),
  ]
}

export function basisPointsOf({ config, privatePayees }: Payees, payee: InstitutionId): number {
  const terms = privatePayees.of(payee) ? config.host : config.payees.find(({ id }) => id === payee)
  return terms?.fee.basisPoints ?? 0
}

/** Whether it is one, or was: what was sold of it is settled. */
export async function isPayee(tx: ReadTx, { config }: Pick<Branch, 'config'>, payee: InstitutionId): Promise<boolean> {
  if (config.payees.some(({ id }) => id === payee)) return true
  return (
    (await tx.one(
      `SELECT payee FROM private_payee WHERE tenant = ? AND payee = ?
       UNION ALL SELECT payee FROM introduced_payee WHERE tenant = ? AND payee = ?`,
      ...[config.id, payee, config.id, payee],
    )) !== undefined
  )
}

/**
 * Where a private payee is paid: its account, of this bank, or the bank that has it. Undefined of a shop. It is read with what is decided by
 * it: what is kept in memory may be late.
 */
export function whereItIsPaid(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
  payee: InstitutionId,
): Promise<{ readonly account: AccountNumber | null; readonly home: InstitutionId | null } | undefined> {
  return tx.one(
    `SELECT account, NULL AS home FROM private_payee WHERE tenant = ? AND payee = ?
     UNION ALL SELECT NULL, bank FROM introduced_payee WHERE tenant = ? AND payee = ?`,
    ...[config.id, payee, config.id, payee],
  )
}

/** Whether it is a private payee that has ended: nothing of it is sold, and nothing is put in stock. */
export async function hasEnded(tx: ReadTx, { config }: Pick<Branch, 'config'>, payee: InstitutionId): Promise<boolean> {
  return (
    (await tx.one(
      `SELECT payee FROM private_payee WHERE tenant = ? AND payee = ? AND closed_at IS NOT NULL
       UNION ALL SELECT payee FROM introduced_payee WHERE tenant = ? AND payee = ? AND closed_at IS NOT NULL`,
      ...[config.id, payee, config.id, payee],
    )) !== undefined
  )
}

/** A customer who is a payee, of this bank or of another, by the number that a caller keys. */
export function privatePayee(branch: Payees, number: string): Payee | undefined {
  const found = branch.privatePayees.all.find(each => each.number === number && each.isOpen)
  return found && payeeOf(branch, found.payee)
}

/** Whether a host makes such an id for this number: it may name none of anybody else's. */
export function isNamedBy(host: InstitutionId, payee: InstitutionId, number: string): boolean {
  return payee === `${host}-${number}`
}
