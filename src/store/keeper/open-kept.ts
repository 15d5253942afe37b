/**
 * Opens an institution's store whose log PostgreSQL keeps. Until the lease is free this process stands by: it follows the log into its own
 * database. With the lease it runs what is left, proves that it has come to the same head, and serves.
 */
import { rmSync } from 'node:fs'
import { invariant } from '../../invariant.ts'
import { type Cancelled, withDeadline } from '../../runtime.ts'
import { checkpointFolder, checkpointsIn } from '../change-log/checkpoint.ts'
import type { Checkpoint } from '../change-log/checkpoint-facts.ts'
import { takeInThread } from '../change-log/checkpoints.ts'
import { type LogHead, noHead } from '../change-log/head.ts'
import { schemaOf as schemaObjects } from '../change-log/rows.ts'
import { databaseIn, openFile, openMemory, type Sqlite, serialize } from '../connection.ts'
import { lockFolder } from '../lock.ts'
import { makeFolder } from '../make-folder.ts'
import { SchemaMismatch } from '../migrations.ts'
import { type OpenStore, openStore, schemaOf } from '../open.ts'
import { type Store, UnknownOutcome } from '../store.ts'
import type { Keep } from '../writer.ts'
import { beginMark, handOverMark, holdsBooks, missingToBegin, missingToHandOver, noteKept } from './beginning.ts'
import { BooksDiffer, Following } from './following.ts'
import { Keeper } from './keeper.ts'
import { KeptCheckpoints, type Vouching, vouchedFor } from './kept-checkpoints.ts'
import { KeptLog } from './kept-log.ts'
import { type Held, Lease, LeaseTaker } from './lease.ts'
import { Link } from './link.ts'
import { endedLease, noteTaken } from './own-lease.ts'
import { type KeeperPlace, type KeeperTimes, renewalTimes, usualTimes } from './place.ts'
import { type LeastHistory, Refused, Unanswered } from './session.ts'
import { StandingCheckpoints } from './standing-checkpoints.ts'
import { makeTables } from './tables.ts'
import { upgrade } from './upgrade.ts'

export interface OpenKept extends Omit<OpenStore, 'keep'> {
  readonly institution: string
  readonly keeper: KeeperPlace
  /** Of checkpoints that PostgreSQL gets at the beginning, or gives. */
  readonly vouching: Vouching
  readonly times?: KeeperTimes
  /** Nothing more can be answered by this process: it ends, and whoever starts next finds out what was kept. */
  readonly lost: (cause: unknown) => void
  /** The lease has run out and PostgreSQL cannot be asked: nothing is answered until it can. Once, and then `back`. */
  readonly away?: (cause: unknown) => void
  readonly back?: () => void
  /** Somebody else has the lease, or PostgreSQL is away: the process waits. It is told each time that it looks. */
  readonly standingBy?: (why: string) => void
  /** Told before what may take minutes, by itself: its books are fetched, followed, or brought to another schema. */
  readonly preparing?: (what: string) => void
  /** Gives up standing by. */
  readonly signal?: Cancelled
}

/** @throws BooksDiffer, FolderInUse, KeptCheckpointDamaged, KeptCheckpointDoubtful, ReplayFault, SchemaMismatch */
export async function openKeptStore(options: OpenKept): Promise<Store> {
  const { runtime, institution, keeper: place, times = usualTimes } = options
  const linkWith = (of: KeeperTimes) => (least?: LeastHistory) => new Link(runtime, place, of, least)
  const way: Way = {
    link: linkWith(times),
    renewing: linkWith(renewalTimes(times)),
    institution,
    lost: onlyOnce(options.lost),
  }
  const link = way.link()
  try {
    const { at: place } = options
    const standing = 'folder' in place ? new StandingCheckpoints(runtime, place.folder, options.vouching) : undefined
    const { lease, least, keep, at } = await onItsOwn(place, open => takeOver(options, way, link, standing, open))
    try {
      return servedUnder(options, { lease, least, standing }, openStore({ ...options, at, keep }), way, link)
    } catch (error) {
      await lease.release()
      throw error
    }
  } catch (error) {
    link.close()
    throw error
  }
}

/** Runs `work` on the database that is to be served, which nobody else has meanwhile. */
async function onItsOwn<T>(at: OpenStore['at'], work: (open: () => Sqlite) => Promise<T>): Promise<T> {
  if ('folder' in at) makeFolder(at.folder)
  const lock = 'folder' in at ? lockFolder(at.folder) : undefined
  let database: Sqlite | undefined
  try {
    return await work(() => {
      database = 'folder' in at ? openFile(databaseIn(at.folder)) : inMemory(at.memory)
      return database
    })
  } finally {
    database?.close()
    lock?.release()
  }
}

/** How PostgreSQL is reached for one institution. */
interface Way {
  readonly link: (least?: LeastHistory) => Link
  /** For renewals of the lease. */
  readonly renewing: (least: LeastHistory) => Link
  readonly institution: string
  readonly lost: (cause: unknown) => void
}

interface TakenOver {
  readonly lease: Lease
  readonly least: LeastHistory
  readonly keep: Keep
  readonly at: OpenStore['at']
}

async function takeOver(
  options: OpenKept,
  way: Way,
  link: Link,
  standing: StandingCheckpoints | undefined,
  open: () => Sqlite,
): Promise<TakenOver> {
  const { runtime, at, times = usualTimes } = options
  const log = new KeptLog(link, way.institution)
  const checkpoints = new KeptCheckpoints(link, way.institution)
  await untilReached(options, () => makeTables(link))
  const { vouching, preparing = () => {} } = options
  const kept = { institution: way.institution, log, checkpoints, vouching, preparing }
  await untilThere(options, () => missingToBegin(at, kept))
  const isFilled = 'folder' in at && holdsBooks(at.folder)
  const database = open()
  const following = new Following(database, log)
  const held = await standBy(options, link, following, () => standing?.step(database, checkpoints))
  let known: { readonly head: LogHead } = { head: noHead }
  const least: LeastHistory = { institution: way.institution, epoch: held.epoch, head: () => known.head }
  link.believeFrom(least)
  const lease = new Lease(runtime, way.renewing(least), way.institution, held, times)
  const { away = () => {}, back = () => {} } = options
  lease.keepUp({ lost: way.lost, away, back })
  try {
    await following.catchUp()
    const { sequence } = following.head
    if (sequence === 0n && isFilled)
      throw new BooksDiffer('they have no log yet: start them once without their keeper, which begins it')
    if (sequence > 0n && (await log.head()) === undefined) {
      // It was made anew while this machine stood by.
      const missing = 'folder' in at && (await missingToHandOver(at.folder, kept))
      if (missing) throw new BooksDiffer(missing)
      kept.preparing('it hands its books over')
      await standing?.idle()
      await checkpoints.put(await checkpointNow(options, sequence), held.epoch)
    }
    const keeper = new Keeper(log, lease, await following.prove(held.epoch), way.lost)
    known = keeper
    const keep: Keep = record => keeper.keep(record)
    const { migrations } = schemaOf(options.migrations)
    await upgrade(runtime, at, database, { migrations, keep, isNew: sequence === 0n }, kept.preparing)
    assertNothingDeferred(database)
    noteKept(at, way.institution)
    if ('folder' in at) for (const word of [beginMark, handOverMark]) rmSync(word(at.folder), { force: true })
    return { lease, least, keep, at: 'folder' in at ? at : { memory: serialize(database) } }
  } catch (error) {
    await lease.release()
    throw error
  }
}

/** Follows the log until the lease is this process's. `meanwhile`: what is done between two looks, while another has it. */
async function standBy(
  options: OpenKept,
  link: Link,
  following: Following,
  meanwhile: () => Promise<void> | undefined,
): Promise<Held> {
  const { runtime, institution, times = usualTimes, standingBy = () => {}, signal } = options
  const taker = new LeaseTaker(runtime, institution, times, endedLease(options.at))
  if (await untilReached(options, () => following.isFarBehind())) options.preparing?.('it follows what is kept')
  const { sequence } = following.head
  for (;;) {
    const held = await untilReached(options, async () => {
      await following.catchUp()
      // They are what is kept, as each record names the one before it.
      if (following.head.sequence > sequence) noteKept(options.at, institution)
      return taker.tryToTake(link)
    })
    if (held !== undefined) {
      noteTaken(options.at, held)
      return held
    }
    standingBy('another process has the lease')
    await untilReached(options, async () => meanwhile())
    await runtime.sleep(times.lookEveryMs, signal)
  }
}

async function untilThere(options: OpenKept, missing: () => Promise<string | undefined>): Promise<void> {
  const { runtime, times = usualTimes, standingBy = () => {}, signal } = options
  for (;;) {
    const why = await untilReached(options, missing)
    if (why === undefined) return
    standingBy(why)
    await runtime.sleep(times.lookEveryMs, signal)
  }
}

async function untilReached<T>(options: OpenKept, work: () => Promise<T>): Promise<T> {
  const { runtime, times = usualTimes, standingBy = () => {}, signal } = options
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unanswered)) throw error
      standingBy(error.message)
    }
    await runtime.sleep(times.lookEveryMs, signal)
  }
}

/** Commands are kept before they are committed; queries are answered for as long as nobody else can have written. */
function servedUnder(
  options: OpenKept,
  { lease, least, standing }: Pick<TakenOver, 'lease' | 'least'> & { standing: StandingCheckpoints | undefined },
  store: Store,
  way: Way,
  link: Link,
): Store {
  const { runtime, times = usualTimes } = options
  const asides = new Set<Link>()
  // One at a time: of the same snapshot one would delete the other's parts.
  let keeping: Promise<unknown> = Promise.resolve()
  const keepCheckpoint = async (checkpoint: Checkpoint) => {
    // A way of its own: a snapshot takes seconds, for which no group is to wait.
    const aside = way.link(least)
    asides.add(aside)
    const checkpoints = new KeptCheckpoints(aside, way.institution)
    try {
      await checkpoints.put(checkpoint, lease.epoch)
      await checkpoints.letGo(lease.epoch)
    } finally {
      aside.close()
      asides.delete(aside)
    }
  }
  return {
    ...store,
    execute: (command, urgency) =>
      store.execute(command, urgency).catch(error => {
        // Kept, and not committed here: whoever has the lease next begins with what is kept.
        if (error instanceof UnknownOutcome) way.lost(error)
        throw error
      }),
    read: async query => {
      lease.assertHeld()
      const found = await store.read(query)
      lease.assertHeld()
      return found
    },
    checkpoint: async options => {
      await standing?.idle()
      const checkpoint = await store.checkpoint(options)
      if (checkpoint === undefined) return undefined
      const kept = keeping.then(() => keepCheckpoint(checkpoint))
      keeping = kept.catch(() => {})
      await kept
      return checkpoint
    },
    close: async () => {
      const closed = store.close()
      // A checkpoint may take minutes, for which nobody who takes over is to wait.
      await withDeadline(runtime, 'the store', times.leaseMs, closed).catch(() => {})
      await lease.release()
      for (const each of [link, ...asides]) each.close()
      await closed
    },
  }
}

async function checkpointNow({ runtime, at, vouching }: OpenKept, sequence: bigint): Promise<Checkpoint> {
  if (!('folder' in at))
    throw new BooksDiffer('nothing is kept there, and books in memory have no checkpoint to begin with')
  const folder = checkpointFolder(at.folder)
  const last = () => checkpointsIn(folder).find(({ head }) => head.sequence === sequence)
  if (last() === undefined) await runtime.work(takeInThread({ file: databaseIn(at.folder), folder }))
  const checkpoint = last()
  invariant(checkpoint !== undefined, 'a checkpoint was not taken', sequence)
  return vouchedFor(folder, checkpoint, vouching)
}

/** A commit here must not fail for a reason that lies in the record: it is kept by then. */
function assertNothingDeferred(database: Sqlite): void {
  const deferred = schemaObjects(database).find(({ sql }) => /\bINITIALLY\s+DEFERRED\b/i.test(sql))
  if (deferred !== undefined)
    throw new SchemaMismatch(`${deferred.name} has a reference that only the commit would check`)
}

function inMemory(memory: Uint8Array | 'empty'): Sqlite {
  return memory === 'empty' ? openMemory() : openMemory(memory)
}

function onlyOnce(lost: (cause: unknown) => void): (cause: unknown) => void {
  let isLost = false
  return cause => {
    if (!isLost) lost(cause)
    isLost = true
  }
}
