/**
 * Callers who want to be called back. People dial them, never this program. Their number lies under a key of its own, outside the books:
 * once somebody has signed that it is done, the key is destroyed and nobody reads the number any more, in backups neither.
 */
import { encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import { isSigned, liveOf, people } from '../keys/people.ts'
import type { Signer } from '../keys/person-key.ts'
import type { RecordKeys } from '../keys/record-keys.ts'
import type { Language } from '../languages.ts'
import type { Origin } from '../origin.ts'
import { now, type Runtime, randomId } from '../runtime.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import { CallerLimit, isAttested } from './caller-limit.ts'

export const callBackMigrations: readonly Migration[] = [
  {
    room: 'call-backs',
    number: 1,
    sql: `
      CREATE TABLE call_back (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        number INTEGER NOT NULL CHECK (number > 0),
        -- Of the telephone number, which lies encrypted beside it.
        record TEXT NOT NULL UNIQUE,
        sealed BLOB NOT NULL,
        language TEXT NOT NULL CHECK (language IN ('en', 'zh')),
        asked_at INTEGER NOT NULL,
        PRIMARY KEY (tenant, number)
      ) STRICT;
      CREATE TABLE call_back_done (
        tenant TEXT NOT NULL,
        number INTEGER NOT NULL,
        -- The key of the person who signed that the caller was called back, or need not be.
        signer TEXT NOT NULL,
        signature BLOB NOT NULL CHECK (length(signature) = 64),
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, number),
        FOREIGN KEY (tenant, number) REFERENCES call_back (tenant, number),
        FOREIGN KEY (tenant, signer) REFERENCES person (tenant, key_id)
      ) STRICT`,
  },
]

/** More than any day brings: whoever asks in the name of the whole city fills no disk. */
const mostOpen = 200

/** While so many wait, nothing comes from callers whom nobody vouches for: half of the list is for the others, however long it waits for people. */
const mostBeforeUnattested = mostOpen / 2

const daily = (burst: number) => ({ burst, perMinute: burst / (24 * 60) })

/**
 * New requests of a day: of one caller, by the number or account that they call from; of those without a number together; and of all whose number
 * nobody vouches for.
 */
const rates = { caller: daily(3), withheld: daily(20), unattested: daily(mostBeforeUnattested) } as const

const recordPrefix = 'call-back-'

/** What a telephone number is, as a caller keys it or the network tells it. */
export const telephoneNumber = /^\+?\d{3,15}$/

export interface CallBacks {
  /** One telephone is called back once, however often it asks, which is the same. `full`: too many wait, for this caller to come behind them. `too-many`: of this caller's, or of callers like them. */
  ask(request: CallBackRequest): Promise<CallBackAsked>
  /** Those that nobody has signed for, oldest first. */
  open(): Promise<readonly OpenCallBack[]>
  /** How many there are, without a number being read. */
  waiting(): Promise<CallBacksWaiting>
  /** Notes whose signature says that these are done. One that is not open is left as it is. */
  done(signer: string, done: readonly CallBackDone[]): Promise<CallBacksDone>
  /** Destroys the keys of numbers that nobody is to dial: what a process that died in between has left. */
  forget(): Promise<void>
  /** Those of the names of keys that belong to a number which somebody is to dial. */
  wanted(keys: readonly string[]): Promise<readonly string[]>
}

export interface CallBackRequest {
  /** Digits, perhaps after a plus. */
  readonly telephone: string
  readonly language: Language
  /** Who asks: it need not be the telephone that is to be called. */
  readonly origin: Origin
}

export interface CallBackAsked {
  readonly outcome: 'noted' | 'full' | 'too-many'
}

/** Those that nobody has signed for. */
export interface CallBacksWaiting {
  readonly count: number
  /** Of the oldest. */
  readonly since: number | undefined
}

export interface OpenCallBack {
  readonly number: bigint
  /** Undefined: its key is gone, as after a restore without it. */
  readonly telephone: string | undefined
  readonly language: Language
  readonly askedAt: number
  readonly sealed: Uint8Array
}

/** What one person signed of one of them. */
export interface CallBackDone {
  readonly number: bigint
  readonly at: number
  readonly signature: Uint8Array
}

export type CallBacksDone =
  | { readonly outcome: 'done'; readonly count: number }
  /** Nothing was noted: the key is nobody's here, or did not sign one of these as it stands. */
  | { readonly outcome: 'unknown-person' | 'bad-signature' }

type Row = {
  readonly number: bigint
  readonly record: string
  readonly sealed: Uint8Array
  readonly language: Language
  readonly asked_at: bigint
}

export interface CallBackParts {
  readonly store: Store
  readonly recordKeys: RecordKeys
  readonly runtime: Runtime
  readonly tenant: InstitutionId
}

export function callBacksOf({ store, recordKeys, runtime, tenant }: CallBackParts): CallBacks {
  const contextOf = (record: string) => `call-back ${tenant} ${record}`
  const read = async ({ record, sealed, number, language, asked_at }: Row): Promise<OpenCallBack> => {
    const plain = await recordKeys.open({ record, sealed, context: contextOf(record) })
    const telephone = plain && new TextDecoder().decode(plain)
    return { number, telephone, language, askedAt: Number(asked_at), sealed }
  }
  const open = async () => Promise.all((await store.read(tx => openRows(tx, tenant))).map(read))
  const limit = new CallerLimit(runtime, rates)
  /** Sealed, and not in the books yet. */
  const underWay = new Set<string>()
  const forget = async () => {
    const sealed = await recordKeys.all(recordPrefix)
    // Looked at before the books are: what is not under way any more stands there.
    const kept = new Set(underWay)
    for (const { record } of await store.read(tx => openRows(tx, tenant))) kept.add(record)
    const left = sealed.filter(record => !kept.has(record))
    if (left.length > 0) await recordKeys.destroy(left)
  }
  return {
    open,
    forget,
    waiting: async () => {
      const rows = await store.read(tx => openRows(tx, tenant))
      return { count: rows.length, since: rows[0] && Number(rows[0].asked_at) }
    },
    wanted: async keys => {
      const kept = new Set((await store.read(tx => openRows(tx, tenant))).map(({ record }) => record))
      return keys.filter(key => kept.has(key))
    },
    ask: async ({ telephone, language, origin }) => {
      if (!telephoneNumber.test(telephone)) throw new TypeError('no telephone number')
      const waiting = await open()
      if (waiting.some(each => each.telephone === telephone)) return { outcome: 'noted' }
      const most = isAttested(origin) ? mostOpen : mostBeforeUnattested
      if (waiting.length >= most) return { outcome: 'full' }
      if (!limit.take(origin)) return { outcome: 'too-many' }
      const record = `${recordPrefix}${randomId(runtime)}`
      underWay.add(record)
      try {
        const plain = new TextEncoder().encode(telephone)
        const [sealed] = await recordKeys.seal([{ record, context: contextOf(record), plain }])
        if (sealed === undefined) throw new Error('sealing one record sealed none')
        const at = now({ runtime })
        const outcome = await store.execute(async tx => {
          // Others may have asked meanwhile.
          if ((await openRows(tx, tenant)).length >= most) return 'full'
          const last = await tx.one<{ number: bigint | null }>(
            'SELECT max(number) AS number FROM call_back WHERE tenant = ?',
            tenant,
          )
          await tx.run(
            'INSERT INTO call_back (tenant, number, record, sealed, language, asked_at) VALUES (?, ?, ?, ?, ?, ?)',
            ...[tenant, (last?.number ?? 0n) + 1n, record, sealed.sealed, language, BigInt(at)],
          )
          return 'noted'
        })
        if (outcome === 'full') await recordKeys.destroy([record])
        return { outcome }
      } finally {
        underWay.delete(record)
      }
    },
    done: async (signer, done) => {
      const noted = await store.execute(tx => noteDone(tx, tenant, signer, done))
      if (noted.outcome === 'done') await forget()
      return noted
    },
  }
}

/** `callBack`: as it was shown to whoever signs, who has called, or found that nobody need. */
export function signDone(signer: Signer, tenant: InstitutionId, callBack: OpenCallBack, at: number): CallBackDone {
  return { number: callBack.number, at, signature: signer.sign(doneMessage(tenant, callBack, at)) }
}

async function noteDone(
  tx: Tx,
  tenant: InstitutionId,
  signer: string,
  done: readonly CallBackDone[],
): Promise<CallBacksDone> {
  const person = liveOf(await people(tx, tenant), signer)
  if (person === undefined) return { outcome: 'unknown-person' }
  const rows = await openRows(tx, tenant)
  const theirs = done.flatMap(each => {
    const row = rows.find(({ number }) => number === each.number)
    return row === undefined ? [] : [{ ...each, row }]
  })
  const areSigned = theirs.every(({ row, at, signature }) => {
    const message = doneMessage(tenant, { ...row, askedAt: Number(row.asked_at) }, at)
    return isSigned(person, message, signature)
  })
  if (!areSigned) return { outcome: 'bad-signature' }
  for (const { number, at, signature } of theirs)
    await tx.run(
      'INSERT INTO call_back_done (tenant, number, signer, signature, at) VALUES (?, ?, ?, ?, ?)',
      ...[tenant, number, signer, signature, BigInt(at)],
    )
  return { outcome: 'done', count: theirs.length }
}

function openRows(tx: ReadTx, tenant: InstitutionId): Promise<Row[]> {
  return tx.all<Row>(
    `SELECT number, record, sealed, language, asked_at FROM call_back WHERE tenant = ?
     AND number NOT IN (SELECT number FROM call_back_done WHERE tenant = ?) ORDER BY number`,
    tenant,
    tenant,
  )
}

function doneMessage(
  tenant: InstitutionId,
  { number, sealed, language, askedAt }: Pick<OpenCallBack, 'number' | 'sealed' | 'language' | 'askedAt'>,
  at: number,
) {
  const asked = [number, sealed, language, BigInt(askedAt)]
  return encodeCanonical(['tonebank: this caller was called back', tenant, ...asked, BigInt(at)])
}
