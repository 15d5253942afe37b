/**
 * Everything that a command may ask of the process that owns an institution, by kind. To add one: a line here, a handler
 * where the institution is opened, and a command that asks it.
 */
import { z } from 'zod'
import { conversation, request } from './operation.ts'

export interface About {
  readonly institution: string
  readonly kind: string
  /** Of the process that answers. */
  readonly pid: number
}

export const contract = {
  /** Who owns these books. */
  about: request<About>()(z.object({})),
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
}
