/** What a machine of a drill is told, and what it says. */
import type { KeeperTimes } from '../../../src/store/keeper/place.ts'
import type { Migration } from '../../../src/store/migrations.ts'

export interface Machine {
  /** Of this life alone: what it writes is called by it. */
  readonly name: string
  readonly folder: string
  readonly institution: string
  readonly keeper: KeeperOfMachine
  readonly times: KeeperTimes
}

export interface KeeperOfMachine {
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly database: string
  readonly user: string
  readonly password: string
  readonly tls?: { readonly ca: string } | undefined
}

/** It looks again and again whether the other has let go of the lease. */
export const standingBy = 'standing by'

/** Said before it asks for a renewal of its lease, and perhaps more often. */
export const renewing = 'renewing'

/** It has ended in order. */
export const closed = 'closed'

/** A note of each request by its id, and how often one was made. */
export const noteTables: readonly Migration[] = [
  {
    room: 'test',
    number: 1,
    sql: `CREATE TABLE note (maker TEXT, n INTEGER, PRIMARY KEY (maker, n)) STRICT;
      CREATE TABLE tally (id INTEGER PRIMARY KEY, made INTEGER NOT NULL) STRICT;
      INSERT INTO tally VALUES (1, 0)`,
  },
]
