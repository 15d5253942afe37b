/** The PostgreSQL that an installation's file names, and what becomes of a process that may not go on without it. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Keeping } from '../institution/premises.ts'
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { type KeeperPlace, usualTimes } from '../store/keeper/place.ts'
import { CannotDo } from './cannot-do.ts'
import { orExplain } from './explain.ts'
import type { Installation } from './installation/file.ts'
import { ownersAlone } from './owners-alone.ts'

/** @throws CannotDo when a file of it cannot be read */
export function keeperPlaceOf({ keeper, dataFolder }: Installation): KeeperPlace | undefined {
  if (keeper === undefined) return undefined
  const { hosts, database, user, passwordFile, tls } = keeper
  const what = 'what the keeper needs cannot be read'
  const read = (file: string) => orExplain(what, () => readFileSync(resolve(dataFolder, file), 'utf8'))
  return {
    ...{ hosts, database, user },
    ...(passwordFile !== undefined && {
      password: new Secret(read(ownersAlone(resolve(dataFolder, passwordFile), what)).trimEnd()),
    }),
    ...(tls && { tls: { ca: read(tls.ca) } }),
  }
}

/** Longer than a lease that nobody renews is waited for. */
const patienceMs = usualTimes.leaseMs + 1_500

/**
 * For one command. It waits for the lease of a process that died; where another machine serves, or PostgreSQL is away, it ends, and the
 * command is given there, or again.
 */
export function keepingForOne(installation: Installation, id: string, runtime: Runtime): Keeping | undefined {
  const keeper = keeperPlaceOf(installation)
  if (keeper === undefined) return undefined
  const leaving = new AbortController()
  let sinceMs: number | undefined
  return {
    keeper,
    // What it asked for ends as unknown or refused; there is nothing else to end.
    lost: () => {},
    standingBy: why => {
      sinceMs ??= runtime.monotonicMs()
      if (runtime.monotonicMs() - sinceMs < patienceMs) return
      leaving.abort(
        new CannotDo(
          `the books of ${id} cannot be opened here now (${why}): ask the machine that serves, or again in a few seconds`,
        ),
      )
    },
    signal: leaving.signal,
  }
}
