/**
 * A payee's file whose lines are not those of its header was not posted, and every later one waits for it. Two officers declare it void:
 * it counts for nothing, the payee is told by letter, and tells those dates again in its next file (`src/merchant/clearing/retell.ts`).
 * They sign what these books say of the file (`void-facts.ts`).
 */
import { z } from 'zod'
import { institutionIdShape } from '../../ids.ts'
import { type Carried, type Kind, onFacts } from '../../institution/decisions.ts'
import type { Approved } from '../../keys/approval.ts'
import { isClosedTo } from '../../mail/gate.ts'
import { integer } from '../../mail/letter.ts'
import type { Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { peerOf, writeToPayee } from '../private/letters.ts'
import { type FileRow, fileOf } from './files.ts'
import { voidFacts, voidFactsShape } from './void-facts.ts'

export const voidFileShape = z.strictObject({
  payee: institutionIdShape,
  number: integer,
  why: z.string().min(1).max(200),
  facts: voidFactsShape.optional(),
})

export function voidFileDecision(branch: Branch, afterwards: () => void): Readonly<Record<'void-file', Kind>> {
  return {
    'void-file': onFacts({
      roles: ['officer'],
      shape: voidFileShape,
      facts: async (tx, request) => {
        const { payee, number } = voidFileShape.parse(request)
        const file = await fileOf(tx, branch.config.id, payee, number)
        return file !== undefined && waits(file) ? voidFacts(tx, branch.config.id, file) : undefined
      },
      carryOut: (tx, approved) => declareVoid(tx, branch, approved),
      afterwards: async () => afterwards(),
    }),
  }
}

const waits = (file: FileRow) => file.state === 'refused' && file.void === 0n

async function declareVoid(tx: Tx, branch: Branch, { request, digest }: Approved): Promise<Carried> {
  const { id: tenant } = branch.config
  const { payee, number, why: reason } = voidFileShape.parse(request)
  const file = await fileOf(tx, tenant, payee, number)
  if (file === undefined) return { done: false, outcome: 'no-such-file' }
  if (!waits(file)) return { done: false, outcome: 'nothing-contradicts' }
  if (await isClosedTo(tx, tenant, peerOf(branch, payee))) return { done: false, outcome: 'payee-out-of-reach' }
  await tx.run(
    'UPDATE payee_file SET void = 1, voided_by = ? WHERE tenant = ? AND payee = ? AND number = ?',
    ...[digest, tenant, payee, number],
  )
  const body = { number, reason, isVoid: true } as const
  await writeToPayee(tx, branch, { to: payee, type: 'day-end-refused', body, stream: 'bulk' })
  return { done: true, outcome: 'void' }
}
