/**
 * Goes through the accounts one by one, each with all its entries in their order: what was opened is what stands there, no
 * event takes it out of its bounds, and the cached balance is what its entries add up to. Only one account is in memory.
 */
import { hash as digest } from 'node:crypto'
import type { ReadTx } from '../../store/store.ts'
import { put, zeroHash } from './chain.ts'
import type { Finding, FindingKind } from './finding.ts'
import { Rows, violations } from './rows.ts'

/** On which side an account grows, said once more: a chart changed by mistake would otherwise agree with itself. */
const growsByDebit = new Set([
  'vault',
  'due-from-bank',
  'write-off',
  'recovery-loss',
  'offline-loss',
  'settled',
  'paid-out',
  'clearing-fee',
  'collected-at-bank',
  'cash-at-bank',
  'custody',
])
const growsByCredit = new Set([
  'deposit',
  'float',
  'settlement',
  'sending-to-bank',
  'due-to-bank',
  'returning',
  'fee-income',
  'suspense',
  'voucher-liability',
  'revenue',
  'card-revenue',
  'client-cash',
  'client-shares',
  'unsettled-cash',
  'unsettled-shares',
  'house-cash',
  'house-shares',
  'paying-out',
])
const mayOverdraw = new Set(['suspense', 'recovery-loss'])

export type AccountRow = {
  chain: string
  id: string
  class: string
  asset: string
  scale: bigint
  floor: bigint | null
  ceiling: bigint | null
  opened_seq: bigint
  posted: bigint | null
  held: bigint | null
  incoming: bigint | null
  event: string | null
  reference: string | null
  facts: string | null
}

type MovementRow = {
  account: string
  seq: bigint
  line: bigint
  side: string
  minor: bigint
  asset: string
  scale: bigint
  event: string | null
  id: string | null
}

/** What stands on an account: posted, and what holds will take from it or bring to it. */
export interface RecountedStanding {
  posted: bigint
  held: bigint
  incoming: bigint
}

/** The accounts of a chain in the order of their ids, each with its balance and the event that opened it. */
export function accountRows(tx: ReadTx, chain: string): Rows<AccountRow> {
  return new Rows<AccountRow>((after, limit) =>
    tx.all<AccountRow>(
      `SELECT account.*, posted, held, incoming, event, reference, facts FROM account
       LEFT JOIN balance ON balance.chain = account.chain AND balance.account = account.id
       LEFT JOIN journal ON journal.chain = account.chain AND journal.seq = account.opened_seq
       WHERE account.chain = ? AND account.id > ? ORDER BY account.id LIMIT ?`,
      chain,
      after?.id ?? '',
      limit,
    ),
  )
}

export class AccountsCheck {
  readonly findings: Finding[] = []
  readonly #tx: ReadTx
  readonly #chain: string
  /** Of every account's standing, in the order of their ids: see `docs/ledger.md`. */
  root = zeroHash

  constructor(tx: ReadTx, chain: string) {
    this.#tx = tx
    this.#chain = chain
  }

  async end(): Promise<void> {
    const accounts = accountRows(this.#tx, this.#chain)
    const movements = this.#movements()
    for (let account = await accounts.peek(); account !== undefined; account = await accounts.peek()) {
      accounts.take()
      await this.#passStrangers(movements, account.id)
      this.findings.push(...openedRightly(account))
      const sum = await this.#sumOf(account, movements)
      this.#compare(account, sum)
      this.root = nextRoot(this.root, account.id, sum)
    }
    await this.#passStrangers(movements, undefined)
    this.findings.push(...(await orphans(this.#tx, this.#chain)))
  }

  #movements(): Rows<MovementRow> {
    // The index of entries by account ends with the rest of their key, so each page begins where the last one ended.
    return new Rows<MovementRow>((after, limit) =>
      this.#tx.all<MovementRow>(
        `SELECT account, entry.seq, line, side, minor, asset, scale, event, id
         FROM entry INDEXED BY entry_by_account LEFT JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
         WHERE entry.chain = ? AND (account, entry.seq, line) > (?, ?, ?) ORDER BY account, entry.seq, line LIMIT ?`,
        this.#chain,
        ...(after === undefined ? (['', 0n, 0n] as const) : ([after.account, after.seq, after.line] as const)),
        limit,
      ),
    )
  }

  /** Entries on accounts below `account` that are not there. */
  async #passStrangers(movements: Rows<MovementRow>, account: string | undefined): Promise<void> {
    for (let row = await movements.peek(); row !== undefined; row = await movements.peek()) {
      if (account !== undefined && row.account >= account) return
      movements.take()
      this.#find('stray-entry', `${this.#chain} ${row.seq}`, `there is no account ${row.account}`)
    }
  }

  async #sumOf(account: AccountRow, movements: Rows<MovementRow>): Promise<RecountedStanding> {
    const sum: RecountedStanding = { posted: 0n, held: 0n, incoming: 0n }
    const freed: { readonly seq: bigint; readonly minor: bigint; readonly grows: boolean }[] = []
    const free = (until: bigint) => {
      for (let next = freed[0]; next !== undefined && next.seq <= until; next = freed[0]) {
        freed.shift()
        if (next.grows) sum.incoming -= next.minor
        else sum.held -= next.minor
      }
    }
    for (let row = await movements.peek(); row?.account === account.id; row = await movements.peek()) {
      movements.take()
      if (row.asset !== account.asset || row.scale !== account.scale) {
        const what = `${row.asset} on ${row.account}, which is in ${account.asset}`
        this.#find('stray-entry', `${this.#chain} ${row.seq}`, what)
      }
      const grows = growsBy(row.account, row.side)
      free(row.seq)
      if (row.event === 'reserve') {
        if (grows) sum.incoming += row.minor
        else sum.held += row.minor
        for (const { seq, minor } of await freeings(this.#tx, this.#chain, row.id ?? '', row.minor)) {
          freed.push({ seq, minor, grows })
        }
        freed.sort((a, b) => (a.seq < b.seq ? -1 : a.seq > b.seq ? 1 : 0))
      } else if (row.event !== null && row.event !== 'accrue' && row.event !== 'start')
        sum.posted += grows ? row.minor : -row.minor
      // Bounds hold once the whole event is in.
      const next = await movements.peek()
      if (next?.seq !== row.seq || next.account !== row.account) {
        this.findings.push(...outOfBounds(account, sum, `${this.#chain} ${row.seq}`))
      }
    }
    free(2n ** 63n)
    return sum
  }

  #compare(account: AccountRow, sum: RecountedStanding): void {
    const where = `${this.#chain} ${account.id}`
    const { posted, held, incoming } = account
    if (posted === null) this.#find('balance-cache', where, 'it has no balance row')
    else if (posted !== sum.posted || held !== sum.held || incoming !== sum.incoming) {
      const says = `${posted} posted, ${held} held, ${incoming} incoming`
      this.#find('balance-cache', where, `${says}; the entries say ${sum.posted}, ${sum.held}, ${sum.incoming}`)
    }
  }

  #find(kind: FindingKind, where: string, what: string): void {
    this.findings.push({ kind, where, what })
  }
}

/** By how much each event of a hold's life lessens what it holds, in the order of the events. */
export async function freeings(
  tx: ReadTx,
  chain: string,
  hold: string,
  minor: bigint,
): Promise<{ readonly seq: bigint; readonly minor: bigint }[]> {
  const events = await tx.all<{ seq: bigint; event: string; minor: bigint | null }>(
    `SELECT journal.seq, event, minor FROM journal
     LEFT JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND line = 1
     WHERE journal.chain = ? AND about = ? AND event NOT IN ('accrue', 'start') ORDER BY journal.seq`,
    chain,
    hold,
  )
  let left = minor
  return events.map(({ seq, event, minor: captured }) => {
    const freed = event === 'capture-part' ? (captured ?? 0n) : left
    left -= freed
    return { seq, minor: freed }
  })
}

export function growsBy(account: string, side: string): boolean {
  return (side === 'debit') === growsByDebit.has(account.split(':', 1)[0] ?? '')
}

export function outOfBounds({ id, floor, ceiling }: AccountRow, sum: RecountedStanding, where: string): Finding[] {
  const findings: Finding[] = []
  if (floor !== null && sum.posted - sum.held < floor) {
    findings.push({ kind: 'out-of-bounds', where, what: `${id} falls to ${sum.posted - sum.held}` })
  }
  if (ceiling !== null && sum.posted + sum.incoming > ceiling) {
    findings.push({ kind: 'out-of-bounds', where, what: `${id} rises to ${sum.posted + sum.incoming}` })
  }
  return findings
}

/** Whether an account is what its own event of the journal opened. */
export function openedRightly(account: AccountRow): Finding[] {
  const { chain, id, event, reference, facts } = account
  const findings: Finding[] = []
  const find = (what: string) => findings.push({ kind: 'account-altered', where: `${chain} ${id}`, what })
  if (event !== 'open' || reference !== id) find(`no event opened ${id}`)
  const whole = (value: bigint | null) => (value === null ? 'null' : `{"$int":"${value}"}`)
  const said = `{"account":"${id}","asset":"${account.asset}","ceiling":${whole(account.ceiling)},"class":"${account.class}","floor":${whole(account.floor)},"scale":${account.scale}}`
  if (event === 'open' && said !== facts) find(`${id} is not what was opened`)
  const kind = id.split(':', 1)[0] ?? ''
  if (kind !== account.class || (!growsByDebit.has(kind) && !growsByCredit.has(kind))) {
    find(`${id} is called a ${account.class}`)
  }
  if ((account.floor === null) !== mayOverdraw.has(kind)) find(`${id} has floor ${account.floor}`)
  return findings
}

/** Balances of no account, and accounts that were opened and are gone. */
export async function orphans(tx: ReadTx, chain: string): Promise<Finding[]> {
  const balances = await violations(
    tx,
    `SELECT account AS place, 'a balance of no account' AS what FROM balance
     WHERE chain = ? AND NOT EXISTS (SELECT 1 FROM account WHERE account.chain = balance.chain AND id = balance.account)`,
    chain,
  )
  const opened = await violations(
    tx,
    `SELECT reference AS place, 'it was opened, and is gone' AS what FROM journal
     WHERE chain = ? AND event = 'open' AND NOT EXISTS (SELECT 1 FROM account
       WHERE account.chain = journal.chain AND id = journal.reference AND opened_seq = journal.seq)`,
    chain,
  )
  return [
    ...balances.map(({ place, what }): Finding => ({ kind: 'balance-cache', where: `${chain} ${place}`, what })),
    ...opened.map(({ place, what }): Finding => ({ kind: 'account-altered', where: `${chain} ${place}`, what })),
  ]
}

/** The root after one more account: SHA-256 over the root before it and the account's standing. */
export function nextRoot(root: string, account: string, { posted, held, incoming }: RecountedStanding): string {
  return digest('sha256', put(root) + put(account) + put(posted) + put(held) + put(incoming), 'hex')
}
