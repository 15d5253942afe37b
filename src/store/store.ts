/**
 * One institution's database. Writes are commands that run strictly one after another, many to a commit; an answer
 * leaves only after its commit is durable. A command awaits nothing but its transaction and may run more than once.
 */

import type { TraceId, TraceOf } from '../trace.ts'
import type { Checkpoint, TakeCheckpoint } from './change-log/checkpoint-facts.ts'
import type { LogHead } from './change-log/head.ts'
import type { LogTooLong } from './write-back.ts'

/** Integers are `bigint` both ways: a JavaScript number would be bound as REAL and read back rounded. */
export type SqlValue = string | bigint | Uint8Array | null
export type Row = Record<string, SqlValue>

export interface ReadTx {
  all<R extends Row>(sql: string, ...values: SqlValue[]): Promise<R[]>
  /** The only row, or undefined. More than one is a fault. */
  one<R extends Row>(sql: string, ...values: SqlValue[]): Promise<R | undefined>
}

export interface Tx extends ReadTx {
  /** In which trace this command is, once that is known: what it decides and the letters that it writes say so. */
  trace?: TraceId | undefined
  readonly traceOf?: TraceOf | undefined
  /** How many rows changed. */
  run(sql: string, ...values: SqlValue[]): Promise<bigint>
}

/**
 * Decides and writes. It awaits only `tx`, has no other effect, and gets time and random values from outside, because it
 * may run more than once: it does when a neighbour in its group fails. When it throws, or one of its statements failed, nothing that it wrote remains.
 */
export type Command<O> = (tx: Tx) => Promise<O>

/** `unhurried`: nobody waits for it, as for a day end. It takes its turn as any other; who goes in slices does not rest for it. */
export type Urgency = 'awaited' | 'unhurried'

export interface Store {
  /** Resolves after the commit that holds the command. Rejects with `UnknownOutcome` when that cannot be told. */
  execute<O>(command: Command<O>, urgency?: Urgency): Promise<O>
  /** Resolves when a group of commands has been answered that held one which somebody waits for. */
  answered(): Promise<void>
  /** Whether somebody waited for a command within the last second: who does long work yields to them. */
  isAwaited(): boolean
  /** A consistent snapshot on a read-only connection. */
  read<O>(query: (tx: ReadTx) => Promise<O>): Promise<O>
  /** The change log's last committed record. Undefined before the first. */
  head(): LogHead | undefined
  /** Everything that is committed, as one database file: for audits, backups and `openStore({ at: { memory } })`. */
  snapshot(): Promise<Uint8Array>
  /**
   * Takes a checkpoint in a thread of its own, signs it and those that are not signed yet, and lets go of the log before the older
   * of the last two. Undefined in memory, where there is no folder to keep it in.
   */
  checkpoint(options: TakeCheckpoint): Promise<Checkpoint | undefined>
  /** Who is called when something has kept the write-ahead log from being truncated for too long. */
  whenTooLong(listener: (trouble: LogTooLong) => void): void
  /** Who is told how long each group of commands took, in milliseconds, from its beginning until it was durable. */
  whenCommitted(listener: (ms: number) => void): void
  /** Lets commands under way finish; later ones are refused. */
  close(): Promise<void>
}

/** The commit failed in a way that leaves it open whether the command took effect: ask again by the request's id. */
export class UnknownOutcome extends Error {
  constructor(cause: unknown) {
    super('it is unknown whether this took effect; ask again by its id', { cause })
    this.name = 'UnknownOutcome'
  }
}

/** The group could not be kept where its store keeps its log. Nothing was done. */
export class NotKept extends Error {
  constructor(why: string, cause?: unknown) {
    super(`this was not done, as it could not be kept: ${why}`, { cause })
    this.name = 'NotKept'
  }
}

/** The store is closed, or what holds it has stopped. Nothing was done. */
export class StoreClosed extends Error {
  constructor(cause?: unknown) {
    super('this store takes no more work', { cause })
    this.name = 'StoreClosed'
  }
}

/** A command or query broke the rules above: it waited for something else, or bound a value that would be rounded. */
export class CommandFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CommandFault'
  }
}
