/**
 * Whether a peer's heads contradict each other, over all its epochs: a row keeps its hash for ever, unless the peer has
 * announced an epoch that starts below it, and says thereby that the row is lost.
 */
import { toHex } from '../bytes.ts'
import type { InstitutionId } from '../ids.ts'
import type { ReadTx } from '../store/store.ts'
import { logChain } from './own-letters.ts'

/** One chain of a peer whose heads we hold; `logChain` is its change log. */
export interface HeldChain {
  readonly tenant: InstitutionId
  readonly peer: InstitutionId
  readonly chain: string
}

export interface PlacedHead {
  readonly epoch: bigint
  readonly seq: bigint
  readonly hash: string
}

/** What a head of a peer contradicts, in words; undefined when it fits all that is held and announced. */
export async function contradiction(tx: ReadTx, held: HeldChain, head: PlacedHead): Promise<string | undefined> {
  const two = `two hashes for row ${head.seq} of ${nameOf(held.chain)}`
  const differs = async (epoch: bigint) =>
    (await heldHashes(tx, held, epoch, head.seq)).some(hash => hash !== head.hash)
  if (await differs(head.epoch)) return two
  const starts = await tx.all<{ epoch: bigint; seq: bigint; hash: string }>(
    `SELECT epoch, seq, hash FROM clearing_epoch_start
     WHERE tenant = ? AND peer = ? AND chain = ? AND epoch <= ? ORDER BY epoch DESC`,
    held.tenant,
    held.peer,
    held.chain,
    head.epoch,
  )
  const [own] = starts
  if (own?.epoch === head.epoch && head.seq < own.seq)
    return `row ${head.seq} is before row ${own.seq}, at which epoch ${own.epoch} was announced to start`
  const first = await firstEpoch(tx, held)
  let epoch = head.epoch
  while (first !== undefined && epoch > first) {
    const start = starts.find(each => each.epoch === epoch)
    // Above an announced start nothing earlier stands.
    if (start !== undefined && head.seq > start.seq) return undefined
    if (start?.seq === head.seq && start.hash !== head.hash) return two
    epoch--
    if (await differs(epoch)) return two
  }
  return undefined
}

export function nameOf(chain: string): string {
  return chain === logChain ? 'the change log' : `chain ${chain}`
}

/**
 * A condition on a row of heads that says that its peer should still have what it signed: no epoch of it was announced that
 * starts below. `table` is one of `clearing_head` and `clearing_log_head`, whose chain and row go by these names.
 */
export function stillStands(table: string, names: { readonly chain: string; readonly seq: string }): string {
  return `NOT EXISTS (SELECT 1 FROM clearing_epoch_start AS start
    WHERE start.tenant = ${table}.tenant AND start.peer = ${table}.peer AND start.chain = ${names.chain}
      AND start.epoch > ${table}.epoch AND start.seq < ${table}.${names.seq})`
}

/** The hashes that are held of a row in an epoch, in hexadecimal. */
export async function heldHashes(
  tx: ReadTx,
  { tenant, peer, chain }: HeldChain,
  epoch: bigint,
  seq: bigint,
): Promise<readonly string[]> {
  if (chain === logChain) {
    const rows = await tx.all<{ hash: Uint8Array }>(
      'SELECT hash FROM clearing_log_head WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ?',
      ...[tenant, peer, epoch, seq],
    )
    return rows.map(({ hash }) => toHex(hash))
  }
  const rows = await tx.all<{ hash: string }>(
    'SELECT hash FROM clearing_head WHERE tenant = ? AND peer = ? AND epoch = ? AND chain = ? AND seq = ?',
    ...[tenant, peer, epoch, chain, seq],
  )
  return rows.map(({ hash }) => hash)
}

/** The highest row of which a head is held, of the epochs before `before`. */
export async function highestHeld(
  tx: ReadTx,
  { tenant, peer, chain }: HeldChain,
  before: bigint,
): Promise<bigint | undefined> {
  const row =
    chain === logChain
      ? await tx.one<{ seq: bigint | null }>(
          'SELECT max(sequence) AS seq FROM clearing_log_head WHERE tenant = ? AND peer = ? AND epoch < ?',
          ...[tenant, peer, before],
        )
      : await tx.one<{ seq: bigint | null }>(
          'SELECT max(seq) AS seq FROM clearing_head WHERE tenant = ? AND peer = ? AND epoch < ? AND chain = ?',
          ...[tenant, peer, before, chain],
        )
  return row?.seq ?? undefined
}

async function firstEpoch(tx: ReadTx, { tenant, peer, chain }: HeldChain): Promise<bigint | undefined> {
  const table = chain === logChain ? 'clearing_log_head' : 'clearing_head'
  const row = await tx.one<{ epoch: bigint | null }>(
    `SELECT min(epoch) AS epoch FROM ${table} WHERE tenant = ? AND peer = ?`,
    tenant,
    peer,
  )
  return row?.epoch ?? undefined
}
