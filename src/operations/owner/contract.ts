/**
 * Everything that a command may ask of the process that owns an institution, by kind. To add one: a line here, a handler
 * where the institution is opened, and a command that asks it.
 */
import { z } from 'zod'
import type { Language } from '../../speech/speech.ts'
import type { AsteriskDrained } from '../drain-asterisk.ts'
import type { Drained, InstitutionOverview, Standing } from '../shown.ts'
import { officeContract } from './office-contract.ts'
import { conversation, request } from './operation.ts'

export interface About {
  readonly institution: string
  readonly kind: string
  /** Of the process that answers. */
  readonly pid: number
}

const keys = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#'] as const

/** What a console says while it phones. */
const fromConsole = z.union([
  z.object({ key: z.enum(keys) }),
  z.object({ hangUp: z.literal(true) }),
  /** What was to be spoken has been said. */
  z.object({ spoken: z.literal(true) }),
])
export type FromConsole = z.infer<typeof fromConsole>

/** What it is told: text for its screen, masked text for its loudspeaker, and that it may key in the next written line. */
export type ToConsole =
  | { readonly write: string }
  | { readonly speak: string }
  | { readonly silence: true }
  | { readonly next: true }
  | { readonly close: true }

const call = z.object({
  line: z.string(),
  dialled: z.string(),
  isInteractive: z.boolean(),
  columns: z.number().optional(),
  aloud: z.boolean(),
})

export const contract = {
  ...officeContract,
  /** Who owns these books. */
  about: request<About>()(z.object({})),
  /** Asked often, and answered from memory. */
  standing: { ...request<Standing>()(z.object({})), deadlineMs: 2_000 },
  /** What operators look at. */
  overview: { ...request<InstitutionOverview>()(z.object({})), deadlineMs: 5_000 },
  /** Takes no new call, lets those in progress end, and then ends its process. Says meanwhile how many there are. */
  drain: conversation<Drained, { readonly calls: number }>()(z.object({}), z.never()),
  /** A call from a console. */
  phone: conversation<{ readonly ended: true }, ToConsole>()(call, fromConsole),
  /** What is said in the call of a page, by the key that was drawn for it: to whoever asks first. */
  captions: conversation<
    { readonly outcome: 'ended' | 'unknown' },
    { readonly language: Language; readonly text: string }
  >()(z.object({ key: z.string().regex(/^[0-9a-f]{32}$/) }), z.never()),
  /** Whoever ships the change log away reports how far it is, and is told when the institution stops. */
  backup: conversation<{ readonly outcome: 'finished' }, never>()(
    z.object({}),
    z.discriminatedUnion('say', [
      z.object({ say: z.literal('shipped'), sequence: z.bigint() }),
      z.object({ say: z.literal('finished') }),
    ]),
  ),
}

export type Contract = typeof contract

/** Starting an institution, prompts included: the first of a kind renders what nobody rendered before. */
const reloadDeadlineMs = 300_000

/** What may be asked of `tonebank start`, which owns the installation's folder. */
export const startContract = {
  /** Reads the installation's file again and becomes what it says. */
  reload: { ...request<{ readonly outcome: 'reloaded' }>()(z.object({})), deadlineMs: reloadDeadlineMs },
  /** As `drain` of every institution, and then all of it ends. */
  drain: conversation<Drained, { readonly calls: number }>()(z.object({}), z.never()),
  /** One of several Asterisk is given no new call, or is again. Says meanwhile how many it has. */
  drainAsterisk: conversation<AsteriskDrained, { readonly calls: number }>()(
    z.object({ asterisk: z.string(), back: z.boolean() }),
    z.never(),
  ),
}
