/**
 * A bank's result that does not fit what a payee sent, or does not go on from the one before, is booked by nobody, and every later one
 * waits for it. Once people have found out at both ends, two officers let the bank's word count: what it says was cleared, taken as
 * fee, refunded and paid out is booked, and what it says nothing of stays owed. Where it moves more than the payee's accounts have,
 * the officers name how much is missing: exactly that is booked as a loss. They sign the result itself, what it moves, and what contradicts it.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { sameBytes } from '../../bytes.ts'
import { encodeCanonical } from '../../canonical.ts'
import { type InstitutionId, institutionIdShape } from '../../ids.ts'
import type { Carried, Kind } from '../../institution/decisions.ts'
import type { Approved } from '../../keys/approval.ts'
import { integer } from '../../mail/letter.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Shop } from '../shop.ts'
import { bookResult, NotBookable } from './book-result.ts'
import { type FileRow, fileOf } from './files.ts'
import { contradictions, resultOf } from './result.ts'
import { payoutsUndone } from './retold.ts'

const factsShape = z.strictObject({
  /** SHA-256 of the bank's result, in hexadecimal digits. */
  result: z.string().regex(/^[0-9a-f]{64}$/),
  /** What it moves, in minor units. */
  captures: integer,
  fee: integer,
  terminations: integer,
  refunds: integer,
  paidOut: integer,
  /** What its bank had told as paid out before, and does not by the words from which it goes on; below zero: what it tells besides. */
  undone: z.union([z.int(), z.bigint()]).transform(BigInt),
  /** What contradicts, in English. */
  wrong: z.array(z.string()),
})

export const acceptResultShape = z.strictObject({
  bank: institutionIdShape,
  number: integer,
  payee: institutionIdShape.optional(),
  why: z.string().min(1).max(200),
  /** How much the accounts have too little for it, in minor units: booked as a loss. */
  difference: integer.refine(minor => minor > 0n).optional(),
  facts: factsShape.optional(),
})

/** `shopOf`: a host has several. */
export function acceptResultDecision(
  shopOf: (payee: InstitutionId | undefined) => Shop | undefined,
  afterwards: () => void,
): Readonly<Record<'accept-result', Kind>> {
  return {
    'accept-result': {
      roles: ['officer'],
      shape: acceptResultShape,
      facts: async (tx, request) => {
        const { bank, number, payee } = acceptResultShape.parse(request)
        const shop = shopOf(payee)
        const file = shop && (await fileOf(tx, shop.config.id, bank, number))
        return shop !== undefined && file?.state === 'result' ? factsOf(tx, shop, file) : undefined
      },
      carryOut: async (tx, approved, at) => {
        const shop = shopOf(acceptResultShape.parse(approved.request).payee)
        return shop === undefined ? { done: false, outcome: 'unknown-payee' } : accept(tx, shop, approved, at)
      },
      afterwards: async () => afterwards(),
    },
  }
}

async function factsOf(tx: ReadTx, shop: Shop, file: FileRow): Promise<z.output<typeof factsShape>> {
  const result = resultOf(file)
  const { captures, fee, refunds, paidOut } = result.settlement
  return {
    result: createHash('sha256')
      .update(file.result ?? new Uint8Array())
      .digest('hex'),
    ...{ captures, fee, refunds, paidOut, terminations: result.float.terminations },
    undone: await payoutsUndone(tx, shop, file, result),
    wrong: await contradictions(tx, shop, file, result),
  }
}

async function accept(tx: Tx, shop: Shop, { request, digest }: Approved, at: number): Promise<Carried> {
  const { id: tenant } = shop.config
  const { bank, number, difference, facts: signed } = acceptResultShape.parse(request)
  const file = await fileOf(tx, tenant, bank, number)
  if (file?.state !== 'result') return { done: false, outcome: 'no-result-waits' }
  const before = await tx.one(
    `SELECT number FROM day_end_file WHERE tenant = ? AND bank = ? AND number < ? AND state <> 'reconciled'
       AND NOT (held IS NOT NULL AND state = 'refused') LIMIT 1`,
    ...[tenant, bank, number],
  )
  if (before !== undefined) return { done: false, outcome: 'another-waits-before' }
  const result = resultOf(file)
  const facts = await factsOf(tx, shop, file)
  if (signed === undefined || !sameBytes(encodeCanonical(signed), encodeCanonical(facts)))
    return { done: false, outcome: 'other-facts' }
  try {
    await bookResult(tx, shop, file, result, at, difference)
  } catch (error) {
    if (!(error instanceof NotBookable)) throw error
    return { done: false, outcome: difference === undefined ? 'cannot-be-booked' : 'another-difference' }
  }
  // What was booked is undone: the payee does it by itself.
  if (facts.wrong.length === 0 && difference === undefined) return { done: false, outcome: 'nothing-contradicts' }
  await tx.run(
    'UPDATE day_end_file SET decision = ? WHERE tenant = ? AND bank = ? AND number = ?',
    ...[digest, tenant, bank, number],
  )
  return { done: true, outcome: 'accepted' }
}
