/**
 * Settling between two banks: of what both have agreed on in net statements, the bank that owes more pays the difference. Two
 * people there say that it was paid, two people at the other bank that it was seen, or that it has not come; each end books it with its own word.
 *
 *     at the paying bank   1 pay                    ──▶ announced   booked; the letter is written
 *                          2 confirmed  announced   ──▶ confirmed   by the other bank's letter
 *                          3 refused    announced   ──▶ refused     the other bank counts otherwise, or has no money: booked back, an alarm
 *     at the paid bank     4 announce               ──▶ announced   its books say the same amounts; nothing is booked
 *                          5 confirm    announced   ──▶ confirmed   two people have seen the money: booked; the letter is written
 *                          6 refuse     announced   ──▶ refused     two people say that it did not come: the letter is written, an alarm
 *
 * One is open between two banks at a time, in whichever direction; what is refused is owed again at both. One that stays open is an
 * alarm at both (`late.ts`). Steps 2, 5 and 6 are in `answer-settlement.ts`.
 */
import { z } from 'zod'
import { raiseAlarm } from '../../alarm.ts'
import { type InstitutionId, institutionIdShape } from '../../ids.ts'
import { type Carried, type Kind, onFacts } from '../../institution/decisions.ts'
import { signedFacts } from '../../institution/signed-facts.ts'
import type { Approved } from '../../keys/approval.ts'
import { businessDate } from '../../ledger/business-date.ts'
import type { Entry } from '../../ledger/journal.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { isWithinReach } from '../../mail/gate.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import { now } from '../../runtime.ts'
import type { Tx } from '../../store/store.ts'
import { type Branch, dueFrom, dueTo, inCurrency, vault } from '../branch.ts'
import { correspondent } from '../interbank/correspondents.ts'
import { amountsThrough, openWith, positionTo, type SettlementRow, settlementOf } from './position.ts'

const payShape = z.strictObject({
  bank: institutionIdShape,
  /** What is paid: the maker and the checker see the same amount. */
  minor: z.union([z.int(), z.bigint()]).transform(BigInt),
  facts: signedFacts,
})
/** What is owed to another bank was paid to it. */
export function settlementDecision(branch: Branch): Readonly<Record<'settle-bank', Kind>> {
  const { config } = branch
  return {
    'settle-bank': onFacts({
      ...{ roles: ['officer'], shape: payShape, afterwards: async () => branch.mail.wake() },
      // The same difference may be that of other amounts by then.
      facts: async (tx, request) => {
        const { owed, due } = await positionTo(tx, branch, payShape.parse(request).bank)
        return { owed, due, currency: config.currency.code }
      },
      carryOut: (tx, approved, at) => pay(tx, branch, approved, at),
    }),
  }
}

/** Step 1. */
async function pay(tx: Tx, branch: Branch, { request, digest }: Approved, at: number): Promise<Carried> {
  const { config } = branch
  const { bank, minor } = payShape.parse(request)
  if (correspondent(branch, bank) === undefined) return { done: false, outcome: 'unknown-bank' }
  if (!(await isWithinReach(tx, config.id, bank))) return { done: false, outcome: 'bank-out-of-reach' }
  if ((await openWith(tx, branch, bank)) !== undefined) return { done: false, outcome: 'settlement-open' }
  const { theirs, ours, owed: gross, due: counter } = await positionTo(tx, branch, bank)
  if (gross <= counter) return { done: false, outcome: 'nothing-owed' }
  if (gross - counter !== minor) return { done: false, outcome: 'another-amount' }
  const posting = await book(tx, branch, bank, `settle ${digest}`, { gross, counter }, at)
  if (posting === undefined) return { done: false, outcome: 'insufficient-funds' }
  const body = { settlement: digest, owing: theirs, owed: ours, gross, counter }
  await writeLetter(tx, { from: config.id, to: bank, type: 'settlement', body, stream: 'bulk' })
  await tx.run(
    `INSERT INTO net_settlement (tenant, bank, id, way, owing, owed, gross, counter, state, at, posting)
     VALUES (?, ?, ?, 'paying', ?, ?, ?, ?, 'announced', ?, ?)`,
    ...[config.id, bank, digest, theirs, ours, gross, counter, BigInt(at), posting],
  )
  return { done: true, outcome: 'paid' }
}

/** Both sides of the position go, and the difference leaves the vault; `back`: the other way round. Undefined: there is too little in it. */
async function book(
  tx: Tx,
  branch: Branch,
  bank: InstitutionId,
  id: string,
  { gross, counter }: { readonly gross: bigint; readonly counter: bigint },
  at: number,
  way: 'pay' | 'back' = 'pay',
): Promise<bigint | undefined> {
  const { chain, calendar } = branch
  const [out, into] = way === 'pay' ? [debit, credit] : [credit, debit]
  return posting(tx, {
    ...{ chain, id, at, kind: 'net-settlement', businessDate: await businessDate(tx, calendar, at) },
    entries: [
      out(dueTo(bank), inCurrency(branch, gross)),
      ...(counter > 0n ? [into(dueFrom(bank), inCurrency(branch, counter))] : []),
      into(vault, inCurrency(branch, gross - counter)),
    ],
  })
}

async function posting(tx: Tx, of: Parameters<typeof post>[1] & { readonly entries: readonly Entry[] }) {
  const posted = await post(tx, of)
  return posted.outcome === 'posted' ? posted.seq : undefined
}

/** Step 4. Idempotent by its id; what does not fit our own statements is refused. */
export function settlementTaking(branch: Branch): LetterHandler<'settlement'> {
  return {
    judge: (tx, bank, body) => announce(tx, branch, bank, body, now(branch)),
    // A void one no longer says which it announced: it is the open one, as no other is written meanwhile.
    answered: async (tx, bank, _place, verdict, body) => {
      if (verdict.outcome !== 'refused') return
      const row = body ? await settlementOf(tx, branch, bank, body.settlement) : await openWith(tx, branch, bank)
      if (row?.way === 'paying' && row.state === 'announced')
        await takeBack(tx, branch, row, verdict.reason, now(branch))
    },
  }
}

async function announce(
  tx: Tx,
  branch: Branch,
  bank: InstitutionId,
  { settlement: id, owing, owed, gross, counter }: Letter<'settlement'>,
  at: number,
): Promise<Verdict> {
  const { config } = branch
  if (correspondent(branch, bank) === undefined) return refused('no correspondent')
  if ((await settlementOf(tx, branch, bank, id)) !== undefined) return accepted
  if ((await openWith(tx, branch, bank)) !== undefined) return refused('another settlement is open')
  // What it owes us is in our own statements, what we owe it in its.
  const here = await amountsThrough(tx, branch, bank, owed, owing)
  if (here.due !== gross || here.owed !== counter || gross <= counter) return refused('other amounts are agreed here')
  await tx.run(
    `INSERT INTO net_settlement (tenant, bank, id, way, owing, owed, gross, counter, state, at)
     VALUES (?, ?, ?, 'paid', ?, ?, ?, ?, 'announced', ?)`,
    ...[config.id, bank, id, owing, owed, gross, counter, BigInt(at)],
  )
  return accepted
}

/** Step 3. */
export async function takeBack(tx: Tx, branch: Branch, row: SettlementRow, reason: string, at: number): Promise<void> {
  const { config } = branch
  const { id, bank } = row
  const back = await book(tx, branch, bank, `unsettle ${id}`, row, at, 'back')
  if (back === undefined) throw new Error('a settlement could not be booked back')
  await tx.run(
    `UPDATE net_settlement SET state = 'refused', back = ?, why = ? WHERE tenant = ? AND bank = ? AND id = ? AND state = 'announced'`,
    ...[back, reason, config.id, bank, id],
  )
  await raiseAlarm(tx, config.id, { peer: bank, kind: 'settlement-refused', detail: `${id}: ${reason}`, at })
}
