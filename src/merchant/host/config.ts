/** A host's configuration: what a payee's says, for all of those for whom it speaks, and what their numbers look like. */
import { z } from 'zod'
import { merchantConfig } from '../config.ts'

export const hostConfig = merchantConfig.omit({ catalogue: true, register: true, cards: true }).extend({
  /** The numbers by which callers choose a payee: a prefix, random digits and two check digits, four to eight together. */
  payeeNumbers: z
    .strictObject({ prefix: z.string().regex(/^\d{1,4}$/), randomDigits: z.int().min(1).max(5) })
    .refine(({ prefix, randomDigits }) => prefix.length + randomDigits + 2 <= 8, 'more than eight digits'),
})

export type HostConfig = z.output<typeof hostConfig>
/** What `start` takes: defaults may be left out. */
export type HostSettings = z.input<typeof hostConfig>
