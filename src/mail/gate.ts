/**
 * To which counterparties an institution is open. After a start it is closed to each until that one has said which head of
 * our change log it holds: books that went back in time must not write, sign or answer anything before they know it. A letter
 * that was numbered before would bear a number that the other end may have seen with another content, so none is written:
 * the books themselves say to whom we are closed, and whoever decides in a command looks there first.
 */
import type { InstitutionId } from '../ids.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'

/** For what arrives and leaves; the books have their own word for what is written. */
export class Gate {
  readonly #open = new Set<InstitutionId>()
  readonly #waiting = new Set<() => void>()
  readonly #isOpenToAll: boolean

  constructor(startsClosed: boolean) {
    this.#isOpenToAll = !startsClosed
  }

  isOpenTo(peer: InstitutionId): boolean {
    return this.#isOpenToAll || this.#open.has(peer)
  }

  open(peer: InstitutionId): void {
    this.#open.add(peer)
    for (const look of this.#waiting) look()
  }

  /** Resolves when it is open to all of `peers`. */
  async opened(peers: () => Iterable<InstitutionId>): Promise<void> {
    const areOpen = () => [...peers()].every(peer => this.isOpenTo(peer))
    if (areOpen()) return
    await new Promise<void>(resolve => {
      const look = () => {
        if (!areOpen()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
    })
  }
}

/** A letter to a counterparty that we are closed to. It is a fault: whoever writes one asks `isClosedTo` first, and says so. */
export class ClosedToPeer extends Error {
  constructor(peer: InstitutionId) {
    super(`a letter to ${peer}, which has not said yet what it holds of our books`)
    this.name = 'ClosedToPeer'
  }
}

/** At a start, before anything is written: to everybody who was pinned. */
export async function closeToAll(store: Store, tenant: InstitutionId): Promise<void> {
  const open = await store.read(tx =>
    tx.one('SELECT 1 AS found FROM clearing_peer WHERE tenant = ? AND closed = 0 LIMIT 1', tenant),
  )
  if (open === undefined) return
  await store.execute(tx => tx.run('UPDATE clearing_peer SET closed = 1 WHERE tenant = ?', tenant))
}

export async function noteOpen(tx: Tx, tenant: InstitutionId, peer: InstitutionId): Promise<void> {
  await tx.run('UPDATE clearing_peer SET closed = 0 WHERE tenant = ? AND peer = ?', tenant, peer)
}

/** Whether nothing may be written to it yet. */
export async function isClosedTo(tx: ReadTx, tenant: InstitutionId, peer: InstitutionId): Promise<boolean> {
  const row = await tx.one<{ closed: bigint }>(
    'SELECT closed FROM clearing_peer WHERE tenant = ? AND peer = ?',
    tenant,
    peer,
  )
  return row?.closed === 1n
}

/** Whether a letter to it would leave now: it is pinned, we are open to it, and it is not suspended. */
export async function isWithinReach(tx: ReadTx, tenant: InstitutionId, peer: InstitutionId): Promise<boolean> {
  const row = await tx.one<{ closed: bigint; suspended: bigint }>(
    'SELECT closed, suspended FROM clearing_peer WHERE tenant = ? AND peer = ?',
    tenant,
    peer,
  )
  return row !== undefined && row.closed === 0n && row.suspended === 0n
}
