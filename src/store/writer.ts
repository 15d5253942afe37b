/**
 * The one queue of commands: many to one COMMIT, answers after it. Whatever arrived while one group was committing makes the
 * next group, so nothing waits when the store is idle and a busy store pays one sync for many. A group in which a command
 * fails is undone and runs again with a savepoint for each, so that only those which fail are lost to it.
 */
import { invariant } from '../invariant.ts'
import type { Runtime } from '../runtime.ts'
import type { TraceOf } from '../trace.ts'
import { type ChangeLog, LogBroken } from './change-log/change-log.ts'
import type { ChainedRecord } from './change-log/record.ts'
import { type Boundaries, boundariesOf, type Sqlite } from './connection.ts'
import { type Command, NotKept, StoreClosed, UnknownOutcome, type Urgency } from './store.ts'
import { Statements, settled, Transaction } from './transaction.ts'
import { type EndOfTurn, endOfTurn, withinTurn } from './turn.ts'

interface Queued {
  readonly kind: 'command'
  readonly urgency: Urgency
  /** Returns what answers with the outcome of this run: there may be another. */
  run(tx: Transaction): Promise<Answer>
  refuse(error: unknown): void
}

type Answer = () => void

/** Work that needs the connection between two transactions, such as a snapshot. */
interface Between {
  readonly kind: 'between'
  run(): Promise<void>
  refuse(error: unknown): void
}

/**
 * Keeps a group's record elsewhere before the group is committed here: undefined, when the group wrote nothing. Rejects with
 * `NotKept` when it is certain that nothing was kept, and the group is undone. After any other error the writer takes no more work.
 */
export type Keep = (record: ChainedRecord | undefined) => Promise<void>

export interface WriterOptions {
  readonly changes?: ChangeLog | undefined
  readonly keep?: Keep | undefined
  readonly gather?: () => Promise<unknown>
  readonly afterGroup?: () => void
  readonly traceOf?: TraceOf | undefined
}

/** Hears, in milliseconds, how long a group took until it was durable. */
type Committed = (ms: number) => void

const awaitedForMs = 1_000

export class Writer {
  readonly #database: Sqlite
  readonly #boundaries: Boundaries
  readonly #statements: Statements
  readonly #changes: ChangeLog | undefined
  readonly #keep: Keep | undefined
  readonly #runtime: Runtime
  readonly #groupSize: number
  readonly #gather: () => Promise<unknown>
  readonly #afterGroup: () => void
  readonly #traceOf: TraceOf | undefined
  readonly #queue: (Queued | Between)[] = []
  /** Savepoints that were made and not released. */
  #savepoints = 0
  #draining: Promise<void> | undefined
  #awaitedUntilMs = Number.NEGATIVE_INFINITY
  #awaitedAnswered: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  #stopped: { readonly cause: unknown } | undefined
  #committed: Committed = () => {}

  /**
   * `gather` waits for as long as it takes to see who else wants something; nothing, where commits cost nothing. `changes` is
   * the log of what is written, where there is one. `afterGroup` runs when a group has been answered.
   */
  constructor(
    database: Sqlite,
    runtime: Runtime,
    groupSize: number,
    { changes, keep, gather = endOfTurn, afterGroup = () => {}, traceOf }: WriterOptions = {},
  ) {
    this.#database = database
    this.#gather = gather
    this.#afterGroup = afterGroup
    this.#traceOf = traceOf
    this.#changes = changes
    this.#keep = keep
    this.#boundaries = boundariesOf(database)
    this.#statements = new Statements(database, changes)
    this.#runtime = runtime
    this.#groupSize = groupSize
  }

  /** Resolves with the command's outcome after the commit that holds it. */
  execute<O>(command: Command<O>, urgency: Urgency = 'awaited'): Promise<O> {
    return this.#enqueue<O>((resolve, reject) => ({
      kind: 'command',
      urgency,
      run: async tx => {
        const outcome = await settled(tx, command)
        return () => resolve(outcome)
      },
      refuse: reject,
    }))
  }

  /** Runs `work` when no transaction is open. */
  between<O>(work: () => Promise<O>): Promise<O> {
    return this.#enqueue<O>((resolve, reject) => ({
      kind: 'between',
      run: async () => work().then(resolve, reject),
      refuse: reject,
    }))
  }

  /** Resolves when a group has been answered in which somebody waited for a command. */
  answered(): Promise<void> {
    if (this.#awaitedAnswered === undefined) {
      let resolve: () => void = () => {}
      const promise = new Promise<void>(settle => {
        resolve = settle
      })
      this.#awaitedAnswered = { promise, resolve }
    }
    return this.#awaitedAnswered.promise
  }

  /** Whether somebody waited for a command a moment ago. */
  get isAwaited(): boolean {
    return this.#runtime.monotonicMs() < this.#awaitedUntilMs
  }

  whenCommitted(listener: Committed): void {
    this.#committed = listener
  }

  /** No more work is taken: closed, or halted at a named point. */
  get stopped(): boolean {
    return this.#stopped !== undefined
  }

  /** Lets everything queued finish; later work is refused. */
  async stop(): Promise<void> {
    this.#stopped ??= { cause: undefined }
    await this.#draining
  }

  #enqueue<O>(make: (resolve: (value: O) => void, reject: (error: unknown) => void) => Queued | Between): Promise<O> {
    const stopped = this.#stopped
    if (stopped !== undefined) return Promise.reject(new StoreClosed(stopped.cause))
    const done = new Promise<O>((resolve, reject) => this.#queue.push(make(resolve, reject)))
    this.#draining ??= this.#drain()
    return this.#runtime.work(done)
  }

  /** Goes on until the queue is empty. The turn between two groups lets requests that wait outside join the next. */
  async #drain(): Promise<void> {
    await this.#gather()
    try {
      while (this.#queue.length > 0) {
        await this.#runBetween()
        const group = this.#takeGroup()
        if (group.length > 0) await this.#commitGroup(group)
        await this.#gather()
      }
    } catch (error) {
      // A test stopped this institution at a named point. As after a crash, nobody is told what became of his request.
      const cause = error instanceof Halted ? error.reason : error
      this.#stopped = { cause }
      for (const queued of this.#queue.splice(0)) queued.refuse(new UnknownOutcome(cause))
    } finally {
      this.#draining = undefined
    }
  }

  async #runBetween(): Promise<void> {
    for (let next = this.#queue[0]; next?.kind === 'between'; next = this.#queue[0]) {
      this.#queue.shift()
      await next.run()
    }
  }

  #takeGroup(): Queued[] {
    const group: Queued[] = []
    while (group.length < this.#groupSize) {
      const next = this.#queue[0]
      if (next?.kind !== 'command') break
      group.push(next)
      this.#queue.shift()
    }
    return group
  }

  async #commitGroup(group: readonly Queued[]): Promise<void> {
    const begunAtMs = this.#runtime.monotonicMs()
    try {
      this.#boundaries.begin()
    } catch (error) {
      for (const queued of group) queued.refuse(error)
      return
    }
    let answers: readonly Answer[]
    let handedOver = false
    try {
      this.#changes?.begin()
      this.#reached('store.begun')
      answers = (await this.#runTogether(group)) ?? (await this.#runEach(group))
      invariant(answers.length === group.length, 'a command of the group has no answer')
      invariant(this.#savepoints === 0, 'a savepoint was not released')
      const record = this.#changes?.append()
      this.#reached('store.before-commit')
      if (this.#keep !== undefined) {
        handedOver = true
        await this.#keep(record)
        this.#reached('store.kept')
      }
      this.#boundaries.commit()
      this.#changes?.committed()
      this.#reached('store.committed')
    } catch (error) {
      if (this.#database.inTransaction) this.#boundaries.rollback()
      this.#savepoints = 0
      this.#changes?.readAgain()
      const isRefused = error instanceof NotKept
      for (const queued of group) queued.refuse(isRefused ? error : new UnknownOutcome(error))
      if (error instanceof Halted || error instanceof LogBroken || (handedOver && !isRefused)) throw error
      return
    }
    this.#committed(this.#runtime.monotonicMs() - begunAtMs)
    for (const answer of answers) answer()
    if (group.some(({ urgency }) => urgency === 'awaited')) {
      this.#awaitedUntilMs = this.#runtime.monotonicMs() + awaitedForMs
      this.#awaitedAnswered?.resolve()
      this.#awaitedAnswered = undefined
    }
    this.#reached('store.answered')
    this.#afterGroup()
  }

  /** Without savepoints. Undefined when a command failed: then the transaction is as new, and nothing of the group is in it. */
  async #runTogether(group: readonly Queued[]): Promise<readonly Answer[] | undefined> {
    const answers: Answer[] = []
    const turn = endOfTurn()
    for (const queued of group) {
      const attempt = await this.#attempt(queued, turn)
      if (attempt.outcome === 'failed') {
        this.#boundaries.rollback()
        this.#boundaries.begin()
        this.#changes?.begin()
        return undefined
      }
      answers.push(attempt.answer)
    }
    return answers
  }

  /** The group once more, after one of its commands failed: nothing remains of those that fail. */
  async #runEach(group: readonly Queued[]): Promise<readonly Answer[]> {
    const answers: Answer[] = []
    let turn = endOfTurn()
    for (const queued of group) {
      this.#boundaries.savepoint()
      this.#savepoints++
      const before = this.#changes?.mark()
      const attempt = await this.#attempt(queued, turn)
      if (attempt.outcome === 'failed') {
        this.#boundaries.undo()
        if (before !== undefined) this.#changes?.cut(before)
        turn = endOfTurn()
      }
      this.#boundaries.release()
      this.#savepoints--
      answers.push(attempt.answer)
    }
    return answers
  }

  /** Runs a command. What a failed one wrote is still to be undone. */
  async #attempt(
    queued: Queued,
    turn: EndOfTurn,
  ): Promise<{ readonly outcome: 'ran' | 'failed'; readonly answer: Answer }> {
    const tx = new Transaction(this.#statements, 'write', this.#traceOf)
    try {
      return { outcome: 'ran', answer: await withinTurn(turn, queued.run(tx)) }
    } catch (error) {
      tx.end()
      // SQLite ends the whole transaction itself on some errors (full disk, I/O): then no command of the group took effect.
      if (!this.#database.inTransaction) throw error
      return { outcome: 'failed', answer: () => queued.refuse(error) }
    }
  }

  #reached(point: string): void {
    try {
      this.#runtime.reached(point)
    } catch (error) {
      throw new Halted(error)
    }
  }
}

/** A test stopped the institution at a named point. */
class Halted {
  readonly reason: unknown
  constructor(reason: unknown) {
    this.reason = reason
  }
}
