/** Machines of one institution, each a folder, whose log a PostgreSQL of the test's own keeps. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRuntime } from '../../src/runtime.ts'
import { beginMark } from '../../src/store/keeper/beginning.ts'
import { KeptLog } from '../../src/store/keeper/kept-log.ts'
import { Link } from '../../src/store/keeper/link.ts'
import { type OpenKept, openKeptStore } from '../../src/store/keeper/open-kept.ts'
import { type KeeperTimes, usualTimes } from '../../src/store/keeper/place.ts'
import type { Migration } from '../../src/store/migrations.ts'
import type { Store, Tx } from '../../src/store/store.ts'
import { Postgres } from './postgres.ts'
import { believing } from './vouching.ts'

export const noteMigrations: readonly Migration[] = [
  { room: 'test', number: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT' },
]

/** A lease that is over soon, so that nobody waits for long. */
export const shortTimes: KeeperTimes = { ...usualTimes, leaseMs: 600, renewEveryMs: 150, lookEveryMs: 40 }

export const writeNote =
  (id: bigint, text = 'x') =>
  (tx: Tx) =>
    tx.run('INSERT INTO note VALUES (?, ?)', id, text)

export const notesIn = async (store: Store): Promise<bigint[]> =>
  (await store.read(tx => tx.all<{ id: bigint }>('SELECT id FROM note ORDER BY id'))).map(({ id }) => id)

export const signAs = (signer: string) => async () => ({ signer, keyId: 'key', bytes: new Uint8Array([1]) })

export class KeptMachines {
  readonly postgres: Postgres
  readonly #folders = mkdtempSync(join(tmpdir(), 'tonebank-machines-'))
  readonly #open: Store[] = []
  readonly #links: Link[] = []
  /** Another one for each test. */
  institution = ''
  #count = 0

  private constructor(postgres: Postgres) {
    this.postgres = postgres
  }

  static async start(): Promise<KeptMachines> {
    return new KeptMachines(await Postgres.start())
  }

  next(): void {
    this.institution = `bank-${++this.#count}`
  }

  folder(machine: string): string {
    return join(this.#folders, this.institution, machine)
  }

  /** New books may begin there. */
  begins(machine: string): void {
    this.make(machine)
    writeFileSync(beginMark(this.folder(machine)), '')
  }

  make(machine: string): void {
    mkdirSync(this.folder(machine), { recursive: true, mode: 0o700 })
  }

  async open(machine: string, options: Partial<OpenKept> = {}): Promise<Store> {
    const store = await openKeptStore({
      ...{ runtime: systemRuntime, at: { folder: this.folder(machine) }, migrations: noteMigrations },
      ...{
        institution: this.institution,
        keeper: this.postgres.place(),
        vouching: believing,
        times: shortTimes,
        lost: () => {},
      },
      ...options,
    })
    this.#open.push(store)
    return store
  }

  link(): Link {
    const link = new Link(systemRuntime, this.postgres.place(), shortTimes)
    this.#links.push(link)
    return link
  }

  log(): KeptLog {
    return new KeptLog(this.link(), this.institution)
  }

  async closeAll(): Promise<void> {
    for (const link of this.#links.splice(0)) link.close()
    for (const store of this.#open.splice(0)) await store.close()
  }

  async stop(): Promise<void> {
    await this.closeAll()
    await this.postgres.stop()
    rmSync(this.#folders, { recursive: true })
  }
}
