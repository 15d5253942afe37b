/**
 * Old databases put back: by `restore` from the shipped log, by hand, or as a machine's snapshot takes back books and keys
 * together. The institution has to find out by itself; its callers wait for two people where anything is lost.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { bankTables } from '../../../src/bank/tables.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import { losses } from '../../../src/institution/gap.ts'
import { merchantTables } from '../../../src/merchant/start.ts'
import { Follower } from '../../../src/store/backup/follower.ts'
import { restoreBooks } from '../../../src/store/backup/restore.ts'
import { Database } from '../../../src/store/driver.ts'
import { transientTables } from '../../../src/store/migrations.ts'
import type { Disks } from '../../support/network/house.ts'
import type { FrozenNetwork, Network } from '../../support/network/network.ts'
import type { Chance } from './chances.ts'
import type { AnyHouse, Lives } from './lives.ts'
import type { Told } from './told.ts'

const ways = ['restore', 'by hand', 'snapshot'] as const
export type Way = (typeof ways)[number]

/** An institution's disks at a moment of what callers were told. */
interface Copy {
  readonly disks: Disks
  readonly at: number
}

/** Takes copies as time passes, and puts them back. */
export class PutBack {
  readonly #network: Network
  readonly #lives: Lives
  readonly #told: Told
  readonly #copies = new Map<InstitutionId, Copy[]>()
  /** Their log begins at a checkpoint. */
  readonly restored = new Set<InstitutionId>()
  /** What happened, for whoever looks into a failure. */
  readonly done: string[] = []

  constructor(network: Network, beginning: FrozenNetwork, lives: Lives, told: Told) {
    this.#network = network
    this.#lives = lives
    this.#told = told
    for (const [id, disks] of beginning.disks) this.#copies.set(id, [{ disks, at: 0 }])
  }

  async copyOne(chance: Chance): Promise<void> {
    const house = chance.among<AnyHouse>(this.#network.houses)
    const at = this.#told.now
    const disks = await house.copy().catch(() => undefined)
    // What is told while the copy is taken may be in it or not: it counts as told after it.
    if (disks !== undefined) this.#copiesOf(house).push({ disks, at })
  }

  async putOneBack(chance: Chance): Promise<void> {
    const house = chance.among<AnyHouse>(this.#network.houses)
    const drawn = chance.among(ways)
    // Not yet: when a second one loses what it knew, or one a second time before its first announcement has arrived, an epoch
    // is announced twice or forgotten.
    const way = this.#told.hasLost ? 'restore' : drawn
    const copy = chance.among(this.#copiesOf(house))
    // Not yet: a counterparty that is away for longer than a start waits for it, and holds more, wedges the two.
    await this.#lives.spare(async () => {
      const before = await lossesOf(house)
      await this.#lives.startAnew(house, life => house.putBack(left => this.#chosen(house, way, copy, left), life))
      await house.running.recovery.begun
      const found = await lossesOf(house)
      if (way === 'restore' && found > before) throw new Error(`${house.id} was restored whole, and misses something`)
    })
  }

  #chosen({ id }: AnyHouse, way: Way, copy: Copy, left: Disks): Disks {
    this.done.push(`${id} ${way} to ${way === 'restore' ? 'where it was' : copy.at}`)
    if (way === 'restore') {
      const books = restored(this.#first(id).books, left.books)
      this.restored.add(id)
      const lost = differences(left.books, books)
      if (lost.length > 0) throw new Error(`${id} was restored without all of ${lost.join(', ')}`)
      return { ...left, books }
    }
    this.#told.putBack(id, copy.at)
    return way === 'snapshot' ? copy.disks : { ...left, books: copy.disks.books }
  }

  #copiesOf({ id }: AnyHouse): Copy[] {
    const copies = this.#copies.get(id)
    if (copies === undefined) throw new Error(`${id} is not of this story`)
    return copies
  }

  #first(id: InstitutionId): Disks {
    const [first] = this.#copies.get(id) ?? []
    if (first === undefined) throw new Error(`${id} is not of this story`)
    return first.disks
  }
}

async function lossesOf({ id, running }: AnyHouse): Promise<number> {
  return (await running.store.read(tx => losses(tx, id))).length
}

/** Books made again from a backup that began with `before` and has followed the log up to `left`. */
function restored(before: Disks['books'], left: Disks['books']): Uint8Array {
  if (before === 'empty' || left === 'empty') throw new Error('nothing was shipped')
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-restore-'))
  const [source, backup, target] = ['source', 'backup', 'target'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  try {
    for (const books of [before, left]) {
      mkdirSync(source, { recursive: true })
      writeFileSync(join(source, 'institution.db'), books)
      const follower = new Follower(source, backup)
      while (follower.ship().behind > 0n);
      follower.close()
    }
    const { outcome } = restoreBooks(backup, target)
    if (outcome !== 'restored') throw new Error(outcome)
    return readFileSync(join(target, 'institution.db'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const transient = transientTables([...bankTables, ...merchantTables])

/** The tables whose rows are not the same in both. */
function differences(left: Disks['books'], right: Uint8Array): readonly string[] {
  if (left === 'empty') throw new Error('nothing was shipped')
  const [before, after] = [new Database(Buffer.from(left)), new Database(Buffer.from(right))]
  try {
    const tables = before
      .prepare<[], { name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'change_log'`)
      .all()
      .map(({ name }) => name)
    const rows = (of: typeof before, table: string) => of.prepare(`SELECT * FROM "${table}"`).all()
    return tables.filter(table => !transient.has(table) && !isDeepStrictEqual(rows(before, table), rows(after, table)))
  } finally {
    before.close()
    after.close()
  }
}
