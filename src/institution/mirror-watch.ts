/** Watches that the machine that stands by has the keys of records: what only one machine has, a fire takes. */
import { raiseAlarm } from '../alarm.ts'
import type { InstitutionId } from '../ids.ts'
import type { MirroredRecordKeys } from '../keys/mirror/mirrored-keys.ts'
import { now, type Runtime } from '../runtime.ts'
import type { Store } from '../store/store.ts'

/** A machine that is started anew is back by then. */
const mostLagMs = 30_000
const lookEveryMs = 1_000

export interface MirrorWatch {
  /** For how long the mirror has lacked something, in milliseconds; 0 while both are the same. */
  lagMs(): number
  close(): Promise<void>
}

interface Watched {
  readonly institution: InstitutionId
  readonly runtime: Runtime
  readonly store: Store
}

/** Of keys that the other machine had destroyed and the books need. It does not happen to machines that only this program has been on. */
export function alarmOfSpared(
  { institution, runtime, store }: Watched,
  troubled: (error: unknown) => void,
): (names: readonly string[]) => void {
  return names => {
    const detail = `the other machine had destroyed ${names.length} keys that the books need, and gets them again: look at who had access to it`
    const alarm = { peer: institution, kind: 'record-keys-behind', detail, at: now({ runtime }) } as const
    store.execute(tx => raiseAlarm(tx, institution, alarm)).catch(troubled)
  }
}

export function watchMirror(
  { institution, runtime, store }: Watched,
  mirrored: Pick<MirroredRecordKeys, 'standing'>,
): MirrorWatch {
  const closing = new AbortController()
  const watch = async () => {
    let isAlarmed = false
    while (await slept(runtime, closing.signal)) {
      const { lagMs, why } = mirrored.standing()
      if (lagMs <= mostLagMs) isAlarmed = false
      else if (!isAlarmed) {
        isAlarmed = true
        const detail = `the other machine has not had all keys for ${Math.round(lagMs / 1_000)} s: ${why}`
        const alarm = { peer: institution, kind: 'record-keys-behind', detail, at: now({ runtime }) } as const
        // An alarm that cannot be written has a store with greater trouble behind it.
        await store.execute(tx => raiseAlarm(tx, institution, alarm)).catch(() => {})
      }
    }
  }
  const watching = watch()
  return {
    lagMs: () => mirrored.standing().lagMs,
    close: async () => {
      closing.abort()
      await watching
    },
  }
}

function slept(runtime: Runtime, over: AbortSignal): Promise<boolean> {
  return runtime.sleep(lookEveryMs, over).then(
    () => true,
    () => false,
  )
}
