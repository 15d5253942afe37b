/** What a terminal and the process that drives its readers say to each other, and what readers answer when they do not do it. */
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import type { Absence } from '../../card/apdu/secure-element.ts'

export type ReaderRequest =
  | { readonly do: 'connect'; readonly reader: string }
  | { readonly do: 'transmit'; readonly apdu: Uint8Array }
  | { readonly do: 'disconnect' }

const reader = z.strictObject({ name: z.string(), hasCard: z.boolean() })
export type Reader = z.output<typeof reader>

const report = z.discriminatedUnion('is', [
  /** The package cannot be loaded: it was not built on this machine. */
  z.strictObject({ is: z.literal('not-built') }),
  /** All that there are, as often as that changes. */
  z.strictObject({ is: z.literal('readers'), readers: z.array(reader) }),
  /** The service is gone, or will not have us. */
  z.strictObject({ is: z.literal('over'), code: z.number() }),
  /** The answer to a request. `protocol`: the one agreed on with the card. */
  z.strictObject({ is: z.literal('done'), response: bytes.optional(), protocol: z.number().optional() }),
  z.strictObject({ is: z.literal('failed'), code: z.number() }),
])
export type ReaderReport = z.output<typeof report>

export const parseReport = (message: unknown): ReaderReport => report.parse(message)

/** Of PC/SC (winscard.h, pcsclite.h). */
const absences: ReadonlyMap<number, Absence> = new Map([
  [0x8010001d, 'no-service'],
  /** Stopped. */
  [0x8010001e, 'no-service'],
  [0x8010006a, 'not-allowed'],
  [0x8010000b, 'in-use'],
  [0x8010000c, 'no-card'],
  [0x80100066, 'mute'],
  /** Without power: it did not take any. */
  [0x80100067, 'mute'],
  /** A protocol that neither of both knows, and an answer to reset that is none. */
  [0x8010000f, 'mute'],
  [0x80100015, 'mute'],
  [0x80100009, 'no-reader'],
  [0x80100017, 'no-reader'],
  [0x8010002e, 'no-reader'],
  [0x8010000a, 'no-answer'],
])

/** Everything else is a card that is not there as it was: removed, reset by somebody, or cut off in the middle of a command. */
export function absenceOf(code: number): Absence {
  return absences.get(code) ?? 'taken-out'
}
