/** What a checkpoint says, and who says so. */
import type { LogHead } from './head.ts'

export interface TableRoot {
  readonly table: string
  readonly rows: bigint
  /** 32 bytes: a hash over all rows in the order of their keys. */
  readonly root: Uint8Array
}

/** Its digest is what is signed. */
export interface CheckpointFacts {
  /** The last record that is in it; sequence 0 before the first. */
  readonly head: LogHead
  /** SHA-256 over all definitions. */
  readonly schema: Uint8Array
  /** By name. All tables but the log's own. */
  readonly tables: readonly TableRoot[]
}

export interface CheckpointSignature {
  /** The institution, its peer, or an auditor. */
  readonly signer: string
  readonly keyId: string
  readonly bytes: Uint8Array
}

export interface Checkpoint extends CheckpointFacts {
  /** The snapshot's file. */
  readonly file: string
  readonly signatures: readonly CheckpointSignature[]
}

export interface TakeCheckpoint {
  /** Signs a digest (`digestOf`) for the institution. */
  sign(digest: Uint8Array): Promise<CheckpointSignature>
  /** Records after this one are kept, checkpoint or not: somebody else has not got them yet. */
  readonly keepAfter?: bigint
}
