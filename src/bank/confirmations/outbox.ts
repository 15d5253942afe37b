/** What has yet to be sent, for whoever carries it to a mail server (`src/web/confirmations/`), and what becomes of it (steps 2 to 5 of `write.ts`). */
import { raiseAlarm } from '../../alarm.ts'
import { nextTry } from '../../carrier.ts'
import type { AccountNumber } from '../../ids.ts'
import type { Language } from '../../languages.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { type Confirmation, type ConfirmationKind, factsIn } from './write.ts'

/** One mail. */
export interface Mailing {
  readonly account: AccountNumber
  readonly address: string
  /** Of the address, among those that its customer has left. */
  readonly number: bigint
  /** Of its customer. Undefined: they have not chosen one. */
  readonly language: Language | undefined
  readonly dueAt: number
  readonly tries: number
  /** By which its rows are found again: exactly those that it says, and the same at every try. */
  readonly ids: readonly string[]
  /** What it tells of, oldest first; of very many the first. */
  readonly confirmations: readonly Confirmation[]
}

export interface ConfirmationsWaiting {
  /** Mails that are due, now or later. */
  readonly count: number
  /** Since when the oldest of those waits that should have been sent by now. */
  readonly since: number | undefined
  /** Of those that are not erased yet. */
  readonly givenUp: number
}

/** For whoever carries them. */
export interface Confirmations {
  /** The one that has been due the longest, or will be due next, of accounts that are not among `except`. */
  next(except?: readonly string[]): Promise<Mailing | undefined>
  sent(mailing: Mailing): Promise<void>
  /** `why` says what the mail server answered, never what was in the mail or to whom. `isFinal`: its address is refused for good. */
  failed(mailing: Mailing, why: string, isFinal: boolean): Promise<void>
  waiting(): Promise<ConfirmationsWaiting>
}

const mostTold = 50

export function confirmationsOf(branch: Branch): Confirmations {
  const { store } = branch
  return {
    next: (except = []) => store.read(tx => nextMailing(tx, branch, except)),
    sent: mailing => {
      const at = now(branch)
      return store.execute(tx => noteSent(tx, branch, mailing, at))
    },
    failed: (mailing, why, isFinal) => {
      const at = now(branch)
      return store.execute(tx =>
        noteFailed(tx, branch, mailing, at, isFinal ? undefined : nextTry(mailing.tries, at), why),
      )
    },
    waiting: () => {
      const at = now(branch)
      return store.read(tx => waiting(tx, branch, at))
    },
  }
}

type Due = {
  readonly mail: string
  readonly account: AccountNumber
  readonly number: bigint
  readonly due_at: bigint
}

async function nextMailing(tx: ReadTx, { config }: Branch, except: readonly string[]): Promise<Mailing | undefined> {
  const { id: tenant } = config
  const due = await tx.one<Due>(
    `SELECT mail, account, address AS number, due_at FROM confirmation WHERE tenant = ? AND due_at IS NOT NULL
       AND account NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at, rowid LIMIT 1`,
    ...[tenant, JSON.stringify(except)],
  )
  if (due === undefined) return undefined
  const rows = await tx.all<{
    id: string
    kind: ConfirmationKind
    facts: string
    at: bigint
    tries: bigint
    address: string
    language: Language | null
  }>(
    `SELECT each.id, kind, facts, each.at, tries, place.address, language FROM confirmation AS each
     JOIN mail_address AS place ON place.tenant = each.tenant AND place.account = each.account AND place.number = each.address
     JOIN bank_customer AS customer ON customer.tenant = each.tenant AND customer.account = each.account
     WHERE each.tenant = ? AND mail = ? AND each.address = ? AND due_at IS NOT NULL ORDER BY each.at, each.rowid`,
    ...[tenant, due.mail, due.number],
  )
  const [first] = rows
  if (first === undefined) throw new Error(`${due.mail} is due to nobody`)
  return {
    ...{ account: due.account, address: first.address, number: due.number, language: first.language ?? undefined },
    ...{ dueAt: Number(due.due_at), tries: Number(first.tries), ids: rows.map(({ id }) => id) },
    confirmations: rows.slice(0, mostTold).map(({ kind, at, facts }) => ({ kind, at: Number(at), ...factsIn(facts) })),
  }
}

/** Step 2. Once more, it changes nothing. */
async function noteSent(tx: Tx, { config }: Branch, { ids }: Mailing, at: number): Promise<void> {
  await tx.run(
    `UPDATE confirmation SET due_at = NULL, sent_at = ?, tries = tries + 1
     WHERE tenant = ? AND id IN (SELECT value FROM json_each(?)) AND due_at IS NOT NULL`,
    ...[BigInt(at), config.id, JSON.stringify(ids)],
  )
}

/** Steps 3 and 4. What goes to another address by now has not failed there. */
async function noteFailed(
  tx: Tx,
  { config }: Branch,
  { ids, account, number }: Mailing,
  at: number,
  again: number | undefined,
  why: string,
): Promise<void> {
  const { id: tenant } = config
  await tx.run(
    `UPDATE confirmation SET due_at = ?, tries = tries + 1
     WHERE tenant = ? AND id IN (SELECT value FROM json_each(?)) AND address = ? AND due_at IS NOT NULL`,
    ...[again === undefined ? null : BigInt(again), tenant, JSON.stringify(ids), number],
  )
  if (again !== undefined || (await wasRaised(tx, tenant, account, at))) return
  const detail = `a confirmation to the customer of account ${account} was given up: ${why}`
  await raiseAlarm(tx, tenant, { peer: tenant, kind: 'mail-not-sent', detail, at })
}

const dayMs = 86_400_000
/** While a mail server is away every customer's is given up: an alarm for each would hide the others. */
const mostAlarmsADay = 10

/** One alarm of each account in a day says enough. */
async function wasRaised(tx: ReadTx, tenant: string, account: AccountNumber, at: number): Promise<boolean> {
  const raised = await tx.one<{ count: bigint; own: bigint | null }>(
    `SELECT count(*) AS count, max(instr(detail, ?)) AS own FROM clearing_alarm
     WHERE tenant = ? AND kind = 'mail-not-sent' AND at > ?`,
    ...[`account ${account} `, tenant, BigInt(at - dayMs)],
  )
  return (raised?.own ?? 0n) > 0n || (raised?.count ?? 0n) >= BigInt(mostAlarmsADay)
}

/** Step 5, nightly. What never left in all that time is erased, too: nobody would know it again. */
export async function eraseConfirmations(tx: Tx, { config }: Branch, at: number): Promise<void> {
  const keepDays = config.confirmations?.keepDays ?? defaultKeepDays
  await tx.run('DELETE FROM confirmation WHERE tenant = ? AND at < ?', config.id, BigInt(at - keepDays * dayMs))
}

/** Of a bank that wrote to its customers once. */
const defaultKeepDays = 30

async function waiting(tx: ReadTx, { config }: Branch, at: number): Promise<ConfirmationsWaiting> {
  const row = await tx.one<{ count: bigint; since: bigint | null }>(
    `SELECT count(DISTINCT mail) AS count, min(CASE WHEN collected = 0 THEN at WHEN due_at <= ? OR tries > 0 THEN at END) AS since
     FROM confirmation WHERE tenant = ? AND due_at IS NOT NULL`,
    ...[BigInt(at), config.id],
  )
  const given = await tx.one<{ count: bigint }>(
    `SELECT count(DISTINCT mail) AS count FROM confirmation
     WHERE tenant = ? AND due_at IS NULL AND sent_at IS NULL AND withdrawn_at IS NULL`,
    config.id,
  )
  return {
    count: Number(row?.count ?? 0n),
    since: row?.since === null || row?.since === undefined ? undefined : Number(row.since),
    givenUp: Number(given?.count ?? 0n),
  }
}
