/**
 * What every institution has besides its business: books and keys in a folder, a place among its counterparties, and a
 * night. Banks and payees are built on it (`start.ts` of each).
 */
import { join } from 'node:path'
import { raiseAlarm } from '../alarm.ts'
import type { InstitutionId } from '../ids.ts'
import { openKeyFolder } from '../keys/key-folder.ts'
import type { KeyStore, PublicKey } from '../keys/keys.ts'
import type { MirroredRecordKeys } from '../keys/mirror/mirrored-keys.ts'
import { type MirrorPlaces, openMirroredKeys } from '../keys/mirror/open-mirrored.ts'
import { openRecordKeys, type RecordKeys } from '../keys/record-keys.ts'
import type { Mail, Troubled } from '../mail/mail.ts'
import { adoptFound, keyElsewhere, type OwnKey } from '../mail/own-keys.ts'
import type { PeerCard } from '../mail/peers.ts'
import { wantedLetterKeys } from '../mail/sealed-letters.ts'
import { type Cancelled, now, type Runtime } from '../runtime.ts'
import { openKeptStore } from '../store/keeper/open-kept.ts'
import type { KeeperPlace } from '../store/keeper/place.ts'
import type { Migration } from '../store/migrations.ts'
import { openStore } from '../store/open.ts'
import type { Store, Tx } from '../store/store.ts'
import { isEstablished } from '../store/tenants.ts'
import type { Tracing } from '../trace.ts'
import { BackupWatch } from './backup-watch.ts'
import { type CallBacks, callBacksOf } from './call-backs.ts'
import { commonDecisions } from './common-decisions.ts'
import { type Decisions, decisionsOf, type Kind } from './decisions.ts'
import { type KeyWatch, keyWatch } from './key-watch.ts'
import { type KeysElsewhere, keysElsewhere } from './keys-elsewhere.ts'
import { alarmOfSpared, type MirrorWatch, watchMirror } from './mirror-watch.ts'
import { keepNightWatch } from './night-watch.ts'
import { type PersonPasskeys, personPasskeys } from './person-passkeys.ts'
import { Recovery, type Standing } from './recovery.ts'
import { bringKeys, vouchingOf } from './vouching.ts'

export interface Premises {
  readonly store: Store
  readonly keys: KeyStore
  /** One key per secret, outside the books and their backups. */
  readonly recordKeys: RecordKeys
  readonly tracing?: Tracing | undefined
  /** The same, where another machine has them too. */
  readonly mirrored?: MirroredRecordKeys | undefined
  /** Asked before anything is given up because its key is not here. */
  readonly elsewhere?: KeysElsewhere | undefined
}

/** Whose books lie where. */
export interface House {
  readonly id: string
  readonly folder: string
  /** A PostgreSQL that keeps the log of its books. */
  readonly keeping?: Keeping | undefined
  /** Without it nothing is traced. */
  readonly tracing?: Tracing | undefined
  /** The two machines that have the keys of its records. */
  readonly recordKeys?: MirrorPlaces | undefined
}

export interface Keeping {
  readonly keeper: KeeperPlace
  /** Nothing more may be answered: the process ends. */
  readonly lost: (cause: unknown) => void
  /** Nothing is answered, as its keeper cannot be asked; and it can again. */
  readonly away?: (cause: unknown) => void
  readonly back?: () => void
  /** It waits, as another machine serves or PostgreSQL is away; told each time that it looks. */
  readonly standingBy: (why: string) => void
  /** It is at work on what may take minutes before it serves. */
  readonly preparing?: (what: string) => void
  readonly signal: Cancelled
}

/** An institution that runs, as its operators and counterparties see it. */
export interface RunningInstitution {
  /** What counterparties pin, as it is at the start. */
  readonly card: PeerCard
  /** Its own keys, and what counterparties pin now. */
  readonly ownKeys: KeyWatch
  /** By which auditors and counterparties know its signed heads. */
  readonly ledgerKeys: readonly PublicKey[]
  /** What two people decide, a counterparty's keys first of all. */
  readonly decisions: Decisions
  /** By which those people sign on pages. */
  readonly peoplePasskeys: PersonPasskeys
  readonly mail: Mail
  readonly store: Store
  /** Knows whether the books went back in time, and when callers may be served. */
  readonly recovery: Pick<Recovery, 'begun' | 'open' | 'closedAgain'>
  /** Knows how far the log has been shipped away. */
  readonly backups: BackupWatch
  /** Knows how far the other machine's record keys are behind. Undefined: there is no other machine. */
  readonly mirror: MirrorWatch | undefined
  /** Callers who want to be called back. */
  readonly callBacks: CallBacks
  /** Does the nightly work now. */
  nightly(): Promise<void>
  close(): Promise<void>
}

/** The books know a later key than the folder: it was made on another machine, or the keys were put back from before. */
export class KeysBehind extends Error {
  constructor(folder: string, { keyId, purpose }: OwnKey) {
    super(`the books use ${keyId} (${purpose}), which is not in ${folder}: move the keys there away, and ${bringKeys}`)
    this.name = 'KeysBehind'
  }
}

/**
 * Opens the books (the database in the house's folder) and the keys (`keys/` and `record-keys/` in it, which a backup of the database
 * leaves out). An institution that has books and no keys is refused: it would be another one under the old name.
 * @throws KeysBehind, and what opening books and keys throws
 */
export async function openPremises(
  runtime: Runtime,
  { id, folder, keeping, tracing, recordKeys: mirror }: House,
  migrations: readonly Migration[],
): Promise<Premises> {
  const books = { runtime, at: { folder }, migrations, traceOf: tracing?.traceOf }
  const keyFolder = join(folder, 'keys')
  const vouching = vouchingOf(runtime, id, keyFolder)
  const opened: { close(): Promise<void> }[] = []
  try {
    const recordFolder = join(folder, 'record-keys')
    // Before the books, for which a machine that stands by waits: meanwhile it is the mirror.
    const mirrored = mirror && (await openMirroredKeys(runtime, id as InstitutionId, recordFolder, mirror))
    if (mirrored) opened.push(mirrored)
    const store = keeping ? await openKeptStore({ ...books, ...keeping, institution: id, vouching }) : openStore(books)
    opened.unshift(store)
    const recordKeys = mirrored ?? openRecordKeys(runtime, { folder: recordFolder })
    if (!mirrored) opened.push(recordKeys)
    const hasBooks = await store.read(isEstablished)
    const age = hasBooks ? 'an established institution' : 'a new institution'
    const keys = await openKeyFolder(runtime, keyFolder, age)
    const later = await store.read(tx => keyElsewhere(tx, id as InstitutionId, keys))
    if (later !== undefined) throw new KeysBehind(keyFolder, later)
    await mirrored?.serve()
    const { standingBy, signal } = keeping ?? {}
    const elsewhere = mirrored && keysElsewhere({ folder, mirrored, standingBy, signal })
    return { store, recordKeys, mirrored, elsewhere, keys, tracing }
  } catch (error) {
    for (const each of opened) await each.close()
    throw error
  }
}

/** Opens them and starts in them; what could not be started leaves them closed. */
export async function inPremises<Running>(
  runtime: Runtime,
  house: House,
  migrations: readonly Migration[],
  start: (premises: Premises) => Promise<Running>,
): Promise<Running> {
  const premises = await openPremises(runtime, house, migrations)
  try {
    return await start(premises)
  } catch (error) {
    await closePremises(premises)
    throw error
  }
}

export async function closePremises({ store, recordKeys }: Premises): Promise<void> {
  await store.close()
  await recordKeys.close()
}

interface Parts extends Premises {
  readonly config: {
    readonly id: InstitutionId
    readonly timeZone: string
    readonly nightlyAt?: string | undefined
    /** Local time of day: `06:00`. */
    readonly reconciledBy: string
  }
  readonly runtime: Runtime
  readonly mail: Mail
  readonly troubled: Troubled
  /** Where the books stood before anything was written. */
  readonly openedAt: Standing
  /** What writes letters by itself may do so from now on: it is known whether the books went back in time. */
  readonly begin?: () => void
  /** In the command that notes that the books went back in time. */
  readonly lost?: (tx: Tx) => Promise<void>
  /** Which of these record keys its own business needs. */
  readonly wantedKeys?: (names: readonly string[]) => Promise<ReadonlySet<string>>
  /** Those of its own business. */
  readonly decisions?: Readonly<Record<string, Kind>>
  /** A checkpoint of the books follows it. */
  nightly(): Promise<unknown>
  /** Looks whether the nights' work is done, where nights are kept. */
  morning(): Promise<void>
  /** Closed in this order, after the night watch. */
  readonly closing: readonly { close(): Promise<void> }[]
}

/** A night that went wrong says so where it is asked for, and is one line of the log with its trace. */
async function inNight(tracing: Tracing | undefined, work: () => Promise<void>): Promise<void> {
  const trace = tracing?.begin('night', {})
  try {
    await work()
    trace?.end('done')
  } catch (error) {
    trace?.failed(error)
    trace?.end('fault')
    throw error
  }
}

/** Its night watch is kept from now on. */
export function runInstitution(parts: Parts): RunningInstitution {
  const { config, runtime, store, keys, mail, troubled, closing } = parts
  const ownKeys = keyWatch({ institution: config.id, store, runtime, keys, mail })
  const callBacks = callBacksOf({ store, runtime, recordKeys: parts.recordKeys, tenant: config.id })
  const nightly = () => inNight(parts.tracing, work)
  const work = async () => {
    await ownKeys.look()
    await callBacks.forget()
    await parts.nightly()
    const sign = async (digest: Uint8Array) => ({ signer: config.id, ...(await keys.sign('ledger', digest)) })
    await store.checkpoint({ sign }).catch(async (error: Error) => {
      const alarm = {
        peer: config.id,
        kind: 'checkpoint-differs',
        detail: error.message,
        at: now({ runtime }),
      } as const
      // It comes out of a thread: its class is lost on the way.
      if (error.name === 'CheckpointDiffers') await store.execute(tx => raiseAlarm(tx, config.id, alarm))
      throw error
    })
  }
  const recovery = new Recovery({
    institution: config.id,
    store,
    runtime,
    mail,
    openedAt: parts.openedAt,
    ...(parts.begin && { begun: parts.begin }),
    lost: async tx => {
      await parts.lost?.(tx)
      await adoptFound(tx, config.id, keys, now({ runtime }))
    },
    troubled,
  })
  let isClosing = false
  let looking: Promise<void> | undefined
  const look = () => {
    if (!isClosing) looking = Promise.all([ownKeys.look(), callBacks.forget()]).then(() => {}, troubled)
  }
  recovery.begin().then(look, troubled)
  parts.mirrored?.wantedBy(
    async names => {
      const wanted = [await wantedLetterKeys(store, names), await callBacks.wanted(names)]
      return new Set([...wanted, (await parts.wantedKeys?.(names)) ?? []].flatMap(each => [...each]))
    },
    alarmOfSpared({ institution: config.id, runtime, store }, troubled),
  )
  const mirror = parts.mirrored && watchMirror({ institution: config.id, runtime, store }, parts.mirrored)
  const backups = new BackupWatch({ institution: config.id, runtime, store })
  store.whenTooLong(({ bytes, forMs, cause }) => {
    const why = cause === undefined ? 'somebody has been reading it' : `it could not be written back: ${cause}`
    const detail = `the write-ahead log has ${bytes} bytes; for ${Math.round(forMs / 1_000)} s ${why}`
    const alarm = { peer: config.id, kind: 'log-too-long', detail, at: now({ runtime }) } as const
    store.execute(tx => raiseAlarm(tx, config.id, alarm)).catch(troubled)
  })
  const night = config.nightlyAt && keepNightWatch(config.nightlyAt, config.timeZone, () => nightly().catch(troubled))
  const [hour, minute] = config.reconciledBy.split(':').map(Number)
  const morning =
    night && keepNightWatch(`${minute} ${hour} * * *`, config.timeZone, () => parts.morning().catch(troubled))
  return {
    card: ownKeys.card(),
    ownKeys,
    ledgerKeys: keys.publicKeys().filter(({ purpose }) => purpose === 'ledger'),
    decisions: decisionsOf(
      { store, runtime, tenant: config.id },
      { ...commonDecisions(config.id, keys, mail), ...parts.decisions },
    ),
    peoplePasskeys: personPasskeys(store, runtime, config.id),
    mail,
    store,
    recovery,
    backups,
    mirror,
    callBacks,
    nightly,
    close: async () => {
      if (night) await night.stop()
      if (morning) await morning.stop()
      isClosing = true
      await recovery.close()
      await looking
      await backups.close()
      await mirror?.close()
      for (const each of closing) await each.close()
    },
  }
}
