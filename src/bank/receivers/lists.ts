/**
 * What receivers are told besides what became of a payment: that they may collect, and which cards of this bank are out of use, as lists
 * that each add to those before. Of a receiver that cannot be written to now it is noted that it is to be told, and then
 * a whole list takes the place of all others. A list that is lost or late makes a receiver's pre-check weaker, and no judgement.
 */
import type { SigningAlgorithm } from '../../card/cose/signing.ts'
import type { CardNumber } from '../../card/numbers.ts'
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { isClosedTo } from '../../mail/gate.ts'
import { type Letter, mostListed } from '../../mail/messages.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'

export type AdmittedRow = {
  readonly receiver: InstitutionId
  readonly payee_bank: InstitutionId
  readonly payee_account: AccountNumber
  readonly payee_name: string
  readonly dismissed_by: string | null
  readonly told: bigint
  readonly list_number: bigint
}

const columns = 'receiver, payee_bank, payee_account, payee_name, dismissed_by, told, list_number'

type Books = Pick<Branch, 'config'>
type Listed = Letter<'card-list'>['cards'][number]

/** Also of one that was dismissed since. */
function admittedRow(tx: ReadTx, { config }: Books, receiver: InstitutionId): Promise<AdmittedRow | undefined> {
  return tx.one<AdmittedRow>(
    `SELECT ${columns} FROM admitted_receiver WHERE tenant = ? AND receiver = ?`,
    ...[config.id, receiver],
  )
}

/** Those that collect now. */
export function admittedRows(tx: ReadTx, { config }: Books): Promise<readonly AdmittedRow[]> {
  return tx.all<AdmittedRow>(
    `SELECT ${columns} FROM admitted_receiver WHERE tenant = ? AND dismissed_by IS NULL ORDER BY receiver`,
    config.id,
  )
}

/** Writes what a receiver has not been told yet of itself, and the whole list with it, as soon as it can be written to. */
export async function tellReceiver(tx: Tx, branch: Books, receiver: InstitutionId): Promise<void> {
  const { config } = branch
  const row = await admittedRow(tx, branch, receiver)
  if (row === undefined || row.told === 1n || (await isClosedTo(tx, config.id, receiver))) return
  const payee = { bank: row.payee_bank, account: row.payee_account, name: row.payee_name }
  const body = { payee, issuer: config.cards?.issuer ?? null, ended: row.dismissed_by !== null }
  await writeLetter(tx, { from: config.id, to: receiver, type: 'receiver-admitted', body })
  await tx.run('UPDATE admitted_receiver SET told = 1 WHERE tenant = ? AND receiver = ?', config.id, receiver)
  if (row.dismissed_by !== null) return
  const cards = await outOfUse(tx, branch)
  const parts = Array.from({ length: Math.max(1, Math.ceil(cards.length / mostListed)) }, (_, i) =>
    cards.slice(i * mostListed, (i + 1) * mostListed),
  )
  for (const [i, part] of parts.entries()) await writeList(tx, branch, receiver, { whole: i === 0, cards: part })
}

/** After a card took a step, in the same command. */
export async function tellOfCard(tx: Tx, branch: Books, number: CardNumber): Promise<void> {
  const card = await tx.one<ListedRow>(
    `SELECT number, state, algorithm, public_key FROM issued_card WHERE tenant = ? AND number = ? AND public_key IS NOT NULL`,
    ...[branch.config.id, number],
  )
  // One that was never enrolled signs nothing that anybody accepts.
  if (card === undefined) return
  for (const { receiver, told } of await admittedRows(tx, branch)) {
    if (told === 0n) continue
    if (await isClosedTo(tx, branch.config.id, receiver)) await notTold(tx, branch, receiver)
    else await writeList(tx, branch, receiver, { whole: false, cards: [listed(card)] })
  }
}

/** The whole list goes to each receiver again: these books went back in time, and may have told it what they do not know of. */
export async function tellAllAgain(tx: Tx, { config }: Books): Promise<void> {
  await tx.run('UPDATE admitted_receiver SET told = 0 WHERE tenant = ? AND told = 1', config.id)
}

async function notTold(tx: Tx, { config }: Books, receiver: InstitutionId): Promise<void> {
  await tx.run('UPDATE admitted_receiver SET told = 0 WHERE tenant = ? AND receiver = ?', config.id, receiver)
}

async function writeList(
  tx: Tx,
  { config }: Books,
  receiver: InstitutionId,
  list: { readonly whole: boolean; readonly cards: readonly Listed[] },
): Promise<void> {
  await tx.run(
    'UPDATE admitted_receiver SET list_number = list_number + 1 WHERE tenant = ? AND receiver = ?',
    ...[config.id, receiver],
  )
  const row = await tx.one<{ list_number: bigint }>(
    'SELECT list_number FROM admitted_receiver WHERE tenant = ? AND receiver = ?',
    ...[config.id, receiver],
  )
  const body = { number: row?.list_number ?? 1n, whole: list.whole, cards: [...list.cards] }
  await writeLetter(tx, { from: config.id, to: receiver, type: 'card-list', body })
}

type ListedRow = {
  readonly number: CardNumber
  readonly state: 'active' | 'blocked' | 'revoked'
  readonly algorithm: SigningAlgorithm
  readonly public_key: Uint8Array
}

async function outOfUse(tx: ReadTx, { config }: Books): Promise<readonly Listed[]> {
  const rows = await tx.all<ListedRow>(
    `SELECT number, state, algorithm, public_key FROM issued_card
     WHERE tenant = ? AND state IN ('blocked', 'revoked') AND public_key IS NOT NULL ORDER BY number`,
    config.id,
  )
  return rows.map(listed)
}

function listed({ number: card, state, algorithm, public_key: key }: ListedRow): Listed {
  return { card, state, algorithm, key }
}
