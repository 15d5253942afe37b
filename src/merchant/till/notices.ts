/**
 * What shops have yet to be told. A notice is written with the payment that it tells of, in the same commit, and stays due
 * until the shop has answered that it knows; whoever carries it (`src/web/webhooks.ts`) says how that went.
 *
 *     1 write                 ──▶ due
 *     2 delivered     due     ──▶ delivered
 *     3 failed        due     ──▶ due, later each time
 *     4 failed        due     ──▶ given up, with an alarm, after the last try
 *     5 made due      due, given up ──▶ due, now, as if it had never been tried      by somebody in the office
 *     6 key revoked   due     ──▶ given up, with no alarm (`endKey`)
 */
import { raiseAlarm } from '../../alarm.ts'
import { nextTry } from '../../carrier.ts'
import type { InstitutionId } from '../../ids.ts'
import { steppedOnce } from '../../invariant.ts'
import { now } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Shop } from '../shop.ts'
import { apiKeyOf, liveKey } from './api-keys.ts'
import { madePayment } from './made-payments.ts'
import type { ApiKey, MadePayment } from './till.ts'

export interface Notice {
  /** The same at every try: a shop that has seen it does nothing more. */
  readonly id: string
  readonly key: ApiKey & { readonly webhook: string }
  /** Somebody at this machine named the address, by a command. */
  readonly mayBeHere: boolean
  readonly payment: MadePayment
  readonly tries: number
  readonly dueAt: number
}

/** For whoever carries them. */
export interface Notices {
  /** The one that has been due the longest, or will be due next, of keys that are not among `except`. */
  next(except?: readonly string[]): Promise<Notice | undefined>
  delivered(notice: Notice): Promise<void>
  /** `why` says what the shop answered, never what was in the notice. */
  failed(notice: Notice, why: string): Promise<void>
  /** With which what is sent under a key is signed. */
  signingSecret(key: string): Promise<Secret>
  /** Whoever carries them is told when there may be another. */
  onWritten(wake: () => void): void
}

/** Step 1. Nothing for a shop that has not said where it is told. */
export async function writeNotice(
  tx: Tx,
  tenant: InstitutionId,
  notice: { readonly id: string; readonly key: ApiKey; readonly event: string; readonly at: number },
): Promise<void> {
  if (notice.key.webhook === undefined) return
  await tx.run(
    'INSERT INTO notice (tenant, id, api_key, event, tries, due_at) VALUES (?, ?, ?, ?, 0, ?)',
    ...[tenant, notice.id, notice.key.id, notice.event, BigInt(notice.at)],
  )
}

type Row = {
  readonly id: string
  readonly api_key: string
  readonly event: string
  readonly tries: bigint
  readonly due_at: bigint
}

/** The one that has been due the longest, or will be due next. */
async function nextNotice(
  tx: ReadTx,
  tenant: InstitutionId,
  chain: string,
  except: readonly string[],
): Promise<Notice | undefined> {
  const row = await tx.one<Row>(
    `SELECT id, api_key, event, tries, due_at FROM notice WHERE tenant = ? AND due_at IS NOT NULL
       AND api_key NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at, id LIMIT 1`,
    ...[tenant, JSON.stringify(except)],
  )
  if (row === undefined) return undefined
  const { isByCommand, ...key } = await apiKeyOf(tx, tenant, row.api_key)
  const payment = await madePayment(tx, tenant, chain, row.event)
  const { webhook } = key
  if (webhook === undefined) throw new Error(`${row.id} goes to a shop that is told nothing`)
  const [tries, dueAt] = [Number(row.tries), Number(row.due_at)]
  return { id: row.id, key: { ...key, webhook }, mayBeHere: isByCommand, payment, tries, dueAt }
}

/** Step 2. */
async function noteDelivered(tx: Tx, tenant: InstitutionId, id: string, at: number): Promise<void> {
  const noted = await tx.run(
    'UPDATE notice SET due_at = NULL, delivered_at = ?, tries = tries + 1 WHERE tenant = ? AND id = ? AND delivered_at IS NULL',
    ...[BigInt(at), tenant, id],
  )
  steppedOnce(noted, 'a notice was delivered that was not due', id)
}

/** Steps 3 and 4. `why` says what the shop answered, never what was in the notice. */
async function noteFailed(tx: Tx, tenant: InstitutionId, notice: Notice, at: number, why: string): Promise<void> {
  // It was revoked meanwhile.
  if ((await liveKey(tx, tenant, notice.key.id)) === undefined) return
  const again = nextTry(notice.tries, at)
  const noted = await tx.run(
    'UPDATE notice SET due_at = ?, tries = tries + 1 WHERE tenant = ? AND id = ? AND due_at IS NOT NULL',
    ...[again === undefined ? null : BigInt(again), tenant, notice.id],
  )
  steppedOnce(noted, 'a notice failed that was not due', notice.id)
  if (again !== undefined || (await wasRaised(tx, tenant, notice.key.id, at))) return
  const detail = `${notice.key.name} (key ${notice.key.id}) was not told of payment ${notice.payment.reference}: ${why}`
  await raiseAlarm(tx, tenant, { peer: tenant, kind: 'shop-not-told', detail, at })
}

/** One alarm of each shop in a day says enough. */
async function wasRaised(tx: ReadTx, tenant: InstitutionId, key: string, at: number): Promise<boolean> {
  const raised = await tx.one(
    `SELECT 1 AS found FROM clearing_alarm WHERE tenant = ? AND kind = 'shop-not-told' AND at > ? AND instr(detail, ?) > 0 LIMIT 1`,
    ...[tenant, BigInt(at - 86_400_000), `(key ${key})`],
  )
  return raised !== undefined
}

/** Step 5, of everything that a key's shop has not heard: also what was given up is tried as often as anything new. @returns how many are due now */
export function makeDue(tx: Tx, tenant: InstitutionId, key: string, at: number): Promise<bigint> {
  return tx.run(
    'UPDATE notice SET tries = 0, due_at = ? WHERE tenant = ? AND api_key = ? AND delivered_at IS NULL',
    ...[BigInt(at), tenant, key],
  )
}

/** `onWritten` is heard whenever `shop.wakeNotices` is called. */
export function noticesOf(shop: Shop, onWritten: Notices['onWritten']): Notices {
  const { store, config, chain } = shop
  return {
    next: (except = []) => store.read(tx => nextNotice(tx, config.id, chain, except)),
    delivered: notice => {
      const at = now(shop)
      return store.execute(tx => noteDelivered(tx, config.id, notice.id, at))
    },
    failed: (notice, why) => {
      const at = now(shop)
      return store.execute(tx => noteFailed(tx, config.id, notice, at, why))
    },
    signingSecret: shop.signingSecret,
    onWritten,
  }
}
