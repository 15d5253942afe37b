/** A place in the change log: everything up to and with one record. What institutions show each other. */

export interface LogHead {
  /** 1, 2, 3 … */
  readonly sequence: bigint
  /** 32 bytes: SHA-256 of the record, which names its predecessor's. */
  readonly hash: Uint8Array
}

/** Before the first record. */
export const noHead: LogHead = { sequence: 0n, hash: new Uint8Array(32) }
