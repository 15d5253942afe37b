/**
 * A transport inside one process, as unreliable as a test wants: each delivery may be lost on its way there or back,
 * repeated, or late. Who listens may come and go.
 */

import type { InstitutionId } from '../../src/ids.ts'
import { type Receiver, type Transports, Undeliverable } from '../../src/mail/transport.ts'
import { DeadlineExceeded, type Runtime } from '../../src/runtime.ts'

export interface Weather {
  /** Called for each delivery. */
  next(): {
    readonly lost?: 'there' | 'back'
    readonly repeated?: boolean
    readonly lateMs?: number
  }
}

const fairWeather: Weather = { next: () => ({}) }

export interface InProcessMail extends Transports {
  /** Bytes of every delivery, in order, for tests that play them back. */
  readonly carried: { readonly to: InstitutionId; readonly bytes: Uint8Array }[]
  /** Hands bytes over once more, whenever. */
  again(to: InstitutionId, bytes: Uint8Array): Promise<Uint8Array>
}

export function inProcessMail(runtime: Runtime, weather: Weather = fairWeather): InProcessMail {
  const receivers = new Map<string, Receiver>()
  const carried: InProcessMail['carried'] = []
  const hand = async (to: InstitutionId, bytes: Uint8Array) => {
    const receiver = receivers.get(to)
    if (receiver === undefined) throw new Undeliverable(to, 'nobody listens')
    // Announced, as a request beyond the process is.
    return runtime.work(receiver(bytes))
  }
  return {
    carried,
    again: hand,
    incoming: {
      listen: async (institution, receiver) => {
        receivers.set(institution, receiver)
        return {
          close: async () => {
            if (receivers.get(institution) === receiver) receivers.delete(institution)
          },
        }
      },
    },
    outgoing: {
      deliver: async (to, bytes, deadlineMs) => {
        const { lost, repeated, lateMs = 0 } = weather.next()
        carried.push({ to, bytes })
        if (lost === 'there') throw new DeadlineExceeded(`delivery to ${to}`, deadlineMs)
        if (lateMs > 0) await runtime.sleep(lateMs)
        const answer = await hand(to, bytes)
        if (repeated) await hand(to, bytes)
        if (lost === 'back' || lateMs > deadlineMs) throw new DeadlineExceeded(`delivery to ${to}`, deadlineMs)
        return answer
      },
    },
  }
}
