/**
 * One institution of a simulated network, with what its disks hold: it can be started, crash at any moment, start again
 * from what was committed, and be put back in time. Its books are in memory; nothing else is simulated about it.
 */
import { toHex } from '../../../src/bytes.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import type { Premises, RunningInstitution } from '../../../src/institution/premises.ts'
import type { KeyStore } from '../../../src/keys/keys.ts'
import { type KeyRecord, softKeys } from '../../../src/keys/soft-keys.ts'
import { audit } from '../../../src/ledger/audit/audit.ts'
import type { Identity } from '../../../src/ledger/audit/identity.ts'
import type { Runtime } from '../../../src/runtime.ts'
import type { Migration } from '../../../src/store/migrations.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Tracing } from '../../../src/trace.ts'
import { type CopyableRecordKeys, recordKeysInMemory } from '../record-keys-in-memory.ts'

/** What an institution's disks hold at a moment. */
export interface Disks {
  readonly books: Uint8Array | 'empty'
  readonly recordKeys: ReadonlyMap<string, Uint8Array>
}

export const emptyDisks: Disks = { books: 'empty', recordKeys: new Map() }

/** What banks and payees differ in. */
export interface HouseKind<S, R extends RunningInstitution> {
  readonly tables: readonly Migration[]
  readonly identities: (tenant: InstitutionId) => readonly Identity[]
  start(premises: Premises, settings: S, runtime: Runtime): Promise<R>
}

/** Books that were found right. */
const right = new Set<string>()

export class House<S, R extends RunningInstitution> {
  readonly id: InstitutionId
  /** As its folder of keys would have them: whatever is missing is made at a start. */
  readonly keyRecords: KeyRecord[]
  readonly #kind: HouseKind<S, R>
  readonly #tracing: Tracing | undefined
  #settings: S
  #recordKeys: CopyableRecordKeys | undefined
  #keys: KeyStore | undefined
  #running: R | undefined

  constructor(kind: HouseKind<S, R>, id: InstitutionId, settings: S, keys: readonly KeyRecord[], tracing?: Tracing) {
    this.#tracing = tracing
    this.#kind = kind
    this.id = id
    this.#settings = settings
    this.keyRecords = [...keys]
  }

  get running(): R {
    if (this.#running === undefined) throw new Error(`${this.id} has not been started`)
    return this.#running
  }

  get keys(): KeyStore {
    if (this.#keys === undefined) throw new Error(`${this.id} has not been started`)
    return this.#keys
  }

  /** The keys of its records. They outlive a restart, as in the field. */
  get recordKeys(): CopyableRecordKeys {
    if (this.#recordKeys === undefined) throw new Error(`${this.id} has not been started`)
    return this.#recordKeys
  }

  /** Settings that it has from its next start on. */
  change(settings: Partial<S>): void {
    this.#settings = { ...this.#settings, ...settings }
  }

  async start(disks: Disks, runtime: Runtime): Promise<void> {
    this.#recordKeys = recordKeysInMemory(runtime, disks.recordKeys)
    await this.#open(disks.books, runtime)
  }

  /** Crashes, whatever it is doing, and starts from what was committed. */
  async restart(runtime: Runtime): Promise<void> {
    await this.#open(await this.#left(), runtime)
  }

  /** Crashes, and starts from other disks; what it left behind is handed to `choose`. */
  async putBack(choose: (left: Disks) => Disks, runtime: Runtime): Promise<void> {
    const books = await this.#left()
    await this.start(choose({ books, recordKeys: this.recordKeys.copy() }), runtime)
  }

  /** As the disks are now, without disturbing anybody. */
  async copy(): Promise<Disks> {
    const books = await this.running.store.snapshot()
    return { books, recordKeys: this.recordKeys.copy() }
  }

  /** What an auditor finds wrong by the rules of ledger and business, one sentence each; `copy` and heads prove the rest. */
  async audited(): Promise<readonly string[]> {
    const findings = await audit(
      { snapshot: await this.running.store.snapshot() },
      { signer: this.id, keys: this.keys.publicKeys(), identities: this.identities, withoutLog: true },
    )
    return findings.map(({ kind, where, what }) => `${this.id}, ${kind}, ${where}: ${what}`)
  }

  /**
   * The same, and nothing for books that were found right before in this process: the log's head names everything that was
   * ever written into them. For thousands of calls, of which most write what others have written.
   */
  async auditedOnce(): Promise<readonly string[]> {
    const head = this.running.store.head()
    const books = head && `${this.id} ${toHex(head.hash)}`
    if (books === undefined || right.has(books)) return []
    const findings = await this.audited()
    if (findings.length === 0) right.add(books)
    return findings
  }

  get identities(): readonly Identity[] {
    return this.#kind.identities(this.id)
  }

  close(): Promise<void> {
    return this.running.close()
  }

  async #open(books: Disks['books'], runtime: Runtime): Promise<void> {
    const { keyRecords } = this
    this.#keys = await softKeys(
      runtime,
      [...keyRecords],
      record => keyRecords.push(record),
      record => keyRecords.splice(keyRecords.indexOf(record), 1),
    )
    const premises = {
      store: openStore({
        ...{ runtime, at: { memory: books }, migrations: this.#kind.tables },
        traceOf: this.#tracing?.traceOf,
      }),
      tracing: this.#tracing,
      keys: this.keys,
      recordKeys: this.recordKeys,
    }
    this.#running = await this.#kind.start(premises, this.#settings, runtime)
  }

  /** What was committed, as a disk would have it after the process died. */
  async #left(): Promise<Uint8Array> {
    const { store, close } = this.running
    // Its store may be halting just now, and refuse the first.
    const left = await store.snapshot().catch(() => store.snapshot())
    await close()
    return left
  }
}
