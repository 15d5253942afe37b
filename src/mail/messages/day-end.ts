/** Letters of the day end: a payee’s or a host’s file, what the bank made of it, and files that are told again to books that went back. */
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import { keptLetter } from '../kept-letter.ts'
import { integer } from '../letter.ts'
import { hosted, serial } from './parts.ts'

/** A payee's file of one business date begins. What the header says is for `src/clearing/header.ts`. */
const dayEndFile = z.object({ ...hosted, header: bytes })

/** Lines of the file with this number, one after another, the first of them the file's `from`th (1, 2, 3 …). */
const dayEndLines = z.object({ ...hosted, number: serial, from: serial, lines: bytes })

/** Lines of the file that the bank refused, or accepted with a break: the number of each, and why. */
const dayEndBreaks = z.object({
  ...hosted,
  number: serial,
  breaks: z.array(z.tuple([serial, z.string()])).max(500),
})

/** What the bank made of the file. What it says is for `src/clearing/result.ts`. */
const dayEndResult = z.object({ ...hosted, result: bytes })

/**
 * Of a host's file the bank did not take this payee's section, which has this number among the payee's files, and why. `isVoid`: two
 * people of the bank have declared the payee's file with this number void; nothing of it was posted, and its dates are told again.
 */
const dayEndRefused = z.object({
  ...hosted,
  number: serial,
  reason: z.string().max(200),
  isVoid: z.literal(true).optional(),
})

/** A host's file of one business date begins. What the header says is for `src/clearing/host-header.ts`. */
const hostFile = z.object({ header: bytes })

/** Sections of the host's file with this number, the first of them its `from`th: of each the header, as of a payee's own file. */
const hostFileSections = z.object({ number: serial, from: serial, sections: z.array(bytes).max(200) })

/** Lines of the host's file with this number, those of one section after those of another, the first of them its `from`th. */
const hostFileLines = z.object({ number: serial, from: serial, lines: bytes })

/** A host's books went back in time: the bank is to tell which of its files it holds. `recall`: the host's epoch. */
const hostFileRecall = z.object({ recall: serial, from: serial })

/** What a bank holds of a file. `proof`: the letter that brought the header, which the file's own author signed. */
const heldFile = z.object({ number: serial, header: bytes, isVoid: z.boolean(), proof: keptLetter.optional() })

/** As `dayEndHeld`, of a host's file. Its sections are told to each payee. */
const hostFileHeld = z.object({ recall: serial, last: integer, file: heldFile.optional() })

/** A payee's books went back in time: the bank is to tell what it holds of its files, from a number on. `recall`: the payee's epoch. */
const dayEndRecall = z.object({ ...hosted, recall: serial, from: serial })

/**
 * A file that the bank holds, for a payee that has lost it; lines and result follow. `last` is the last that it holds, and `file` is
 * left out when that is below what was asked for. Of a file that `isVoid` not every line came: it counts for nothing.
 */
const dayEndHeld = z.object({
  ...hosted,
  recall: serial,
  last: integer,
  file: heldFile.optional(),
})

/** Lines of a file that the bank holds, the first of them its `from`th. */
const dayEndHeldLines = z.object({
  ...hosted,
  recall: serial,
  last: serial,
  number: serial,
  from: serial,
  lines: bytes,
})

export const dayEndLetters = {
  'day-end-file': dayEndFile,
  'day-end-lines': dayEndLines,
  'day-end-breaks': dayEndBreaks,
  'day-end-result': dayEndResult,
  'day-end-refused': dayEndRefused,
  'day-end-recall': dayEndRecall,
  'day-end-held': dayEndHeld,
  'day-end-held-lines': dayEndHeldLines,
  'host-file': hostFile,
  'host-file-sections': hostFileSections,
  'host-file-lines': hostFileLines,
  'host-file-recall': hostFileRecall,
  'host-file-held': hostFileHeld,
} as const
