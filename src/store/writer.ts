/**
 * The one queue of commands: a savepoint each, many to one COMMIT, answers after it. Whatever arrived while one group
 * was committing makes the next group, so nothing waits when the store is idle and a busy store pays one sync for many.
 */
import type { Runtime } from '../runtime.ts'
import { type Boundaries, boundariesOf, type Sqlite } from './connection.ts'
import { type Command, StoreClosed, UnknownOutcome } from './store.ts'
import { Statements, settled, Transaction } from './transaction.ts'
import { nextTurn, type Turn, withinTurn } from './turn.ts'

interface Queued {
  readonly kind: 'command'
  run(tx: Transaction): Promise<void>
  answer(): void
  refuse(error: unknown): void
}

/** Work that needs the connection between two transactions, such as a snapshot. */
interface Between {
  readonly kind: 'between'
  run(): Promise<void>
  refuse(error: unknown): void
}

export class Writer {
  readonly #database: Sqlite
  readonly #boundaries: Boundaries
  readonly #statements: Statements
  readonly #runtime: Runtime
  readonly #groupSize: number
  readonly #gather: () => Promise<unknown>
  readonly #queue: (Queued | Between)[] = []
  #draining: Promise<void> | undefined
  #stopped: { readonly cause: unknown } | undefined

  /** `gather` waits for as long as it takes to see who else wants something; nothing, where commits cost nothing. */
  constructor(database: Sqlite, runtime: Runtime, groupSize: number, gather: () => Promise<unknown> = nextTurn) {
    this.#database = database
    this.#gather = gather
    this.#boundaries = boundariesOf(database)
    this.#statements = new Statements(database)
    this.#runtime = runtime
    this.#groupSize = groupSize
  }

  /** Resolves with the command's outcome after the commit that holds it. */
  execute<O>(command: Command<O>): Promise<O> {
    return this.#enqueue<O>((resolve, reject) => {
      let outcome: { readonly value: O } | undefined
      return {
        kind: 'command',
        run: async tx => {
          outcome = { value: await settled(tx, command) }
        },
        answer: () => (outcome === undefined ? reject(new UnknownOutcome(undefined)) : resolve(outcome.value)),
        refuse: reject,
      }
    })
  }

  /** Runs `work` when no transaction is open. */
  between<O>(work: () => Promise<O>): Promise<O> {
    return this.#enqueue<O>((resolve, reject) => ({
      kind: 'between',
      run: async () => work().then(resolve, reject),
      refuse: reject,
    }))
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
    try {
      this.#boundaries.begin()
    } catch (error) {
      for (const queued of group) queued.refuse(error)
      return
    }
    const answers: (() => void)[] = []
    try {
      this.#reached('store.begun')
      let turn = nextTurn()
      for (const queued of group) {
        const refusal = await this.#attempt(queued, turn)
        answers.push(refusal === undefined ? queued.answer : () => queued.refuse(refusal.error))
        if (refusal !== undefined) turn = nextTurn()
      }
      this.#reached('store.before-commit')
      this.#boundaries.commit()
      this.#reached('store.committed')
    } catch (error) {
      if (this.#database.inTransaction) this.#boundaries.rollback()
      for (const queued of group) queued.refuse(new UnknownOutcome(error))
      if (error instanceof Halted) throw error
      return
    }
    for (const answer of answers) answer()
    this.#reached('store.answered')
  }

  /** Undefined when the command took effect; otherwise why not, and nothing of it remains. */
  async #attempt(queued: Queued, turn: Turn): Promise<{ readonly error: unknown } | undefined> {
    const tx = new Transaction(this.#statements, 'write')
    this.#boundaries.savepoint()
    try {
      await withinTurn(turn, queued.run(tx))
      this.#boundaries.release()
      return undefined
    } catch (error) {
      tx.end()
      // SQLite ends the whole transaction itself on some errors (full disk, I/O): then no command of the group took effect.
      if (!this.#database.inTransaction) throw error
      this.#boundaries.undo()
      this.#boundaries.release()
      return { error }
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
