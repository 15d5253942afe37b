/**
 * A batch of voucher records arrives from a payee. Each record's secrets are opened with this bank's key, sealed again
 * under a key of their own, and put in stock in an order that nobody knows.
 */

import type { InstitutionId, VoucherNumber } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import type { SealedRecord } from '../keys/record-keys.ts'
import { accepted, refused, type Verdict } from '../mail/inbox.ts'
import type { Letter } from '../mail/messages.ts'
import type { LetterHandler } from '../mail/reception.ts'
import type { Place } from '../mail/streams.ts'
import { randomId } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import { type AmountColumns, columnsOf } from '../store/amount-columns.ts'
import type { Tx } from '../store/store.ts'
import { openShare } from '../voucher/share.ts'
import type { Branch } from './branch.ts'
import { closeOpenOrders, closeOrder, hasLeft } from './orders.ts'
import { hasEnded } from './private/payees.ts'
import { contextOf, keyNameOf, type RecordSecret } from './record-secrets.ts'

type Batch = Letter<'voucher-batch'>

interface Unpacked {
  readonly serial: bigint
  readonly number: VoucherNumber
  readonly shuffle: Uint8Array
  readonly password: SealedRecord
  readonly backup: SealedRecord
}

export function batchArrival(branch: Branch): LetterHandler<'voucher-batch', readonly Unpacked[] | undefined> {
  return {
    prepare: (from, batch) => unpack(branch, from, batch),
    // Which order it was for is lost with it. One too many is closed at worst: its batch is taken all the same.
    voided: (tx, from) => closeOpenOrders(tx, branch, from, 'its batch is lost'),
    forgotten: async (tx, from, place) => {
      const order = await orderFilledBy(tx, branch, from, place)
      if (order !== undefined) await withdraw(tx, branch, from, order.batch)
    },
    judge: async (tx, from, batch, unpacked, place) => {
      if (await hasLeft(tx, branch.config.id, from)) return refuseBatch(tx, branch, batch, 'this bank has left')
      // It was on its way, or not yet printed, when its payee ended.
      if (await hasEnded(tx, branch, from)) return refuseBatch(tx, branch, batch, 'it is paid no more')
      if (isSerialTwice(batch)) return refuseBatch(tx, branch, batch, 'a serial number twice')
      if (unpacked === undefined) return refuseBatch(tx, branch, batch, 'a share cannot be opened')
      const order = await orderOf(tx, branch, batch)
      const fault = await misfit(tx, branch, batch, order, place.epoch)
      if (order === undefined || fault !== undefined)
        return refuseBatch(tx, branch, batch, fault ?? 'nothing was ordered')
      if (order.batch !== null) await withdraw(tx, branch, from, order.batch)
      return putInStock(tx, branch, batch, unpacked, { lost: order.batch, place })
    },
  }
}

/** The payee has filled the order and does not fill it again: it is closed, and the amount ordered anew. */
async function refuseBatch(tx: Tx, branch: Branch, { payee, order }: Batch, reason: string): Promise<Verdict> {
  await closeOrder(tx, branch, payee, order, `its batch was refused: ${reason}`)
  return refused(reason)
}

/** Undefined when a share is not for this bank, or not for this place in this batch. */
async function unpack(branch: Branch, from: InstitutionId, batch: Batch): Promise<readonly Unpacked[] | undefined> {
  const { keys, recordKeys, runtime, config } = branch
  // Two records of one place would be under one key. `judge` says so.
  if (isSerialTwice(batch)) return undefined
  // It is sent again and again while it waits.
  recordKeys.assertBoth()
  try {
    const shares = await Promise.all(
      batch.records.map(async record => ({
        record,
        share: await openShare(keys, {
          payee: from,
          bank: config.id,
          batch: batch.batch,
          amount: batch.amount,
          ...record,
        }),
      })),
    )
    const attempt = randomId(runtime)
    // No receipt leaves before both machines have the keys: with one of them the batch would be lost.
    const sealed = await recordKeys.sealOnBoth(
      shares.flatMap(({ record, share }) => {
        const place = { ...record, payee: from, batch: batch.batch, amount: batch.amount }
        const sealing = (secret: RecordSecret, plain: Secret) => ({
          record: keyNameOf(secret, place, attempt),
          context: contextOf(secret, place),
          plain: Buffer.from(plain.reveal()),
        })
        return [sealing('password', share.password), sealing('backup', share.backup)]
      }),
    )
    return shares.map(({ record: { serial, number } }, i) => {
      const [password, backup] = sealed.slice(2 * i, 2 * i + 2)
      if (password === undefined || backup === undefined) throw new Error('a record was not sealed')
      return { serial, number, shuffle: runtime.random(16), password, backup }
    })
  } catch (error) {
    if (error instanceof Error && error.name === 'Unopenable') return undefined
    throw error
  }
}

const isSerialTwice = ({ records }: Batch): boolean =>
  new Set(records.map(({ serial }) => serial)).size !== records.length

type Order = AmountColumns & { readonly count: bigint; readonly batch: string | null }

function orderOf(tx: Tx, branch: Branch, batch: Batch): Promise<Order | undefined> {
  return tx.one<Order>(
    'SELECT minor, asset, scale, count, batch FROM stock_order WHERE tenant = ? AND id = ? AND payee = ?',
    branch.config.id,
    batch.order,
    batch.payee,
  )
}

function orderFilledBy(tx: Tx, { config }: Branch, payee: InstitutionId, { epoch, sequence }: Place) {
  return tx.one<{ batch: string }>(
    'SELECT batch FROM stock_order WHERE tenant = ? AND payee = ? AND batch_epoch = ? AND batch_sequence = ?',
    ...[config.id, payee, epoch, sequence],
  )
}

/** The payee has lost the batch with its books: it honours none of it, so that no more of it is sold. */
async function withdraw(tx: Tx, branch: Branch, payee: InstitutionId, batch: string): Promise<void> {
  await tx.run(
    `UPDATE stock SET state = 'unsellable' WHERE tenant = ? AND payee = ? AND batch = ? AND state = 'in stock'`,
    branch.config.id,
    payee,
    batch,
  )
}

/** Why the batch is not what was ordered. `epoch`: of its letter. */
async function misfit(
  tx: Tx,
  branch: Branch,
  batch: Batch,
  order: Order | undefined,
  epoch: bigint,
): Promise<string | undefined> {
  const [minor, asset, scale] = columnsOf(batch.amount)
  if (order === undefined) return 'nothing was ordered'
  // Only whose books went back in time can have forgotten that it filled an order.
  if (order.batch !== null && epoch === 1n) return 'this order was delivered before'
  if (order.minor !== minor || order.asset !== asset || order.scale !== scale) return 'another amount than ordered'
  if (order.count !== BigInt(batch.records.length)) return 'another number of records than ordered'
  if (new Set(batch.records.map(({ number }) => number)).size !== batch.records.length) return 'a voucher number twice'
  const earlier = await tx.one(
    'SELECT batch FROM stock WHERE tenant = ? AND payee = ? AND batch = ? LIMIT 1',
    branch.config.id,
    batch.payee,
    batch.batch,
  )
  if (earlier !== undefined) return 'a batch that is known already'
  for (const { number } of batch.records) {
    const known = await tx.one(
      'SELECT serial FROM stock WHERE tenant = ? AND payee = ? AND number = ?',
      branch.config.id,
      batch.payee,
      number,
    )
    if (known !== undefined) return 'a voucher number that is known already'
  }
  return undefined
}

/** `lost`: the batch that filled the order before. `place`: of its letter. */
async function putInStock(
  tx: Tx,
  branch: Branch,
  batch: Batch,
  records: readonly Unpacked[],
  { lost, place }: { readonly lost: string | null; readonly place: Place },
): Promise<Verdict> {
  const tenant = branch.config.id
  for (const { serial, number, shuffle, password, backup } of records) {
    await tx.run(
      `INSERT INTO stock (tenant, payee, batch, serial, number, minor, asset, scale, shuffle, state,
         password_key, password_sealed, backup_key, backup_sealed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'in stock', ?, ?, ?, ?)`,
      tenant,
      batch.payee,
      batch.batch,
      serial,
      number,
      ...columnsOf(batch.amount),
      shuffle,
      password.record,
      password.sealed,
      backup.record,
      backup.sealed,
    )
  }
  const filled = await tx.run(
    'UPDATE stock_order SET batch = ?, batch_epoch = ?, batch_sequence = ? WHERE tenant = ? AND id = ? AND batch IS ?',
    ...[batch.batch, place.epoch, place.sequence, tenant, batch.order, lost],
  )
  steppedOnce(filled, 'an order was filled twice', batch.order)
  return accepted
}
