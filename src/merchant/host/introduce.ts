/**
 * Making a payee known at every bank of the host, so that customers of each can pay it. Its own bank has asked for it; to each other
 * bank the host vouches for it by a letter, and says by another when it is paid no more. A bank that cannot be written to hears of both
 * when it can.
 */
import type { InstitutionId } from '../../ids.ts'
import { isClosedTo } from '../../mail/gate.ts'
import { writeLetter } from '../../mail/outbox.ts'
import { pinnings } from '../../mail/peers.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import { now, type Runtime } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { epochOf } from '../../store/tenants.ts'
import { grant } from '../ceiling.ts'
import { noteRecalls } from '../clearing/recall.ts'
import { openBooks } from '../open-shop.ts'
import { type HostedPayee, hostedPayees } from './hosted.ts'
import type { Payees } from './payees.ts'

interface Introducing {
  readonly host: InstitutionId
  readonly runtime: Runtime
  readonly payees: Payees
}

/** One payee, to every bank that can be written to. */
export async function introduceToAll(tx: Tx, introducing: Introducing, who: HostedPayee): Promise<void> {
  for (const { peer } of await pinnings(tx, introducing.host))
    if ((await mayIntroduce(tx, introducing.host, peer)) > 0) await introduce(tx, introducing, who, peer)
}

/** A bank that does not sell for this host refuses each: so many are introduced before it has taken any. */
const atFirst = 3

/** How many more may be. */
async function mayIntroduce(tx: ReadTx, host: InstitutionId, bank: InstitutionId): Promise<number> {
  const row = await tx.one<{ sells: bigint; told: bigint }>(
    `SELECT EXISTS (SELECT 1 FROM payee_bank WHERE tenant = ? AND bank = ? AND refused_at IS NULL) AS sells,
       (SELECT count(*) FROM (SELECT 1 FROM payee_bank WHERE tenant = ? AND bank = ? LIMIT ?)) AS told`,
    ...[host, bank, host, bank, BigInt(atFirst)],
  )
  return row?.sells === 1n ? Number.POSITIVE_INFINITY : atFirst - Number(row?.told ?? 0n)
}

/** To one bank; nothing is written where it knows the payee, or where that one is paid no more. */
export async function introduce(
  tx: Tx,
  { host, runtime, payees }: Introducing,
  { payee, number, bank: home, name, isClosed }: HostedPayee,
  bank: InstitutionId,
): Promise<void> {
  if (bank === home || isClosed || (await isClosedTo(tx, host, bank))) return
  const known = await tx.one<{ refused_at: bigint | null }>(
    'SELECT refused_at FROM payee_bank WHERE tenant = ? AND bank = ? AND payee = ?',
    ...[host, bank, payee],
  )
  if (known?.refused_at === null) return
  const body = { payee, number, bank: home, name }
  const letter = { from: host, to: bank, type: 'payee-introduced', body } as const
  const { epoch, sequence } = await writeLetter(tx, letter)
  // Sections of day-end files go by this stream, and may overtake the other. Whichever letter comes second changes nothing.
  await writeLetter(tx, { ...letter, stream: 'bulk' })
  await tx.run(
    `INSERT INTO payee_bank (tenant, bank, payee, letter_epoch, letter_sequence) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (tenant, bank, payee) DO UPDATE SET letter_epoch = excluded.letter_epoch,
       letter_sequence = excluded.letter_sequence, refused_at = NULL`,
    ...[host, bank, payee, epoch, sequence],
  )
  const { shop } = payees.opened(payee)
  await openBooks(tx, shop, now({ runtime }))
  // Books that went back may have lost files that this bank holds, too.
  if ((await epochOf(tx, host)) > 1n) await noteRecalls(tx, shop)
  await grant(tx, shop, bank)
}

/**
 * Of whom a bank is to be told yet: that they are paid, or that they are paid no more. Where it has refused all so far, one is tried
 * again, and whoever waits the longest for it comes first.
 */
export async function untold(tx: ReadTx, host: InstitutionId, bank: InstitutionId): Promise<readonly HostedPayee[]> {
  const rows = await tx.all<{ payee: InstitutionId; refused_at: bigint | null; closing_epoch: bigint | null }>(
    'SELECT payee, refused_at, closing_epoch FROM payee_bank WHERE tenant = ? AND bank = ?',
    ...[host, bank],
  )
  const known = new Map(rows.map(row => [row.payee, row]))
  const due = (await hostedPayees(tx, host)).filter(({ payee, bank: home, isClosed }) => {
    const told = known.get(payee)
    if (home === bank) return false
    if (isClosed) return told !== undefined && told.closing_epoch === null && told.refused_at === null
    return told === undefined || told.refused_at !== null
  })
  const refusedAt = ({ payee }: HostedPayee) => Number(known.get(payee)?.refused_at ?? 0n)
  const most = Math.max(1, await mayIntroduce(tx, host, bank))
  return due.sort((one, other) => refusedAt(one) - refusedAt(other)).slice(0, most)
}

/** A bank that does not sell for this host is asked again after the next start; one that does is told of everybody. */
export function introductionAnswers(introducing: Introducing): LetterHandler<'payee-introduced'> {
  const { host, runtime } = introducing
  return {
    answered: async (tx, bank, { epoch, sequence }, verdict) => {
      if (verdict.outcome === 'refused') {
        await tx.run(
          'UPDATE payee_bank SET refused_at = ? WHERE tenant = ? AND bank = ? AND letter_epoch = ? AND letter_sequence = ?',
          ...[BigInt(now({ runtime })), host, bank, epoch, sequence],
        )
        return
      }
      const sold = await tx.all(
        `SELECT payee FROM payee_bank WHERE tenant = ? AND bank = ? AND letter_epoch IS NOT NULL AND refused_at IS NULL LIMIT ?`,
        ...[host, bank, BigInt(atFirst + 1)],
      )
      if (sold.length > atFirst) return
      for (const who of await untold(tx, host, bank)) await introduce(tx, introducing, who, bank)
    },
  }
}

/** That it is paid no more, to each other bank that knows it and has not been told. */
export async function tellClosed(tx: Tx, host: InstitutionId, payee: InstitutionId): Promise<void> {
  const banks = await tx.all<{ bank: InstitutionId }>(
    `SELECT bank FROM payee_bank WHERE tenant = ? AND payee = ?
       AND letter_epoch IS NOT NULL AND refused_at IS NULL AND closing_epoch IS NULL ORDER BY bank`,
    ...[host, payee],
  )
  for (const { bank } of banks) {
    if (await isClosedTo(tx, host, bank)) continue
    const { epoch } = await writeLetter(tx, { from: host, to: bank, type: 'payee-closed', body: { payee } })
    await tx.run(
      'UPDATE payee_bank SET closing_epoch = ? WHERE tenant = ? AND bank = ? AND payee = ?',
      ...[epoch, host, bank, payee],
    )
  }
}
