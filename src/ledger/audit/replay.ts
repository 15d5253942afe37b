/**
 * Plays the journal again from its first row and compares: every event must balance and be possible, no account may leave
 * its bounds at any moment, and the caches must be what the events add up to.
 */
import type { Finding, FindingKind } from './finding.ts'
import type { AccountRow, Books, EntryRow, EventRow } from './rows.ts'

/** On which side an account grows, said once more: a chart changed by mistake would otherwise agree with itself. */
const growsByDebit = new Set(['vault', 'due-from-bank', 'write-off', 'offline-loss'])
const growsByCredit = new Set([
  'deposit',
  'float',
  'settlement',
  'due-to-bank',
  'fee-income',
  'suspense',
  'voucher-liability',
  'revenue',
])
const mayOverdraw = new Set(['suspense'])

interface Sum {
  posted: bigint
  held: bigint
  incoming: bigint
}

interface Promised {
  debit: string
  credit: string
  minor: bigint
  asset: string
  scale: bigint
  expiresAt: bigint
  state: string
  captured: bigint
}

class Replay {
  readonly findings: Finding[] = []
  readonly #accounts = new Map<string, AccountRow>()
  readonly #opened = new Set<string>()
  readonly #sums = new Map<string, Sum>()
  readonly #promised = new Map<string, Promised>()

  constructor(accounts: readonly AccountRow[]) {
    for (const account of accounts) {
      this.#accounts.set(`${account.chain} ${account.id}`, account)
      this.#sums.set(`${account.chain} ${account.id}`, { posted: 0n, held: 0n, incoming: 0n })
    }
  }

  apply(event: EventRow, entries: readonly EntryRow[]): void {
    const where = `${event.chain} ${event.seq}`
    this.#checkEntries(where, event, entries)
    if (event.event === 'open') this.#open(where, event)
    else if (event.event === 'post') this.#move(where, entries)
    else if (event.event === 'reserve') this.#reserve(where, event, entries)
    else this.#end(where, event, entries)
  }

  compare(books: Books): void {
    for (const [name, account] of this.#accounts) {
      if (!this.#opened.has(name)) this.#find('account-altered', name, `no event opened ${account.id}`)
    }
    const cached = new Map(books.balances.map(row => [`${row.chain} ${row.account}`, row]))
    for (const [name, sum] of this.#sums) {
      const row = cached.get(name)
      cached.delete(name)
      if (row === undefined) this.#find('balance-cache', name, 'it has no balance row')
      else if (row.posted !== sum.posted || row.held !== sum.held || row.incoming !== sum.incoming) {
        const says = `${row.posted} posted, ${row.held} held, ${row.incoming} incoming`
        this.#find('balance-cache', name, `${says}; the entries say ${sum.posted}, ${sum.held}, ${sum.incoming}`)
      }
    }
    for (const name of cached.keys()) this.#find('balance-cache', name, 'a balance of no account')
    this.#compareReservations(books)
  }

  #compareReservations(books: Books): void {
    const cached = new Map(books.reservations.map(row => [`${row.chain} ${row.id}`, row]))
    for (const [name, promised] of this.#promised) {
      const row = cached.get(name)
      cached.delete(name)
      const same =
        row !== undefined &&
        row.debit === promised.debit &&
        row.credit === promised.credit &&
        row.minor === promised.minor &&
        row.asset === promised.asset &&
        row.scale === promised.scale &&
        row.expires_at === promised.expiresAt &&
        row.state === promised.state &&
        row.captured === promised.captured
      if (!same) this.#find('reservation-cache', name, `the events made it ${promised.state}, the cache differs`)
    }
    for (const name of cached.keys()) this.#find('reservation-cache', name, 'no event made this reservation')
  }

  #checkEntries(where: string, event: EventRow, entries: readonly EntryRow[]): void {
    const perUnit = new Map<string, bigint>()
    for (const entry of entries) {
      const account = this.#accounts.get(`${entry.chain} ${entry.account}`)
      if (account === undefined) this.#find('stray-entry', where, `there is no account ${entry.account}`)
      else if (account.asset !== entry.asset || account.scale !== entry.scale) {
        this.#find('stray-entry', where, `${entry.asset} on ${entry.account}, which is in ${account.asset}`)
      }
      if (entry.minor <= 0n) this.#find('stray-entry', where, `an amount of ${entry.minor}`)
      const unit = `${entry.asset}/${entry.scale}`
      perUnit.set(unit, (perUnit.get(unit) ?? 0n) + (entry.side === 'debit' ? entry.minor : -entry.minor))
    }
    for (const [unit, rest] of perUnit) {
      if (rest !== 0n) this.#find('unbalanced', where, `debits and credits of ${unit} differ by ${rest}`)
    }
    const moves = event.event === 'post' || event.event === 'reserve' || event.event === 'capture'
    if (moves !== entries.length > 0) {
      this.#find('impossible-event', where, `a ${event.event} with ${entries.length} entries`)
    }
  }

  #open(where: string, event: EventRow): void {
    const account = this.#accounts.get(`${event.chain} ${event.reference}`)
    if (account === undefined) {
      this.#find('account-altered', where, `${event.reference} was opened and is gone`)
      return
    }
    this.#opened.add(`${account.chain} ${account.id}`)
    const whole = (value: bigint | null) => (value === null ? 'null' : `{"$int":"${value}"}`)
    const facts = `{"account":"${account.id}","asset":"${account.asset}","ceiling":${whole(account.ceiling)},"class":"${account.class}","floor":${whole(account.floor)},"scale":${account.scale}}`
    if (facts !== event.facts || account.opened_seq !== event.seq) {
      this.#find('account-altered', where, `${account.id} is not what was opened`)
    }
    const kind = account.id.split(':')[0] ?? ''
    if (kind !== account.class || (!growsByDebit.has(kind) && !growsByCredit.has(kind))) {
      this.#find('account-altered', where, `${account.id} is called a ${account.class}`)
    }
    if ((account.floor === null) !== mayOverdraw.has(kind)) {
      this.#find('account-altered', where, `${account.id} has floor ${account.floor}`)
    }
  }

  /** Moves what is posted; growth is by the account's kind. Bounds hold once the whole event is in. */
  #move(where: string, entries: readonly EntryRow[]): void {
    const changed = new Set<string>()
    for (const entry of entries) {
      const name = `${entry.chain} ${entry.account}`
      const sum = this.#sums.get(name)
      if (sum === undefined) continue
      sum.posted += grows(entry) ? entry.minor : -entry.minor
      changed.add(name)
    }
    this.#checkBounds(where, changed)
  }

  #reserve(where: string, event: EventRow, entries: readonly EntryRow[]): void {
    const [from, to, ...more] = entries
    if (from?.side !== 'debit' || to?.side !== 'credit' || more.length > 0 || event.expires_at === null) {
      this.#find('impossible-event', where, 'a reservation is one debit, one credit and an end')
      return
    }
    const { minor, asset, scale } = from
    const promised = { minor, asset, scale, expiresAt: event.expires_at, state: 'open', captured: 0n }
    this.#promised.set(`${event.chain} ${event.id}`, { debit: from.account, credit: to.account, ...promised })
    this.#hold(where, event.chain, from.account, to.account, minor)
  }

  #end(where: string, event: EventRow, entries: readonly EntryRow[]): void {
    const name = `${event.chain} ${event.about}`
    const promised = this.#promised.get(name)
    if (promised?.state === 'open') this.#hold(where, event.chain, promised.debit, promised.credit, -promised.minor)
    // Whatever was captured has been posted, possible or not.
    if (event.event === 'capture') this.#move(where, entries)
    if (promised?.state !== 'open') {
      this.#find('impossible-event', where, `${event.event} of a reservation that is ${promised?.state ?? 'not there'}`)
      return
    }
    const isLate = event.at >= promised.expiresAt
    if (event.event === 'expire' && !isLate) this.#find('impossible-event', where, 'it expired before its time')
    if (event.event === 'capture') {
      const [from, to, ...more] = entries
      const fits =
        from?.account === promised.debit &&
        from.side === 'debit' &&
        to?.account === promised.credit &&
        to.side === 'credit'
      const minor = from?.minor ?? 0n
      if (!fits || more.length > 0 || minor > promised.minor || isLate) {
        this.#find('impossible-event', where, `it captures ${minor} of ${promised.minor}, otherwise than was reserved`)
      }
      promised.captured = minor
    }
    promised.state = { capture: 'captured', release: 'released', expire: 'expired' }[event.event] ?? event.event
  }

  /** What shrinks its account is held; what lets it grow is incoming. */
  #hold(where: string, chain: string, debited: string, credited: string, minor: bigint): void {
    const changed = new Set<string>()
    for (const [account, isDebit] of [
      [debited, true],
      [credited, false],
    ] as const) {
      const sum = this.#sums.get(`${chain} ${account}`)
      if (sum === undefined) continue
      if (isDebit === growsByDebit.has(account.split(':')[0] ?? '')) sum.incoming += minor
      else sum.held += minor
      changed.add(`${chain} ${account}`)
    }
    if (minor > 0n) this.#checkBounds(where, changed)
  }

  #checkBounds(where: string, names: ReadonlySet<string>): void {
    for (const name of names) {
      const account = this.#accounts.get(name)
      const sum = this.#sums.get(name)
      if (account === undefined || sum === undefined) continue
      if (account.floor !== null && sum.posted - sum.held < account.floor) {
        this.#find('out-of-bounds', where, `${account.id} falls to ${sum.posted - sum.held}`)
      }
      if (account.ceiling !== null && sum.posted + sum.incoming > account.ceiling) {
        this.#find('out-of-bounds', where, `${account.id} rises to ${sum.posted + sum.incoming}`)
      }
    }
  }

  #find(kind: FindingKind, where: string, what: string): void {
    this.findings.push({ kind, where, what })
  }
}

function grows(entry: EntryRow): boolean {
  return (entry.side === 'debit') === growsByDebit.has(entry.account.split(':')[0] ?? '')
}

export function replay(books: Books): Finding[] {
  const entriesOf = new Map<string, EntryRow[]>()
  const known = new Set(books.events.map(event => `${event.chain} ${event.seq}`))
  const played = new Replay(books.accounts)
  for (const entry of books.entries) {
    const place = `${entry.chain} ${entry.seq}`
    if (!known.has(place)) {
      played.findings.push({ kind: 'stray-entry', where: place, what: `line ${entry.line} belongs to no event` })
    }
    const list = entriesOf.get(place)
    if (list === undefined) entriesOf.set(place, [entry])
    else list.push(entry)
  }
  for (const event of books.events) played.apply(event, entriesOf.get(`${event.chain} ${event.seq}`) ?? [])
  played.compare(books)
  return played.findings
}
