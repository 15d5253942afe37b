/**
 * What a bank tells the payee of a voucher that it sold: that its buyer has lost it, so that nothing opens it any more; and
 * that its holder's identity was shown at a branch, so that the backup password unlocks it again. A notice is the bank's word
 * about one sale, once; the payee takes it from nobody else.
 */
import { z } from 'zod'
import { type AccountNumber, type InstitutionId, type VoucherNumber, voucherNumberShape } from '../ids.ts'
import { type Carried, type Kind, onFacts } from '../institution/decisions.ts'
import { signedFacts } from '../institution/signed-facts.ts'
import { isClosedTo } from '../mail/gate.ts'
import type { Letter } from '../mail/messages.ts'
import type { Place } from '../mail/streams.ts'
import type { Migration } from '../store/migrations.ts'
import type { Tx } from '../store/store.ts'
import type { Blocking } from './bank.ts'
import type { Branch } from './branch.ts'
import { peerOf, writeToPayee } from './private/letters.ts'

export const noticeMigrations: readonly Migration[] = [
  {
    room: 'bank-notices',
    number: 1,
    sql: `
      CREATE TABLE voucher_notice (
        tenant TEXT NOT NULL,
        -- To whom the letter went: the payee or, of a hosted one, its host.
        payee TEXT NOT NULL,
        letter_epoch INTEGER NOT NULL,
        letter_sequence INTEGER NOT NULL,
        sale TEXT NOT NULL,
        says TEXT NOT NULL CHECK (says IN ('lost', 'identity shown')),
        -- The decision of two people who have seen an identity card.
        decision TEXT,
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, payee, letter_epoch, letter_sequence),
        FOREIGN KEY (tenant, payee, letter_epoch, letter_sequence)
          REFERENCES clearing_outbox (tenant, peer, epoch, sequence),
        FOREIGN KEY (tenant, sale) REFERENCES sale (tenant, id),
        CHECK ((says = 'lost') = (decision IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX voucher_notice_of_sale ON voucher_notice (tenant, sale, at);
      CREATE TRIGGER voucher_notice_is_never_changed BEFORE UPDATE ON voucher_notice
        BEGIN SELECT RAISE(ABORT, 'a notice stands for ever'); END;
      CREATE TRIGGER voucher_notice_is_never_forgotten BEFORE DELETE ON voucher_notice
        BEGIN SELECT RAISE(ABORT, 'a notice stands for ever'); END`,
  },
  {
    room: 'bank-notices',
    number: 2,
    sql: `
      -- Lost, while nothing could be written to who keeps its voucher: told once that can be.
      CREATE TABLE lost_unheard (
        tenant TEXT NOT NULL,
        sale TEXT NOT NULL,
        at INTEGER NOT NULL,
        -- Of the letter that told it.
        letter_epoch INTEGER,
        letter_sequence INTEGER,
        PRIMARY KEY (tenant, sale, at),
        FOREIGN KEY (tenant, sale) REFERENCES sale (tenant, id),
        CHECK ((letter_epoch IS NULL) = (letter_sequence IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX lost_unheard_waiting ON lost_unheard (tenant, sale) WHERE letter_epoch IS NULL;
      CREATE TRIGGER lost_unheard_stands_for_ever BEFORE DELETE ON lost_unheard
        BEGIN SELECT RAISE(ABORT, 'what was lost stands for ever'); END`,
  },
  {
    room: 'bank-notices',
    number: 3,
    sql: `
      -- The letters' order tells which notice of a sale is the last one: a clock may have been set back between two.
      DROP INDEX voucher_notice_of_sale;
      CREATE INDEX voucher_notice_of_sale ON voucher_notice (tenant, sale, letter_epoch, letter_sequence)`,
  },
]

/** In SQL, of a row of `sale`: its buyer has lost it, and its payee is yet to hear. */
const isUnheard = `EXISTS (SELECT 1 FROM lost_unheard AS lost
  WHERE lost.tenant = sale.tenant AND lost.sale = sale.id AND lost.letter_epoch IS NULL)`

/** In SQL, of a row of `sale`: 1 when its buyer has lost it and nobody has shown an identity card since. */
export const isLost = `(${isUnheard} OR coalesce((SELECT says = 'lost' FROM voucher_notice AS notice
  WHERE notice.tenant = sale.tenant AND notice.sale = sale.id
  ORDER BY letter_epoch DESC, letter_sequence DESC LIMIT 1), 0))`

type Books = Pick<Branch, 'config' | 'privatePayees'>

type Sold = { readonly id: string; readonly payee: InstitutionId; readonly number: VoucherNumber }

const soldRows = `
  SELECT sale.id, sale.payee, stock.number
  FROM sale JOIN stock ON stock.tenant = sale.tenant AND stock.payee = sale.payee
    AND stock.batch = sale.batch AND stock.serial = sale.serial
  WHERE sale.tenant = ?`

/**
 * Every voucher that the account has bought and not blocked before. What has ended its payee knows, and leaves as it is. A payee that
 * nothing can be written to yet is told once that is possible (`tellLosses`).
 */
export async function blockVouchers(tx: Tx, branch: Branch, buyer: AccountNumber, at: number): Promise<Blocking> {
  const { id: tenant } = branch.config
  const rows = await tx.all<Sold>(`${soldRows} AND buyer = ? AND NOT ${isLost} ORDER BY posting`, tenant, buyer)
  let unheard = 0
  for (const sold of rows) {
    if (await isClosedTo(tx, tenant, peerOf(branch, sold.payee))) {
      unheard++
      await tx.run(
        // Lost twice at one instant of a clock that was set back, it is one loss after the other.
        `INSERT INTO lost_unheard (tenant, sale, at)
         SELECT ?, ?, max(?, coalesce(max(at) + 1, 0)) FROM lost_unheard WHERE tenant = ? AND sale = ?`,
        ...[tenant, sold.id, BigInt(at), tenant, sold.id],
      )
    } else await tellLost(tx, branch, sold, at)
  }
  if (rows.length === 0) return { outcome: 'nothing-to-block' }
  return { outcome: unheard > 0 ? 'blocked-once-in-reach' : 'blocked' }
}

function tellLost(tx: Tx, branch: Books, sold: Sold, at: number): Promise<Place> {
  const { id: sale, number, payee } = sold
  const letter = { to: payee, type: 'voucher-lost', body: { sale, number } } as const
  return writeNotice(tx, branch, sold, letter, { says: 'lost', decision: null, at })
}

/** Tells a payee, or the host of several, of what was lost while it was out of reach: no voucher twice, in the order in which they were sold. */
export async function tellLosses(tx: Tx, branch: Books, peer: InstitutionId): Promise<void> {
  const { id: tenant } = branch.config
  if (await isClosedTo(tx, tenant, peer)) return
  const rows = await tx.all<Sold & { at: bigint }>(
    `SELECT lost.sale AS id, lost.at, sale.payee, stock.number FROM lost_unheard AS lost
     JOIN sale ON sale.tenant = lost.tenant AND sale.id = lost.sale
     JOIN stock ON stock.tenant = sale.tenant AND stock.payee = sale.payee
       AND stock.batch = sale.batch AND stock.serial = sale.serial
     WHERE lost.tenant = ? AND lost.letter_epoch IS NULL ORDER BY posting`,
    tenant,
  )
  for (const { at, ...sold } of rows) {
    if (peerOf(branch, sold.payee) !== peer) continue
    const { epoch, sequence } = await tellLost(tx, branch, sold, Number(at))
    await tx.run(
      `UPDATE lost_unheard SET letter_epoch = ?, letter_sequence = ? WHERE tenant = ? AND sale = ? AND letter_epoch IS NULL`,
      ...[epoch, sequence, tenant, sold.id],
    )
  }
}

const clearShape = z.strictObject({ voucher: voucherNumberShape, facts: signedFacts })

/** `clear-voucher`. Lost again since it was proposed, it is another loss that nobody has shown an identity card for. */
export function clearingDecision(branch: Branch): Kind {
  return onFacts({
    roles: ['teller', 'officer'],
    shape: clearShape,
    facts: async (tx, request) => {
      const { voucher } = clearShape.parse(request)
      const sold = await tx.one<Sold>(`${soldRows} AND stock.number = ?`, branch.config.id, voucher)
      if (sold === undefined) return undefined
      const lost = await tx.one<{ times: bigint }>(
        `SELECT (SELECT count(*) FROM voucher_notice WHERE tenant = ? AND sale = ? AND says = 'lost')
           + (SELECT count(*) FROM lost_unheard WHERE tenant = ? AND sale = ? AND letter_epoch IS NULL) AS times`,
        ...[branch.config.id, sold.id, branch.config.id, sold.id],
      )
      return { payee: sold.payee, timesLost: lost?.times ?? 0n }
    },
    carryOut: (tx, approved, at) => clearVoucher(tx, branch, approved, at),
    afterwards: async () => branch.mail.wake(),
  })
}

/** Two people have seen the identity card of the account's holder who bought it. */
async function clearVoucher(
  tx: Tx,
  branch: Branch,
  { request, digest }: { readonly request: unknown; readonly digest: string },
  at: number,
): Promise<Carried> {
  const { voucher } = clearShape.parse(request)
  const sold = await tx.one<Sold>(`${soldRows} AND stock.number = ?`, branch.config.id, voucher)
  if (sold === undefined) return { done: false, outcome: 'not-sold-here' }
  const { id: sale, number, payee } = sold
  const peer = peerOf(branch, payee)
  if (await isClosedTo(tx, branch.config.id, peer)) return { done: false, outcome: 'payee-out-of-reach' }
  // What was lost before must not be heard after.
  await tellLosses(tx, branch, peer)
  const letter = { to: payee, type: 'voucher-cleared', body: { clearance: digest, sale, number } } as const
  await writeNotice(tx, branch, sold, letter, { says: 'identity shown', decision: digest, at })
  return { done: true, outcome: 'cleared' }
}

interface Notice {
  readonly says: 'lost' | 'identity shown'
  readonly decision: string | null
  readonly at: number
}

type NoticeLetter = {
  [T in 'voucher-lost' | 'voucher-cleared']: {
    readonly to: InstitutionId
    readonly type: T
    readonly body: Letter<T>
  }
}['voucher-lost' | 'voucher-cleared']

/** The letter, and what is kept of it. Whoever calls has asked whether anything may be written. */
async function writeNotice(
  tx: Tx,
  branch: Books,
  { id, payee }: Sold,
  letter: NoticeLetter,
  { says, decision, at }: Notice,
): Promise<Place> {
  const place = await writeToPayee(tx, branch, letter)
  await tx.run(
    `INSERT INTO voucher_notice (tenant, payee, letter_epoch, letter_sequence, sale, says, decision, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[branch.config.id, peerOf(branch, payee), place.epoch, place.sequence, id, says, decision, BigInt(at)],
  )
  return place
}
