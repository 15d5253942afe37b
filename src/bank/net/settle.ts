/**
 * Settling between two banks: of what both have agreed on in net statements, the bank that owes more pays the difference. Two
 * people there say that it was paid, two people at the other bank that it was seen; each end books it with its own word.
 *
 *     at the paying bank   1 pay                    ──▶ announced   booked; the letter is written
 *                          2 confirmed  announced   ──▶ confirmed   by the other bank's letter
 *                          3 refused    announced   ──▶ refused     the other bank counts otherwise: booked back, an alarm
 *     at the paid bank     4 announce               ──▶ announced   its books say the same amounts
 *                          5 confirm    announced   ──▶ confirmed   two people have seen the money: booked; the letter is written
 *
 * One is open between two banks at a time, in whichever direction.
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
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Branch, dueFrom, dueTo, inCurrency, vault } from '../branch.ts'
import { correspondent } from '../interbank/correspondents.ts'

/** What two banks agreed on and have not settled, as one of them sees it. */
export interface Position {
  /** Up to which statement of the other bank, and which own one. */
  readonly theirs: bigint
  readonly ours: bigint
  /** Credited there for our customers, and here for theirs. */
  readonly owed: bigint
  readonly due: bigint
}

type SettlementRow = {
  readonly id: string
  readonly bank: InstitutionId
  readonly way: 'paying' | 'paid'
  readonly gross: bigint
  readonly counter: bigint
  readonly state: 'announced' | 'confirmed' | 'refused'
}

const columns = 'id, bank, way, gross, counter, state'

/** Up to the latest statements of either that were compared. */
export async function positionTo(tx: ReadTx, branch: Branch, bank: InstitutionId): Promise<Position> {
  const { id: tenant } = branch.config
  const last = async (table: 'bank_statement' | 'net_statement') => {
    const row = await tx.one<{ number: bigint | null }>(
      `SELECT max(number) AS number FROM ${table} WHERE tenant = ? AND bank = ? AND agreed IS NOT NULL`,
      ...[tenant, bank],
    )
    return row?.number ?? 0n
  }
  const [theirs, ours] = [await last('bank_statement'), await last('net_statement')]
  return { theirs, ours, ...(await amountsThrough(tx, branch, bank, theirs, ours)) }
}

async function amountsThrough(tx: ReadTx, { config }: Branch, bank: InstitutionId, theirs: bigint, ours: bigint) {
  const sum = async (sql: string, ...values: readonly bigint[]) =>
    (await tx.one<{ sum: bigint | null }>(sql, config.id, bank, ...values))?.sum ?? 0n
  const agreed = (table: string, through: bigint) =>
    sum(`SELECT sum(agreed) AS sum FROM ${table} WHERE tenant = ? AND bank = ? AND number <= ?`, through)
  const settled = (paying: string, paid: string) =>
    sum(
      `SELECT sum(CASE way WHEN 'paying' THEN ${paying} ELSE ${paid} END) AS sum FROM net_settlement
       WHERE tenant = ? AND bank = ? AND state <> 'refused'`,
    )
  return {
    owed: (await agreed('bank_statement', theirs)) - (await settled('gross', 'counter')),
    due: (await agreed('net_statement', ours)) - (await settled('counter', 'gross')),
  }
}

const payShape = z.strictObject({
  bank: institutionIdShape,
  /** What is paid: the maker and the checker see the same amount. */
  minor: z.union([z.int(), z.bigint()]).transform(BigInt),
  facts: signedFacts,
})
const confirmShape = z.strictObject({
  bank: institutionIdShape,
  settlement: z.string().regex(/^[0-9a-f]{64}$/),
  facts: signedFacts,
})

export function settlementDecisions(branch: Branch): Readonly<Record<string, Kind>> {
  const { config } = branch
  const afterwards = async () => branch.mail.wake()
  const roles = ['officer'] as const
  return {
    'settle-bank': onFacts({
      ...{ roles, afterwards, shape: payShape },
      // The same difference may be that of other amounts by then.
      facts: async (tx, request) => {
        const { owed, due } = await positionTo(tx, branch, payShape.parse(request).bank)
        return { owed, due, currency: config.currency.code }
      },
      carryOut: (tx, approved, at) => pay(tx, branch, approved, at),
    }),
    'confirm-settlement': onFacts({
      ...{ roles, afterwards, shape: confirmShape },
      // What was seen to arrive, which the request does not say.
      facts: async (tx, request) => {
        const { bank, settlement } = confirmShape.parse(request)
        const row = await settlementOf(tx, branch, bank, settlement)
        if (row?.way !== 'paid' || row.state !== 'announced') return undefined
        const { gross, counter } = row
        return { minor: gross - counter, gross, counter, currency: config.currency.code }
      },
      carryOut: (tx, approved, at) => confirm(tx, branch, approved, at),
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
    answered: async (tx, bank, _place, verdict) => {
      if (verdict.outcome === 'refused') await takeBack(tx, branch, bank, verdict.reason, now(branch))
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
async function takeBack(tx: Tx, branch: Branch, bank: InstitutionId, reason: string, at: number): Promise<void> {
  const { config } = branch
  const open = await openWith(tx, branch, bank)
  if (open?.way !== 'paying') return
  const back = await book(tx, branch, bank, `unsettle ${open.id}`, open, at, 'back')
  if (back === undefined) throw new Error('a settlement could not be booked back')
  await tx.run(
    `UPDATE net_settlement SET state = 'refused', back = ? WHERE tenant = ? AND bank = ? AND id = ? AND state = 'announced'`,
    ...[back, config.id, bank, open.id],
  )
  await raiseAlarm(tx, config.id, { peer: bank, kind: 'settlement-refused', detail: `${open.id}: ${reason}`, at })
}

/** Step 5. */
async function confirm(tx: Tx, branch: Branch, { request, digest }: Approved, at: number): Promise<Carried> {
  const { config, chain, calendar } = branch
  const { bank, settlement: id } = confirmShape.parse(request)
  const row = await settlementOf(tx, branch, bank, id)
  if (row?.way !== 'paid') return { done: false, outcome: 'unknown-settlement' }
  if (row.state !== 'announced') return { done: false, outcome: 'confirmed-before' }
  if (!(await isWithinReach(tx, config.id, bank))) return { done: false, outcome: 'bank-out-of-reach' }
  const seq = await posting(tx, {
    ...{ chain, id: `settled ${id}`, at, kind: 'net-settlement', businessDate: await businessDate(tx, calendar, at) },
    entries: [
      debit(vault, inCurrency(branch, row.gross - row.counter)),
      ...(row.counter > 0n ? [debit(dueTo(bank), inCurrency(branch, row.counter))] : []),
      credit(dueFrom(bank), inCurrency(branch, row.gross)),
    ],
  })
  if (seq === undefined) throw new Error('a settlement that was agreed on could not be booked')
  await writeLetter(tx, {
    ...{ from: config.id, to: bank, type: 'settlement-confirmed', body: { settlement: id }, stream: 'bulk' },
  })
  await tx.run(
    `UPDATE net_settlement SET state = 'confirmed', posting = ?, decision = ?
     WHERE tenant = ? AND bank = ? AND id = ? AND state = 'announced'`,
    ...[seq, digest, config.id, bank, id],
  )
  return { done: true, outcome: 'confirmed' }
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

function settlementOf(tx: ReadTx, { config }: Branch, bank: InstitutionId, id: string) {
  return tx.one<SettlementRow>(
    `SELECT ${columns} FROM net_settlement WHERE tenant = ? AND bank = ? AND id = ?`,
    ...[config.id, bank, id],
  )
}

function openWith(tx: ReadTx, { config }: Branch, bank: InstitutionId): Promise<SettlementRow | undefined> {
  return tx.one<SettlementRow>(
    `SELECT ${columns} FROM net_settlement WHERE tenant = ? AND bank = ? AND state = 'announced'`,
    ...[config.id, bank],
  )
}
