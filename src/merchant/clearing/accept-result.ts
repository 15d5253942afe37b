/**
 * A bank's result that does not fit what a payee sent, or does not go on from the one before, is booked by nobody, and every later one
 * waits for it. Once people have found out at both ends, two officers let the bank's word count: what it says was cleared, taken as
 * fee, refunded and paid out is booked, and what it says nothing of stays owed. Where it moves more than the payee's accounts have,
 * the officers name how much is missing: exactly that is booked as a loss.
 */
import { z } from 'zod'
import { type InstitutionId, institutionIdShape } from '../../ids.ts'
import type { Carried, Kind } from '../../institution/decisions.ts'
import type { Approved } from '../../keys/approval.ts'
import { integer } from '../../mail/letter.ts'
import type { Tx } from '../../store/store.ts'
import type { Shop } from '../shop.ts'
import { bookResult, NotBookable } from './book-result.ts'
import { fileOf } from './files.ts'
import { contradictions, resultOf } from './result.ts'

const shape = z.strictObject({
  bank: institutionIdShape,
  number: integer,
  payee: institutionIdShape.optional(),
  why: z.string().min(1).max(200),
  /** How much the accounts have too little for it, in minor units: booked as a loss. */
  difference: integer.refine(minor => minor > 0n).optional(),
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
  const { bank, number, difference } = shape.parse(request)
  const file = await fileOf(tx, tenant, bank, number)
  if (file?.state !== 'result') return { done: false, outcome: 'no-result-waits' }
  const before = await tx.one(
    `SELECT number FROM day_end_file WHERE tenant = ? AND bank = ? AND number < ? AND state <> 'reconciled'
       AND NOT (held IS NOT NULL AND state = 'refused') LIMIT 1`,
    ...[tenant, bank, number],
  )
  if (before !== undefined) return { done: false, outcome: 'another-waits-before' }
  const result = resultOf(file)
  const wrong = await contradictions(tx, tenant, file, result)
  try {
    await bookResult(tx, shop, file, result, at, difference)
  } catch (error) {
    if (!(error instanceof NotBookable)) throw error
    return { done: false, outcome: difference === undefined ? 'cannot-be-booked' : 'another-difference' }
  }
  // What was booked is undone: the payee does it by itself.
  if (wrong.length === 0 && difference === undefined) return { done: false, outcome: 'nothing-contradicts' }
  await tx.run(
    'UPDATE day_end_file SET decision = ? WHERE tenant = ? AND bank = ? AND number = ?',
    ...[digest, tenant, bank, number],
  )
  return { done: true, outcome: 'accepted' }
}
