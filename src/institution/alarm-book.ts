/** Alarms as people deal with them: those that nobody has acknowledged, and who acknowledged which. */
import type { Alarm, AlarmKind } from '../alarm.ts'
import { encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import { isSigned, liveOf, people } from '../keys/people.ts'
import type { Signer } from '../keys/person-key.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'

export const alarmBookMigrations: readonly Migration[] = [
  {
    room: 'alarm-book',
    number: 1,
    sql: `
      CREATE TABLE alarm_acknowledged (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        number INTEGER NOT NULL REFERENCES clearing_alarm (number),
        by TEXT NOT NULL CHECK (by <> ''),
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, number)
      ) STRICT`,
  },
  {
    room: 'alarm-book',
    number: 2,
    // What a typed name acknowledged is open again.
    sql: `
      DROP TABLE alarm_acknowledged;
      CREATE TABLE alarm_acknowledged (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        number INTEGER NOT NULL REFERENCES clearing_alarm (number),
        -- The key of the person who signed that they looked into it.
        signer TEXT NOT NULL,
        signature BLOB NOT NULL CHECK (length(signature) = 64),
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, number),
        FOREIGN KEY (tenant, signer) REFERENCES person (tenant, key_id)
      ) STRICT`,
  },
]

export interface OpenAlarm extends Alarm {
  readonly number: bigint
}

/** Oldest first. */
export async function openAlarms(tx: ReadTx, tenant: InstitutionId): Promise<readonly OpenAlarm[]> {
  const rows = await tx.all<{ number: bigint; peer: InstitutionId; kind: string; detail: string; at: bigint }>(
    `SELECT number, peer, kind, detail, at FROM clearing_alarm WHERE tenant = ?
     AND number NOT IN (SELECT number FROM alarm_acknowledged WHERE tenant = ?) ORDER BY number`,
    tenant,
    tenant,
  )
  return rows.map(row => ({ ...row, kind: row.kind as AlarmKind, at: Number(row.at) }))
}

/** How many nobody has acknowledged. */
export async function countOpenAlarms(store: Store, tenant: InstitutionId): Promise<number> {
  return (await store.read(tx => openAlarms(tx, tenant))).length
}

/** That somebody has looked into one alarm, signed by their key. */
export interface Acknowledgement {
  readonly number: bigint
  /** When it was signed. */
  readonly at: number
  readonly signature: Uint8Array
}

/** One person is enough: it opens no door. `alarm`: as it was shown to them, so that nobody signs for what they have not read. */
export function acknowledge(signer: Signer, tenant: InstitutionId, alarm: OpenAlarm, at: number): Acknowledgement {
  return { number: alarm.number, at, signature: signer.sign(acknowledgedMessage(tenant, alarm, at)) }
}

export type Acknowledged =
  /** How many of them were open. */
  | { readonly outcome: 'acknowledged'; readonly count: number }
  /** Nothing was noted: the key is nobody's here, or did not sign one of these alarms as it stands. */
  | { readonly outcome: 'unknown-person' | 'bad-signature' }

/** Notes who has looked into these alarms. `signer`: the id of their key. One that is not open is left as it is. */
export async function acknowledgeAlarms(
  tx: Tx,
  tenant: InstitutionId,
  signer: string,
  acknowledgements: readonly Acknowledgement[],
): Promise<Acknowledged> {
  const person = liveOf(await people(tx, tenant), signer)
  if (person === undefined) return { outcome: 'unknown-person' }
  const open = await openAlarms(tx, tenant)
  const theirs = acknowledgements.flatMap(({ number, at, signature }) => {
    const alarm = open.find(each => each.number === number)
    return alarm === undefined ? [] : [{ alarm, at, signature }]
  })
  const areSigned = theirs.every(({ alarm, at, signature }) =>
    isSigned(person, acknowledgedMessage(tenant, alarm, at), signature),
  )
  if (!areSigned) return { outcome: 'bad-signature' }
  for (const { alarm, at, signature } of theirs) {
    await tx.run(
      'INSERT INTO alarm_acknowledged (tenant, number, signer, signature, at) VALUES (?, ?, ?, ?, ?)',
      ...[tenant, alarm.number, signer, signature, BigInt(at)],
    )
  }
  return { outcome: 'acknowledged', count: theirs.length }
}

function acknowledgedMessage(tenant: InstitutionId, { number, peer, kind, detail, at }: OpenAlarm, signedAt: number) {
  const alarm = [number, peer, kind, detail, BigInt(at)]
  return encodeCanonical(['tonebank: I have looked into this alarm', tenant, ...alarm, BigInt(signedAt)])
}
