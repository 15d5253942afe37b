/**
 * What moved on a chain's accounts since a checkpoint. Taken from the balances of now it must give what stood there at the
 * checkpoint, whose root was signed: so the balances are proved without one old entry being read. In memory are the accounts
 * that moved since, not those that there are.
 */
import type { ReadTx } from '../../store/store.ts'
import {
  accountRows,
  freeings,
  growsBy,
  nextRoot,
  openedRightly,
  orphans,
  outOfBounds,
  type RecountedStanding,
} from './accounts.ts'
import { zeroHash } from './chain.ts'
import type { ProvedChain } from './checkpoint.ts'
import type { Finding } from './finding.ts'
import type { EntryRow, EventRow, JournalPage } from './rows.ts'

/** The movement so far, and how far down and up it went on the way, with the rows at which it did. */
interface Moved {
  readonly now: RecountedStanding
  readonly lowest: { available: bigint; seq: bigint }
  readonly highest: { expected: bigint; seq: bigint }
}

export class SinceCheck {
  readonly findings: Finding[] = []
  readonly #tx: ReadTx
  readonly #from: ProvedChain
  readonly #moved = new Map<string, Moved>()
  /** The standing of now. */
  root = zeroHash

  constructor(tx: ReadTx, from: ProvedChain) {
    this.#tx = tx
    this.#from = from
  }

  async page({ events, entries }: JournalPage): Promise<void> {
    for (const event of events) await this.#visit(event, entries.get(event.seq) ?? [])
  }

  async #visit(event: EventRow, entries: readonly EntryRow[]): Promise<void> {
    const touched = new Map<string, Moved>()
    const of = (account: string): RecountedStanding => {
      const moved = this.#moved.get(account) ?? none()
      this.#moved.set(account, moved)
      touched.set(account, moved)
      return moved.now
    }
    for (const { account, side, minor } of entries) {
      const grows = growsBy(account, side)
      if (event.event === 'reserve') promise(of(account), grows, minor)
      else if (moves(event)) of(account).posted += grows ? minor : -minor
    }
    if (event.about !== null && moves(event)) {
      const reserved = await this.#tx.all<{ account: string; side: string; minor: bigint }>(
        `SELECT account, side, minor FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
         WHERE journal.chain = ? AND journal.id = ? AND event = 'reserve'`,
        event.chain,
        event.about,
      )
      const freed = await freeings(this.#tx, event.chain, event.about, reserved[0]?.minor ?? 0n)
      const minor = freed.find(({ seq }) => seq === event.seq)?.minor ?? 0n
      for (const { account, side } of reserved) promise(of(account), growsBy(account, side), -minor)
    }
    for (const { now, lowest, highest } of touched.values()) {
      if (now.posted - now.held < lowest.available)
        Object.assign(lowest, { available: now.posted - now.held, seq: event.seq })
      if (now.posted + now.incoming > highest.expected) {
        Object.assign(highest, { expected: now.posted + now.incoming, seq: event.seq })
      }
    }
  }

  async end(): Promise<void> {
    const { chain, seq, root } = this.#from
    let before = zeroHash
    const accounts = accountRows(this.#tx, chain)
    for (let account = await accounts.peek(); account !== undefined; account = await accounts.peek()) {
      accounts.take()
      this.findings.push(...openedRightly(account))
      const now = { posted: account.posted ?? 0n, held: account.held ?? 0n, incoming: account.incoming ?? 0n }
      this.root = nextRoot(this.root, account.id, now)
      const { now: change, lowest, highest } = this.#moved.get(account.id) ?? none()
      this.#moved.delete(account.id)
      const then = {
        posted: now.posted - change.posted,
        held: now.held - change.held,
        incoming: now.incoming - change.incoming,
      }
      if (account.opened_seq <= seq) before = nextRoot(before, account.id, then)
      else if (then.posted !== 0n || then.held !== 0n || then.incoming !== 0n) {
        const what = `opened since, and its entries do not add up to what stands there`
        this.findings.push({ kind: 'balance-cache', where: `${chain} ${account.id}`, what })
      }
      const low = { posted: then.posted - then.held + lowest.available, held: 0n, incoming: 0n }
      if (lowest.seq > 0n)
        this.findings.push(...outOfBounds({ ...account, ceiling: null }, low, `${chain} ${lowest.seq}`))
      const high = { posted: then.posted + then.incoming + highest.expected, held: 0n, incoming: 0n }
      if (highest.seq > 0n)
        this.findings.push(...outOfBounds({ ...account, floor: null }, high, `${chain} ${highest.seq}`))
    }
    for (const account of this.#moved.keys()) {
      this.findings.push({ kind: 'stray-entry', where: chain, what: `there is no account ${account}` })
    }
    if (before !== root) {
      const what = `the balances of now, less what moved since, are not what was proved at row ${seq}`
      this.findings.push({ kind: 'balance-cache', where: chain, what })
    }
    this.findings.push(...(await orphans(this.#tx, chain)))
  }
}

function none(): Moved {
  return {
    now: { posted: 0n, held: 0n, incoming: 0n },
    lowest: { available: 0n, seq: 0n },
    highest: { expected: 0n, seq: 0n },
  }
}

function promise(standing: RecountedStanding, grows: boolean, minor: bigint): void {
  if (grows) standing.incoming += minor
  else standing.held += minor
}

/** What accrues, and what is started of it, changes no balance and frees nothing. */
const moves = ({ event }: EventRow): boolean => event !== 'accrue' && event !== 'start'
