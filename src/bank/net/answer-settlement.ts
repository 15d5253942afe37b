/**
 * What becomes of a settlement that another bank has announced, as `settle.ts` draws it: two people have seen the money, or say that it
 * did not come. Their letter ends it at the other bank, too.
 */
import { z } from 'zod'
import { raiseAlarm } from '../../alarm.ts'
import { institutionIdShape } from '../../ids.ts'
import { type Carried, type Kind, onFacts } from '../../institution/decisions.ts'
import { signedFacts } from '../../institution/signed-facts.ts'
import type { Approved } from '../../keys/approval.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { isWithinReach } from '../../mail/gate.ts'
import { accepted, refused } from '../../mail/inbox.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Branch, dueFrom, dueTo, inCurrency, vault } from '../branch.ts'
import { type SettlementRow, settlementOf } from './position.ts'
import { takeBack } from './settle.ts'

const asked = { bank: institutionIdShape, settlement: z.string().regex(/^[0-9a-f]{64}$/) }
const confirmShape = z.strictObject({ ...asked, facts: signedFacts })
const refuseShape = z.strictObject({ ...asked, why: z.string().min(1).max(200), facts: signedFacts })

type Answers = 'confirm-settlement' | 'refuse-settlement'

export function answerDecisions(branch: Branch): Readonly<Record<Answers, Kind>> {
  const shared = { roles: ['officer'] as const, afterwards: async () => branch.mail.wake() }
  return {
    'confirm-settlement': onFacts({
      ...{ ...shared, shape: confirmShape },
      facts: (tx, request) => announced(tx, branch, confirmShape.parse(request)),
      carryOut: (tx, approved, at) => confirm(tx, branch, approved, at),
    }),
    'refuse-settlement': onFacts({
      ...{ ...shared, shape: refuseShape },
      facts: (tx, request) => announced(tx, branch, refuseShape.parse(request)),
      carryOut: (tx, approved, at) => refuse(tx, branch, approved, at),
    }),
  }
}

type Asked = Pick<z.output<typeof confirmShape>, 'bank' | 'settlement'>

/** What was announced, which the request does not say. */
async function announced(tx: ReadTx, branch: Branch, { bank, settlement }: Asked) {
  const row = await settlementOf(tx, branch, bank, settlement)
  if (row?.way !== 'paid' || row.state !== 'announced') return undefined
  const { gross, counter } = row
  return { minor: gross - counter, gross, counter, currency: branch.config.currency.code }
}

/** The one that is to be answered, or why it cannot be. */
async function openFor(
  tx: ReadTx,
  branch: Branch,
  { bank, settlement }: Asked,
): Promise<SettlementRow | { readonly outcome: string }> {
  const row = await settlementOf(tx, branch, bank, settlement)
  if (row?.way !== 'paid') return { outcome: 'unknown-settlement' }
  if (row.state !== 'announced') return { outcome: `${row.state}-before` }
  return (await isWithinReach(tx, branch.config.id, bank)) ? row : { outcome: 'bank-out-of-reach' }
}

/** Step 5. */
async function confirm(tx: Tx, branch: Branch, { request, digest }: Approved, at: number): Promise<Carried> {
  const { config, chain, calendar } = branch
  const row = await openFor(tx, branch, confirmShape.parse(request))
  if ('outcome' in row) return { done: false, ...row }
  const { id, bank } = row
  const posted = await post(tx, {
    ...{ chain, id: `settled ${id}`, at, kind: 'net-settlement', businessDate: await businessDate(tx, calendar, at) },
    entries: [
      debit(vault, inCurrency(branch, row.gross - row.counter)),
      ...(row.counter > 0n ? [debit(dueTo(bank), inCurrency(branch, row.counter))] : []),
      credit(dueFrom(bank), inCurrency(branch, row.gross)),
    ],
  })
  if (posted.outcome !== 'posted') throw new Error('a settlement that was agreed on could not be booked')
  await writeLetter(tx, {
    ...{ from: config.id, to: bank, type: 'settlement-confirmed', body: { settlement: id }, stream: 'bulk' },
  })
  await tx.run(
    `UPDATE net_settlement SET state = 'confirmed', posting = ?, decision = ?
     WHERE tenant = ? AND bank = ? AND id = ? AND state = 'announced'`,
    ...[posted.seq, digest, config.id, bank, id],
  )
  return { done: true, outcome: 'confirmed' }
}

/** Step 6: nothing was booked here, so that both sides of the position stand again by the row alone. */
async function refuse(tx: Tx, branch: Branch, { request, digest }: Approved, at: number): Promise<Carried> {
  const { id: tenant } = branch.config
  const { why, ...of } = refuseShape.parse(request)
  const row = await openFor(tx, branch, of)
  if ('outcome' in row) return { done: false, ...row }
  const { id, bank } = row
  await writeLetter(tx, {
    ...{ from: tenant, to: bank, type: 'settlement-refused', body: { settlement: id, reason: why }, stream: 'bulk' },
  })
  await tx.run(
    `UPDATE net_settlement SET state = 'refused', decision = ?, why = ?
     WHERE tenant = ? AND bank = ? AND id = ? AND state = 'announced'`,
    ...[digest, why, tenant, bank, id],
  )
  const detail = `${id}: two officers here refused it: ${why}`
  await raiseAlarm(tx, tenant, { peer: bank, kind: 'settlement-refused', detail, at })
  return { done: true, outcome: 'refused' }
}

/** Step 2. */
export function confirmationTaking(branch: Branch): LetterHandler<'settlement-confirmed'> {
  return {
    judge: async (tx, bank, { settlement: id }) => {
      const row = await settlementOf(tx, branch, bank, id)
      if (row?.way !== 'paying') return refused('unknown settlement')
      if (row.state === 'refused') return refused('it was booked back')
      await tx.run(
        `UPDATE net_settlement SET state = 'confirmed' WHERE tenant = ? AND bank = ? AND id = ? AND state = 'announced'`,
        ...[branch.config.id, bank, id],
      )
      return accepted
    },
  }
}

/** Step 3, by two people's word. A bank that had confirmed it cannot take that back. */
export function refusalTaking(branch: Branch): LetterHandler<'settlement-refused'> {
  return {
    judge: async (tx, bank, { settlement: id, reason }) => {
      const row = await settlementOf(tx, branch, bank, id)
      if (row?.way !== 'paying') return refused('unknown settlement')
      if (row.state === 'confirmed') return refused('it was confirmed before')
      if (row.state === 'announced') await takeBack(tx, branch, row, reason, now(branch))
      return accepted
    },
  }
}
