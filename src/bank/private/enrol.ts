/**
 * A customer becomes a payee, and is one no more: both at the customer's word, on the line. The host is asked by letter, and its
 * signed word makes the payee; the customer waits a while for the number by which payers choose it.
 *
 *     1 asked     ──▶ asked    the letter to the host is written
 *     2 vouched   ──▶ open     the host's word: its vouchers are ordered, and sold
 *     3 refused   ──▶ closed   the host's word
 *     4 closed    ──▶ closed   the customer's word: nothing of it is sold any more; the host is told
 */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { openAccount } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { isClosedTo } from '../../mail/gate.ts'
import { accepted, refused } from '../../mail/inbox.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import { now, randomId } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { BeingPaid } from '../bank.ts'
import { isBlocked } from '../blocks.ts'
import { type Branch, floatOf, returningTo, settlementOf } from '../branch.ts'
import { customerOf } from '../customers.ts'
import { inPart } from '../interbank/in-part.ts'
import { replenish } from '../night.ts'
import { closeOpenOrders } from '../orders.ts'
import { isNamedBy } from './payees.ts'

type Row = {
  readonly application: string
  readonly host: InstitutionId
  readonly payee: InstitutionId | null
  readonly number: string | null
}

/** Of now: not of one that is closed. */
function inForce(tx: ReadTx, tenant: InstitutionId, account: AccountNumber): Promise<Row | undefined> {
  return tx.one<Row>(
    'SELECT application, host, payee, number FROM private_payee WHERE tenant = ? AND account = ? AND closed_at IS NULL',
    tenant,
    account,
  )
}

export async function beingPaid(branch: Branch, account: AccountNumber): Promise<BeingPaid> {
  const { config, store } = branch
  const row = await store.read(tx => inForce(tx, config.id, account))
  if (config.host === undefined) return { outcome: 'no-host' }
  if (row === undefined) return { outcome: 'no-payee' }
  if (row.number === null) return { outcome: 'asked' }
  return { outcome: 'payee', number: row.number, host: config.host.name, phone: config.host.number }
}

/** Step 1. Asked again it asks nobody twice; it answers when the host has, or after a while. */
export async function becomePayee(branch: Branch, account: AccountNumber): Promise<BeingPaid> {
  const { config, store, runtime, mail } = branch
  const application = randomId(runtime)
  const at = now(branch)
  const asked = await store.execute(tx => ask(tx, branch, account, application, at))
  if (asked !== undefined) return asked
  mail.wake()
  return untilAnswered(branch, account, runtime.monotonicMs() + config.creditDeadlineMs)
}

async function ask(
  tx: Tx,
  branch: Branch,
  account: AccountNumber,
  application: string,
  at: number,
): Promise<BeingPaid | undefined> {
  const { id: tenant, host } = branch.config
  if ((await inForce(tx, tenant, account)) !== undefined) return undefined
  if (host === undefined) return { outcome: 'no-host' }
  const customer = await customerOf(tx, tenant, account)
  if (customer === undefined) throw new Error('somebody signed in to an account that is not there')
  if (await isBlocked(tx, branch, account, 'account')) return { outcome: 'account-blocked' }
  if (await isClosedTo(tx, tenant, host.id)) return { outcome: 'out-of-reach' }
  const name = customer.isBusiness ? customer.name : inPart(customer.name)
  const letter = await writeLetter(tx, {
    ...{ from: tenant, to: host.id, type: 'payee-application' },
    body: { application, account, name },
  })
  await tx.run(
    `INSERT INTO private_payee (tenant, application, account, host, letter_epoch, letter_sequence, asked_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...[tenant, application, account, host.id, letter.epoch, letter.sequence, BigInt(at)],
  )
  return undefined
}

const firstPauseMs = 20
const longestPauseMs = 500

async function untilAnswered(branch: Branch, account: AccountNumber, until: number): Promise<BeingPaid> {
  const { runtime } = branch
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const found = await beingPaid(branch, account)
    if (found.outcome !== 'asked' || runtime.monotonicMs() >= until) return found
    await runtime.sleep(pauseMs)
  }
}

/** What becomes of an application that the host does not take: the customer may ask again. */
export function applicationAnswers({ config, runtime }: Branch): LetterHandler<'payee-application'> {
  return {
    answered: async (tx, host, { epoch, sequence }, verdict) => {
      if (verdict.outcome === 'accepted') return
      await tx.run(
        `UPDATE private_payee SET closed_at = ? WHERE tenant = ? AND host = ? AND letter_epoch = ? AND letter_sequence = ?
           AND payee IS NULL AND closed_at IS NULL`,
        ...[BigInt(now({ runtime })), config.id, host, epoch, sequence],
      )
    },
  }
}

/** Step 2. Taken from the host that was asked, for the account that asked, once. */
export function vouchTaking(branch: Branch): LetterHandler<'payee-vouched'> {
  const { config, chain, calendar } = branch
  const { id: tenant } = config
  return {
    judge: async (tx, host, { application, account, payee, number }) => {
      const row = await tx.one<Row & { account: AccountNumber; closed_at: bigint | null }>(
        'SELECT application, host, account, payee, number, closed_at FROM private_payee WHERE tenant = ? AND application = ?',
        ...[tenant, application],
      )
      if (row === undefined || row.host !== host || row.account !== account) return refused('nobody asked for it')
      if (row.payee === payee && row.number === number) return accepted
      if (row.payee !== null) return refused('vouched for as another before')
      if (!isNamedBy(host, payee, number)) return refused('not an id of this host')
      if (config.payees.some(shop => shop.id === payee || shop.number === number))
        return refused('a payee of this bank')
      const taken = await tx.one(
        `SELECT payee FROM private_payee WHERE tenant = ? AND (payee = ? OR number = ?)
         UNION ALL SELECT payee FROM introduced_payee WHERE tenant = ? AND (payee = ? OR number = ?)`,
        ...[tenant, payee, number, tenant, payee, number],
      )
      if (taken !== undefined) return refused('vouched for as another before')
      const at = now(branch)
      await tx.run(
        'UPDATE private_payee SET payee = ?, number = ?, vouched_at = ? WHERE tenant = ? AND application = ?',
        ...[payee, number, BigInt(at), tenant, application],
      )
      const date = await businessDate(tx, calendar, at)
      for (const opened of [floatOf(payee), settlementOf(payee), returningTo(payee)])
        await openAccount(tx, { chain, account: opened, asset: config.currency, at, businessDate: date })
      return accepted
    },
    afterwards: () => {
      void branch.privatePayees
        .refresh()
        .then(() => replenish(branch))
        .catch(branch.troubled)
    },
  }
}

/** Step 4. What was sold of it is honoured; what is not goes to nobody any more. */
export async function stopBeingPaid(branch: Branch, account: AccountNumber): Promise<BeingPaid> {
  const { store, mail, privatePayees } = branch
  const at = now(branch)
  const stopped = await store.execute(tx => stop(tx, branch, account, at))
  await privatePayees.refresh()
  mail.wake()
  return stopped ?? beingPaid(branch, account)
}

async function stop(tx: Tx, branch: Branch, account: AccountNumber, at: number): Promise<BeingPaid | undefined> {
  const { id: tenant } = branch.config
  const row = await inForce(tx, tenant, account)
  if (row?.payee == null) return undefined
  const { payee, host, application } = row
  if (await isClosedTo(tx, tenant, host)) return { outcome: 'out-of-reach' }
  await closeOpenOrders(tx, branch, payee, 'it is paid no more')
  await tx.run(
    `UPDATE stock SET state = 'unsellable' WHERE tenant = ? AND payee = ? AND state = 'in stock'`,
    tenant,
    payee,
  )
  await tx.run(
    'UPDATE private_payee SET closed_at = ? WHERE tenant = ? AND application = ?',
    ...[BigInt(at), tenant, application],
  )
  await writeLetter(tx, { from: tenant, to: host, type: 'payee-closed', body: { payee } })
  return undefined
}
