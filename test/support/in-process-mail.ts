/**
 * A transport inside one process, as unreliable as a test wants: each delivery may be lost on its way there or back,
 * repeated, late, refused as too large, or answered with a reply that was recorded. Who listens may come and go.
 */

import type { InstitutionId } from '../../src/ids.ts'
import {
  type BundleReceiver,
  type Credentials,
  TooLarge,
  type Transports,
  Undeliverable,
} from '../../src/mail/transport.ts'
import { DeadlineExceeded, type Runtime } from '../../src/runtime.ts'

export interface Weather {
  /** Called for each delivery. */
  next(delivery: { readonly from: InstitutionId; readonly to: InstitutionId }): {
    readonly lost?: 'there' | 'back'
    readonly repeated?: boolean
    readonly lateMs?: number
    /** It never arrives: somebody between the two answers with these bytes. */
    readonly answeredWith?: Uint8Array | (() => Promise<Uint8Array>)
  }
}

const fairWeather: Weather = { next: () => ({}) }

export interface Carried {
  readonly from: InstitutionId
  readonly to: InstitutionId
  readonly bytes: Uint8Array
  answer?: Uint8Array
  /** When its sender heard of it, or that it will hear nothing. */
  endedMs?: number
}

export interface InProcessMail extends Transports {
  /** Bytes of every delivery, in order, and of its answer, for tests that play them back. */
  readonly carried: Carried[]
  /** No institution takes more bytes than this. */
  mostBytes: number
  /** Whatever is sent meanwhile is on its way until then. */
  holdUntil(over: Promise<unknown>): void
  /** Hands bytes over once more, whenever; as if a connection had proved that they are of `from`. */
  again(to: InstitutionId, bytes: Uint8Array, from?: InstitutionId): Promise<Uint8Array>
}

export function inProcessMail(runtime: Runtime, weather: Weather = fairWeather): InProcessMail {
  const receivers = new Map<string, BundleReceiver>()
  const carried: InProcessMail['carried'] = []
  let held: Promise<unknown> | undefined
  const mail = {
    mostBytes: Number.POSITIVE_INFINITY,
    holdUntil: (over: Promise<unknown>) => {
      const letGo = () => {
        held = undefined
      }
      held = over.then(letGo, letGo)
    },
  }
  const hand = async (to: InstitutionId, bytes: Uint8Array, from?: InstitutionId) => {
    const receiver = receivers.get(to)
    if (receiver === undefined) throw new Undeliverable(to, 'nobody listens')
    // Announced, as a request beyond the process is.
    return runtime.work(receiver(bytes, from))
  }
  const carry = async (
    delivery: Carried,
    { lost, repeated, lateMs = 0, answeredWith }: ReturnType<Weather['next']>,
    deadlineMs: number,
  ) => {
    const { from, to, bytes } = delivery
    if (held) await held
    if (bytes.length > mail.mostBytes) throw new TooLarge(to)
    if (answeredWith) return typeof answeredWith === 'function' ? answeredWith() : answeredWith
    if (lost === 'there') throw new DeadlineExceeded(`delivery to ${to}`, deadlineMs)
    const sender = receivers.get(from)
    if (lateMs > 0) await runtime.sleep(lateMs)
    // What a connection still carries ends with the process that had it.
    if (receivers.get(from) !== sender) throw new Undeliverable(to, 'the connection is gone')
    const answer = await hand(to, bytes)
    delivery.answer = answer
    if (repeated) await hand(to, bytes)
    if (lost === 'back' || lateMs > deadlineMs) throw new DeadlineExceeded(`delivery to ${to}`, deadlineMs)
    return answer
  }
  return Object.assign(mail, {
    carried,
    again: hand,
    incoming: {
      listen: async (institution: InstitutionId, receiver: BundleReceiver) => {
        receivers.set(institution, receiver)
        return {
          close: async () => {
            if (receivers.get(institution) === receiver) receivers.delete(institution)
          },
        }
      },
    },
    outgoing: {
      deliver: async (to: InstitutionId, bytes: Uint8Array, deadlineMs: number, { institution: from }: Credentials) => {
        const delivery: Carried = { from, to, bytes }
        const under = weather.next(delivery)
        carried.push(delivery)
        return carry(delivery, under, deadlineMs).finally(() => {
          delivery.endedMs = runtime.monotonicMs()
        })
      },
    },
  })
}
