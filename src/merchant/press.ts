/**
 * Makes voucher records (patent row P2): a number, a payment password and a backup password each. The payee keeps
 * verifiers; the bank that ordered gets the passwords, encrypted to it record by record.
 */

import type { InstitutionId, VoucherNumber } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import { isGuessable } from '../keys/guessable.ts'
import type { PublicKey } from '../keys/keys.ts'
import { accepted, refused } from '../mail/inbox.ts'
import { pinnedPeers } from '../mail/peers.ts'
import type { LetterHandler } from '../mail/reception.ts'
import { sealBody, writeSealedLetter } from '../mail/sealed-letters.ts'
import type { Money } from '../money.ts'
import { now, type Runtime, randomDigits, randomId } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { type AmountColumns, amountOf, columnsOf } from '../store/amount-columns.ts'
import type { ReadTx } from '../store/store.ts'
import { type Share, sealShare } from '../voucher/share.ts'
import { drawVoucherNumber } from '../voucher/voucher-number.ts'
import { grant } from './ceiling.ts'
import { fitsShare } from './shares.ts'
import { backupOwner, passwordOwner, type Shop } from './shop.ts'

const passwordDigits = 8
const backupDigits = 12

interface Order {
  readonly bank: InstitutionId
  readonly id: string
  readonly amount: Money
  readonly count: number
}

/** Takes a bank's order; the press makes the batch afterwards. */
export function orderTaking(shop: Shop, press: Pick<Press, 'wake'>): LetterHandler<'stock-order'> {
  return {
    judge: async (tx, bank, order) => {
      const { config } = shop
      const { minor, asset } = order.amount
      if (order.payee !== config.id) return refused('an order for another payee')
      if (asset.code !== config.currency.code || asset.scale !== config.currency.scale)
        return refused('another currency')
      if (!config.denominations.includes(minor)) return refused('there are no vouchers of this amount')
      if (!(await fitsShare(tx, shop, bank, order))) return refused('more than the share of this bank')
      const taken = await tx.run(
        `INSERT INTO batch_order (tenant, bank, id, minor, asset, scale, count, ordered_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, bank, id) DO NOTHING`,
        config.id,
        bank,
        order.order,
        ...columnsOf(order.amount),
        BigInt(order.count),
        BigInt(now(shop)),
      )
      if (taken === 0n) return refused('an order that is known already')
      // A bank that was pinned since the last start is told before it has anything to sell.
      await grant(tx, shop, bank)
      return accepted
    },
    afterwards: () => press.wake(),
  }
}

/**
 * What becomes of a batch. One that its bank refused is not made again: the bank has closed its order. One that could never
 * leave, and gave way to a void letter, is: its order is open again, and the next waking prints it.
 */
export function batchAnswers({ config, house }: Shop): LetterHandler<'voucher-batch'> {
  return {
    answered: async (tx, bank, { epoch, sequence }, verdict) => {
      if (verdict.outcome === 'accepted') return
      // The bank's word for it would not do: whoever could say `void` could have us print for ever.
      await tx.run(
        `UPDATE batch_order SET batch = NULL
         WHERE tenant = ? AND bank = ? AND letter_epoch = ? AND letter_sequence = ? AND EXISTS (SELECT 1 FROM clearing_outbox
           WHERE clearing_outbox.tenant = ? AND peer = bank AND epoch = letter_epoch
             AND sequence = letter_sequence AND replaced IS NOT NULL)`,
        config.id,
        bank,
        epoch,
        sequence,
        house,
      )
    },
  }
}

export class Press {
  readonly #shop: Shop
  readonly #troubled: (error: unknown) => void
  #run: Promise<void> | undefined
  #woken = false
  #closed = false

  constructor(shop: Shop, troubled: (error: unknown) => void) {
    this.#shop = shop
    this.#troubled = troubled
  }

  /** There may be orders. */
  wake(): void {
    this.#woken = true
    if (this.#closed) return
    this.#run ??= this.#printAll().finally(() => {
      this.#run = undefined
    })
  }

  /** Resolves when no order is open of a bank that can be written to. */
  async idle(): Promise<void> {
    while (this.#run !== undefined) await this.#run
  }

  /** Ends after the batch under way. An order that was not filled is filled after the next start. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#run
  }

  async #printAll(): Promise<void> {
    try {
      while (this.#woken && !this.#closed) {
        this.#woken = false
        for (
          let order = await this.#nextOrder();
          order !== undefined && !this.#closed;
          order = await this.#nextOrder()
        ) {
          await printBatch(this.#shop, order)
          this.#shop.mail.wake()
        }
      }
    } catch (error) {
      // The order stays open: the next waking, tonight's at the latest, tries again.
      this.#troubled(error)
    }
  }

  /** Of a bank that can be written to. Nothing is printed for a payee that has ended. */
  async #nextOrder(): Promise<Order | undefined> {
    const row = await this.#shop.store.read(async tx =>
      (await hasEnded(tx, this.#shop))
        ? undefined
        : tx.one<AmountColumns & { bank: InstitutionId; id: string; count: bigint }>(
            `SELECT bank, id, minor, asset, scale, count FROM batch_order
             WHERE tenant = ? AND batch IS NULL AND NOT EXISTS (SELECT 1 FROM clearing_peer
               WHERE clearing_peer.tenant = ? AND peer = bank AND closed = 1)
             ORDER BY ordered_at, id LIMIT 1`,
            ...[this.#shop.config.id, this.#shop.house],
          ),
    )
    return row && { bank: row.bank, id: row.id, amount: amountOf(row), count: Number(row.count) }
  }
}

interface MadeRecord {
  readonly serial: bigint
  readonly number: VoucherNumber
  readonly password: string
  readonly backup: string
  readonly reveal: string
  readonly revealable: string
  readonly share: Uint8Array
}

/** Of a hosted payee: its bank has said that it is paid no more. */
async function hasEnded(tx: ReadTx, { house, hosted }: Pick<Shop, 'house' | 'hosted'>): Promise<boolean> {
  if (hosted === undefined) return false
  const ended = await tx.one(
    'SELECT payee FROM hosted_payee WHERE tenant = ? AND payee = ? AND closed_at IS NOT NULL',
    ...[house, hosted],
  )
  return ended !== undefined
}

/** Makes the records of an order, registers them, and writes the letter to the bank, in one command. */
async function printBatch(shop: Shop, order: Order): Promise<void> {
  const { store, config, house, runtime } = shop
  const bankKey = await store.read(tx => receivingKeyOf(tx, house, order.bank))
  const batch = randomId(runtime)
  const numbers = await drawNumbers(shop, order.count)
  const records = await Promise.all(
    numbers.map((number, i) => makeRecord(shop, bankKey, order, batch, BigInt(i + 1), number)),
  )
  runtime.reached('batch.made')
  const shares = records.map(({ serial, number, share }) => ({ serial, number, share }))
  const body = { batch, order: order.id, payee: config.id, amount: order.amount, records: shares }
  const letter = await sealBody(shop, { from: house, to: order.bank, type: 'voucher-batch', body })
  const isPrinted = await store.execute(async tx => {
    if (await hasEnded(tx, shop)) return false
    // The bank has told a new key meanwhile, and may destroy the other: the records are made anew.
    if ((await receivingKeyOf(tx, house, order.bank)).keyId !== bankKey.keyId) return false
    for (const { serial, number, password, backup, reveal, revealable } of records) {
      await tx.run(
        `INSERT INTO voucher (tenant, number, bank, batch, serial, minor, asset, scale, state,
           password, backup, reveal, revealable)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'issued', ?, ?, ?, ?)`,
        config.id,
        number,
        order.bank,
        batch,
        serial,
        ...columnsOf(order.amount),
        password,
        backup,
        reveal,
        revealable,
      )
    }
    const place = await writeSealedLetter(tx, letter)
    const filled = await tx.run(
      `UPDATE batch_order SET batch = ?, letter_epoch = ?, letter_sequence = ?
       WHERE tenant = ? AND bank = ? AND id = ? AND batch IS NULL`,
      batch,
      place.epoch,
      place.sequence,
      config.id,
      order.bank,
      order.id,
    )
    steppedOnce(filled, 'an order was filled twice', order.id)
    return true
  })
  if (isPrinted) runtime.reached('batch.committed')
}

/** The passwords are here as long as it takes to make verifiers and the bank's share of them, and nowhere else. */
async function makeRecord(
  { runtime, verifiers, reveals, config }: Shop,
  bankKey: PublicKey,
  { bank, amount }: Order,
  batch: string,
  serial: bigint,
  number: VoucherNumber,
): Promise<MadeRecord> {
  const share: Share = {
    password: drawPassword(runtime, passwordDigits, number),
    backup: drawPassword(runtime, backupDigits, number),
  }
  const [password, backup, reveal] = await Promise.all([
    verifiers.make(share.password, passwordOwner(number), 'background'),
    verifiers.make(share.backup, backupOwner(number), 'background'),
    reveals.makeReveal(share.backup, number),
  ])
  return {
    serial,
    number,
    password,
    backup,
    reveal,
    revealable: await reveals.keepRevealable(reveal, share.password, number),
    share: await sealShare(runtime, bankKey, { payee: config.id, bank, batch, serial, number, amount }, share),
  }
}

function drawPassword(runtime: Runtime, digits: number, number: VoucherNumber): Secret {
  for (;;) {
    const drawn = randomDigits(runtime, digits)
    if (!isGuessable(drawn, [number])) return new Secret(drawn)
  }
}

/** Numbers that were never used. */
async function drawNumbers(shop: Shop, count: number): Promise<readonly VoucherNumber[]> {
  const numbers = new Set<VoucherNumber>()
  while (numbers.size < count) {
    const number = drawVoucherNumber(shop.runtime, shop.config.numbers)
    const known = await shop.store.read(tx =>
      tx.one('SELECT serial FROM voucher WHERE tenant = ? AND number = ?', shop.config.id, number),
    )
    if (known === undefined) numbers.add(number)
  }
  return [...numbers]
}

async function receivingKeyOf(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId): Promise<PublicKey> {
  const peer = (await pinnedPeers(tx, tenant)).find(({ institution }) => institution === bank)
  if (peer === undefined) throw new Error(`${bank} ordered vouchers and is not a pinned peer`)
  return peer.receiving
}
