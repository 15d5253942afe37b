/**
 * A bank's result that does not fit what a payee sent, or does not go on from the one before, is booked by nobody, and every later one
 * waits for it. Once people have found out at both ends, two officers let the bank's word count: what it says was cleared, taken as
 * fee, refunded and paid out is booked, and what it says nothing of stays owed.
 */
import { z } from 'zod'
import { type InstitutionId, institutionIdShape } from '../../ids.ts'
import type { Carried, Kind } from '../../institution/decisions.ts'
import type { Approved } from '../../keys/approval.ts'
import { accountExists, balanceOf } from '../../ledger/accounts.ts'
import type { AccountId } from '../../ledger/chart.ts'
import { integer } from '../../mail/letter.ts'
import type { Tx } from '../../store/store.ts'
import { dueFrom, returningBy, type Shop, settledAt } from '../shop.ts'
import { bookResult } from './book-result.ts'
import { type FileRow, fileOf } from './files.ts'
import { contradictions, resultOf } from './result.ts'

const shape = z.strictObject({
  bank: institutionIdShape,
  number: integer,
  payee: institutionIdShape.optional(),
  why: z.string().min(1).max(200),
})

/** `shopOf`: a host has several. */
export function acceptResultDecision(
  shopOf: (payee: InstitutionId | undefined) => Shop | undefined,
  afterwards: () => void,
): Readonly<Record<'accept-result', Kind>> {
  return {
    'accept-result': {
      roles: ['officer'],
      carryOut: async (tx, approved, at) => {
        const shop = shopOf(shape.parse(approved.request).payee)
        return shop === undefined ? { done: false, outcome: 'unknown-payee' } : accept(tx, shop, approved, at)
      },
      afterwards: async () => afterwards(),
    },
  }
}

async function accept(tx: Tx, shop: Shop, { request, digest }: Approved, at: number): Promise<Carried> {
  const { id: tenant } = shop.config
  const { bank, number } = shape.parse(request)
  const file = await fileOf(tx, tenant, bank, number)
  if (file?.state !== 'result') return { done: false, outcome: 'no-result-waits' }
  const before = await tx.one(
    `SELECT number FROM day_end_file WHERE tenant = ? AND bank = ? AND number < ? AND state <> 'reconciled'
       AND NOT (held IS NOT NULL AND state = 'refused') LIMIT 1`,
    ...[tenant, bank, number],
  )
  if (before !== undefined) return { done: false, outcome: 'another-waits-before' }
  const result = resultOf(file)
  if ((await contradictions(tx, tenant, file, result)).length === 0)
    return { done: false, outcome: 'nothing-contradicts' }
  if (!(await isBookable(tx, shop, file))) return { done: false, outcome: 'cannot-be-booked' }
  await bookResult(tx, shop, file, result, at)
  await tx.run(
    'UPDATE day_end_file SET decision = ? WHERE tenant = ? AND bank = ? AND number = ?',
    ...[digest, tenant, bank, number],
  )
  return { done: true, outcome: 'accepted' }
}

/** Whether the payee's accounts have what the bank says that it moved. */
async function isBookable(tx: Tx, shop: Shop, file: FileRow): Promise<boolean> {
  const { bank } = file
  const { settlement, float } = resultOf(file)
  const { captures, fee, refunds, paidOut } = settlement
  if ([captures, fee, refunds, paidOut, float.terminations].some(minor => minor < 0n)) return false
  const has = async (account: AccountId) =>
    (await accountExists(tx, account, shop.chain)) ? (await balanceOf(tx, account, shop.chain)).available.minor : 0n
  return (
    (await has(dueFrom(bank))) >= captures + float.terminations &&
    (await has(settledAt(bank))) + captures >= fee + refunds + paidOut &&
    (await has(returningBy(bank))) >= float.terminations + refunds
  )
}
