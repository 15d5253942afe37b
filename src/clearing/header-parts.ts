/** What headers have in common that one institution sends another of a business date: of a payee's file, a host's, a net statement. */
import { z } from 'zod'
import { institutionIdShape } from '../ids.ts'
import { integer } from '../mail/letter.ts'

export const bytes32 = z.custom<Uint8Array>(value => value instanceof Uint8Array && value.length === 32)

/** Each header is one of a chain: it names the one before. */
export const headerParts = {
  network: z.string(),
  from: institutionIdShape,
  to: institutionIdShape,
  /** 1, 2, 3 … from one institution to another. */
  number: integer.refine(number => number >= 1n),
  date: z.string().regex(/^\d{4}-\d\d-\d\d$/),
  /** The instant at which the date ended, and the zone whose clocks say so. */
  cutOff: z.strictObject({ at: integer, timeZone: z.string() }),
  /** The hash of the one before; 32 zero bytes before the first. */
  previous: bytes32,
}
