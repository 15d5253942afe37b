/** Letters about vouchers, from the order of blank records to the one that was lost; and the question whether a record is sold. */
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import { institutionIdShape, voucherNumberShape } from '../../ids.ts'
import { integer } from '../letter.ts'
import { amount, digest, hosted, id, serial } from './parts.ts'

/** A bank orders records of one amount from a payee. */
const stockOrder = z.object({ order: id, payee: institutionIdShape, amount, count: z.int().min(1).max(500) })

/** A batch has no more records, and a list of records neither. */
export const mostRecords = 500

/** A bank leaves, by the decision `leaving`, and has not sold these records of a batch: nobody will. */
const recordsUnsold = z.object({
  ...hosted,
  leaving: digest,
  batch: id,
  serials: z.array(serial).min(1).max(mostRecords),
})

/**
 * The bank's share of a batch. `share` is what `share.ts` sealed to the bank.
 */
const voucherBatch = z.object({
  batch: id,
  order: id,
  payee: institutionIdShape,
  amount,
  records: z.array(z.object({ serial, number: voucherNumberShape, share: bytes })).max(mostRecords),
})

/** A bank has sold a record: the payee may take it as money from now on. */
const activation = z.object({
  ...hosted,
  sale: id,
  batch: id,
  serial,
  number: voucherNumberShape,
  amount,
  soldAt: integer,
})

/**
 * A payee says how much a bank may owe it: what the bank sold and has not settled. The bank sells within its latest grant;
 * the payee holds an activation that is above it until there is room.
 */
const grant = z.object({
  ...hosted,
  ceiling: amount.extend({ minor: integer.refine(minor => minor >= 0n && minor < 1n << 63n) }),
})

/** The buyer of a voucher has lost it: nothing opens it any more. Only its own bank says so, of its own sale. */
const voucherLost = z.object({ ...hosted, sale: id, number: voucherNumberShape })

/** Whoever holds the voucher has shown at a branch who they are. `clearance`: the digest of two people's decision. */
const voucherCleared = z.object({
  ...hosted,
  clearance: digest,
  sale: id,
  number: voucherNumberShape,
})

/** Asked by a payee after the password of a record that it has not heard of was verified. */
const isSold = z.object({ ...hosted, batch: id, serial })
const saleFacts = z.discriminatedUnion('sold', [
  z.object({ sold: z.literal(false) }),
  z.object({ sold: z.literal(true), activation }),
])

export const voucherLetters = {
  'stock-order': stockOrder,
  'voucher-batch': voucherBatch,
  'records-unsold': recordsUnsold,
  activation,
  grant,
  'voucher-lost': voucherLost,
  'voucher-cleared': voucherCleared,
} as const

export const voucherQueries = { 'is-sold': { question: isSold, answer: saleFacts } } as const
