/**
 * Record keys that two machines of an institution have. The one that serves makes and destroys keys, first in its own table, and tells
 * the other, its mirror, which only answers. One connection carries all of it, one request after another, so that a key is never put
 * there after its destruction; after any trouble both begin with what each has (`agree.ts`).
 */
import { BackOff } from '../../back-off.ts'
import { type Cancelled, type Runtime, withDeadline } from '../../runtime.ts'
import { MirrorAway, onTable, type PlainRecord, type RecordKeys } from '../record-keys.ts'
import { agree, put, tellDestructions, type Wanted } from './agree.ts'
import type { Answering } from './answering.ts'
import { Judging } from './judging.ts'
import type { KeyTable } from './key-table.ts'
import { type AskMirror, mostAtOnce } from './requests.ts'
import type { Way } from './way.ts'

/** A mirror that is there is asked this often whether it still is. */
const beatMs = 1_000
/** How often a machine that waits for the other one looks whether a person has spoken. */
const lookEveryMs = 1_000

export interface MirrorStanding {
  /** How long the mirror has lacked something, in milliseconds; 0 while both are the same. */
  readonly lagMs: number
  /** Why, as far as it is known. */
  readonly why: string | undefined
}

export interface MirroredRecordKeys extends RecordKeys {
  /**
   * This machine serves from now on: it takes no more requests, and what the other one has, and it lacks, it has when this resolves, if
   * that can be reached and is told within `serveMs`. What the books do not want of it goes as after any start.
   */
  serve(): Promise<void>
  /** After `serve`, and before the books are opened: takes what the other machine has, until both have agreed since then or `isOver`. */
  fill(isOver: () => Promise<boolean>, signal?: Cancelled): Promise<void>
  /**
   * The books are open. Which of the keys that come from the other machine are wanted: those that are not are destroyed there.
   * `spared` hears of those that the other machine had destroyed though they are: it gets them again.
   */
  wantedBy(wanted: Wanted, spared?: (names: readonly string[]) => void): void
  standing(): MirrorStanding
  /** Since this machine serves the other one has told all that it has: what is missing here is not there either. */
  readonly hasAgreed: boolean
}

interface Parts {
  readonly runtime: Runtime
  readonly table: KeyTable
  readonly answering: Answering
  readonly entrance: { close(): Promise<void> }
  /** Connects to the other machine. */
  readonly connect: () => Promise<Way>
  readonly institution: string
  /** The longest that `serve` waits for the other machine, which may answer and never come to an end. */
  readonly serveMs: number
}

/** Sealed here, and not yet there. */
interface Sealed {
  readonly names: readonly string[]
  resolve(): void
  reject(error: Error): void
}

export function mirroredKeys(parts: Parts): MirroredRecordKeys {
  return new Mirrored(parts)
}

class Mirrored implements MirroredRecordKeys {
  readonly #parts: Parts
  readonly #here: RecordKeys
  readonly #closing = new AbortController()
  /** Undefined while both are apart: then nothing is queued, as they begin with what each has. */
  #queue: Sealed[] | undefined
  #isInStep = false
  #wake: (() => void) | undefined
  readonly #judging = new Judging()
  #hasAgreed = false
  /** Keys that only the mirror has, and that nobody could judge. */
  #left = 0
  #behindSinceMs: number | undefined
  /** Since when there has been something to tell, of what came since the mirror was last told. */
  #newSinceMs: number | undefined
  #why: string | undefined
  #way: Way | undefined
  #working: Promise<void> | undefined
  #opening: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#here = onTable(parts.runtime, parts.table)
  }

  async serve(): Promise<void> {
    await this.#parts.answering.serve()
    // Whoever died may have got no further than the deletion.
    await this.#parts.table.forget()
    this.#isBehind('it was not reached yet')
    const { runtime, serveMs } = this.#parts
    const tried = new Promise<void>(resolve => {
      this.#working = this.#work(resolve)
    })
    // What takes longer goes on while this machine serves.
    await withDeadline(runtime, 'the mirror', serveMs, tried).catch(() => {})
    this.#judging.stopTaking(this.#hasAgreed)
  }

  async fill(isOver: () => Promise<boolean>, signal?: Cancelled): Promise<void> {
    this.#judging.takeAll()
    this.#wake?.()
    try {
      while (!this.#hasAgreed && !(await isOver())) await this.#parts.runtime.sleep(lookEveryMs, signal)
    } finally {
      this.#judging.stopTaking(this.#hasAgreed)
    }
  }

  wantedBy(wanted: Wanted, spared: (names: readonly string[]) => void = () => {}): void {
    this.#opening = this.#judging
      .open(wanted, spared)
      .then(unwanted => (unwanted.length > 0 ? this.destroy(unwanted) : undefined))
      // Books that cannot be read any more: the next start destroys them.
      .catch(() => {})
    if (this.#isInStep) this.#hasNews('it is asked what it destroyed')
    this.#wake?.()
  }

  standing(): MirrorStanding {
    if (this.#behindSinceMs === undefined) return { lagMs: 0, why: undefined }
    return { lagMs: this.#parts.runtime.monotonicMs() - this.#behindSinceMs, why: this.#why }
  }

  async seal(records: readonly PlainRecord[]) {
    const sealed = await this.#sealHere(records)
    this.#send(records).catch(() => {})
    return sealed
  }

  async sealOnBoth(records: readonly PlainRecord[]) {
    // Before anything is made that would have to be destroyed again.
    this.assertBoth()
    const sealed = await this.#sealHere(records)
    try {
      await this.#send(records)
    } catch (error) {
      await this.destroy(records.map(({ record }) => record))
      throw error
    }
    return sealed
  }

  assertBoth(): void {
    if (!this.#isInStep) throw new MirrorAway(this.#why ?? 'it is not up to date yet')
  }

  async destroy(records: readonly string[]): Promise<void> {
    await this.#parts.table.destroy(records, true)
    this.#parts.runtime.reached('record-keys.destroyed')
    if (this.#isInStep) this.#hasNews('it is being told what was destroyed')
    this.#wake?.()
  }

  open: RecordKeys['open'] = record => this.#here.open(record)
  missing: RecordKeys['missing'] = records => this.#here.missing(records)
  all: RecordKeys['all'] = prefix => this.#here.all(prefix)
  page: RecordKeys['page'] = (after, most) => this.#here.page(after, most)
  noteMade: RecordKeys['noteMade'] = () => this.#here.noteMade()

  get hasAgreed(): boolean {
    return this.#hasAgreed
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake?.()
    this.#way?.close()
    await this.#parts.entrance.close()
    // A request that was begun is finished.
    await this.#parts.answering.serve()
    await this.#working
    await this.#opening
    await this.#here.close()
  }

  async #sealHere(records: readonly PlainRecord[]) {
    this.#judging.noteMade(records.map(({ record }) => record))
    const sealed = await this.#here.seal(records)
    this.#parts.runtime.reached('record-keys.sealed')
    return sealed
  }

  /** Resolves once the mirror has what was sealed. */
  #send(records: readonly PlainRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#queue === undefined) return reject(new MirrorAway(this.#why ?? 'it is not there'))
      this.#queue.push({ names: records.map(({ record }) => record), resolve, reject })
      if (this.#isInStep) this.#hasNews('it is being told what was sealed')
      this.#wake?.()
    })
  }

  #isBehind(why: string): void {
    this.#behindSinceMs ??= this.#parts.runtime.monotonicMs()
    this.#why = why
  }

  #hasNews(why: string): void {
    this.#newSinceMs ??= this.#parts.runtime.monotonicMs()
    this.#isBehind(why)
  }

  /** `tried`: the first try is over, whatever came of it. */
  async #work(tried: () => void): Promise<void> {
    const { runtime, connect } = this.#parts
    const backOff = new BackOff(runtime, { firstMs: 100, mostMs: 3_000 })
    do {
      let way: Way | undefined
      try {
        way = await connect()
        this.#way = way
        // Nobody asks it anything for a second, perhaps.
        way.over.addEventListener('abort', () => this.#wake?.())
        await this.#begin(way)
        backOff.forget()
        tried()
        await this.#keepUp(way)
      } catch (error) {
        this.#apart(error)
      } finally {
        way?.close()
      }
      tried()
    } while (!this.#closing.signal.aborted && (await backOff.pause(this.#closing.signal)))
    this.#apart(new Error('this machine is closing'))
  }

  async #begin({ ask }: Way): Promise<void> {
    await this.#greet(ask)
    // From here on: what is sealed while names are compared may lie behind those that were.
    this.#queue = []
    await this.#judging.takeDestructions(this.#parts.table, ask)
    await this.#agree(ask)
    this.#isInStep = true
  }

  async #agree(ask: AskMirror): Promise<void> {
    this.#left = await agree({ table: this.#parts.table, ask, wanted: names => this.#judging.taken(names) })
    if (this.#left === 0) this.#hasAgreed = true
    else this.#why = `it has ${this.#left} keys of which nobody can say yet whether they are needed`
  }

  async #greet(ask: AskMirror): Promise<void> {
    const greeting = await ask({ ask: 'hello', version: 1, institution: this.#parts.institution })
    if (greeting !== 'done') throw new Error(`it answers: ${greeting}`)
  }

  /** Until the mirror is gone, or this machine closes. */
  async #keepUp({ ask, over }: Way): Promise<void> {
    const { runtime, table } = this.#parts
    while (!this.#closing.signal.aborted) {
      this.#newSinceMs = undefined
      const sealed = this.#queue?.splice(0) ?? []
      try {
        const names = sealed.flatMap(each => each.names)
        await put(table, ask, names)
        if (names.length > 0) runtime.reached('record-keys.mirrored')
      } catch (error) {
        for (const each of sealed) each.reject(new MirrorAway(String(error)))
        throw error
      }
      for (const each of sealed) each.resolve()
      const told = await tellDestructions(table, ask)
      if (told > 0) runtime.reached('record-keys.destruction-told')
      await this.#judging.takeDestructions(table, ask)
      if (this.#left > 0 && this.#judging.canSay) await this.#agree(ask)
      // All is told that there was when this round began; what came since waits for the next one.
      if (this.#left === 0 && told < mostAtOnce) this.#behindSinceMs = this.#newSinceMs
      if (sealed.length > 0 || told > 0) continue
      const woken = this.#woken()
      // What came while nobody listened.
      if (over.aborted || this.#newSinceMs !== undefined) this.#wake?.()
      if (!(await woken) || over.aborted) await this.#greet(ask)
    }
  }

  /** False: nobody wanted anything for as long as a beat. */
  async #woken(): Promise<boolean> {
    const beat = new AbortController()
    let isWoken = false
    this.#wake = () => {
      isWoken = true
      beat.abort()
    }
    await this.#parts.runtime.sleep(beatMs, beat.signal).catch(() => {})
    this.#wake = undefined
    return isWoken
  }

  #apart(error: unknown): void {
    this.#isInStep = false
    const why = error instanceof Error ? error.message : String(error)
    this.#isBehind(why)
    this.#why = why
    for (const each of this.#queue?.splice(0) ?? []) each.reject(new MirrorAway(why))
    this.#queue = undefined
  }
}
