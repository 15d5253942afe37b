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
import { lettingGo } from './let-go.ts'

interface Parts {
  readonly runtime: Runtime
  /** The institution's. */
  readonly folder: string
  readonly database: Sqlite
  /** Runs work when no transaction is open. */
  readonly between: (work: () => Promise<bigint>) => Promise<bigint>
}

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
    const older = keepLastTwo(this.#folder)
    const newest = checkpointsIn(this.#folder).at(-1)
    if (newest === undefined) throw new Error(`no checkpoint was left in ${this.#folder}`)
    if (older !== undefined) await this.#letGo(least(older, keepAfter))
    return newest
  }

  async #letGo(upTo: bigint): Promise<void> {
    const { database, between } = this.#parts
    const some = lettingGo(database)
    while ((await between(async () => some(upTo))) > 0n);
  }
}

/** Deletes those before the last two. Returns the older one's record, up to which the log may go; undefined while there is but one. */
export function keepLastTwo(folder: string): bigint | undefined {
  const oldest = keepLast(folder, 2)
  return checkpointsIn(folder).length === 2 ? oldest?.head.sequence : undefined
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
