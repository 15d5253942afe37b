/**
 * The checkpoints of a running store: taken in a thread of their own from a snapshot, while the writer goes on, then signed. With
 * the last two on the disk, the log before the older one is let go, a little between any two commits.
 */
import { Worker } from 'node:worker_threads'
import type { Runtime } from '../../runtime.ts'
import { databaseIn, type Sqlite } from '../connection.ts'
import { addSignature, checkpointDigest, checkpointFolder, checkpointsIn, keepLast } from './checkpoint.ts'
import type { Checkpoint, TakeCheckpoint } from './checkpoint-facts.ts'
import type { ThreadOrder } from './checkpoint-thread.ts'
import { type LogHead, noHead } from './head.ts'
import { letGoOfSome } from './let-go.ts'

interface Parts {
  readonly runtime: Runtime
  /** The institution's. */
  readonly folder: string
  readonly database: Sqlite
  /** Runs work when no transaction is open. */
  readonly between: (work: () => Promise<bigint>) => Promise<bigint>
}

const kept = 2

export class Checkpoints {
  readonly #parts: Parts
  readonly #folder: string
  #taking: Promise<Checkpoint> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#folder = checkpointFolder(parts.folder)
  }

  /** Whoever asks while one is being taken gets that one. */
  async take(head: LogHead | undefined, options: TakeCheckpoint): Promise<Checkpoint> {
    this.#taking ??= this.#take(head ?? noHead, options).finally(() => {
      this.#taking = undefined
    })
    return this.#taking
  }

  /** Resolves when none is being taken. */
  async idle(): Promise<void> {
    await this.#taking?.catch(() => {})
  }

  async #take(head: LogHead, { sign, keepAfter }: TakeCheckpoint): Promise<Checkpoint> {
    const { runtime, folder } = this.#parts
    // Nothing was written since the last one, which others may have signed by now.
    if (checkpointsIn(this.#folder).at(-1)?.head.sequence !== head.sequence)
      await runtime.work(takeInThread({ file: databaseIn(folder), folder: this.#folder }))
    for (const checkpoint of checkpointsIn(this.#folder)) {
      const signature = await sign(checkpointDigest(checkpoint))
      if (checkpoint.signatures.every(({ keyId }) => keyId !== signature.keyId))
        addSignature(this.#folder, checkpoint, signature)
    }
    const oldest = keepLast(this.#folder, kept)
    const all = checkpointsIn(this.#folder)
    const newest = all.at(-1)
    if (oldest === undefined || newest === undefined) throw new Error(`no checkpoint was left in ${this.#folder}`)
    if (all.length === kept) await this.#letGo(least(oldest.head.sequence, keepAfter))
    return newest
  }

  async #letGo(upTo: bigint): Promise<void> {
    const { database, between } = this.#parts
    while ((await between(async () => letGoOfSome(database, upTo))) > 0n);
  }
}

function least(sequence: bigint, keepAfter: bigint | undefined): bigint {
  return keepAfter !== undefined && keepAfter < sequence ? keepAfter : sequence
}

/** As `takeCheckpoint`, with its proof, while this thread goes on. */
export function takeInThread(order: ThreadOrder): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./checkpoint-thread.mjs', import.meta.url), {
      name: 'checkpoint',
      workerData: order,
    })
    thread.on('error', reject)
    thread.on('exit', code =>
      code === 0 ? resolve() : reject(new Error(`the thread that takes checkpoints ended with ${code}`)),
    )
  })
}
