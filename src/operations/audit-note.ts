/** When an institution's books were last audited from here, and what was found: a note in its folder, for whoever looks after it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../store/replace-file.ts'

const note = z.strictObject({ at: z.number(), findings: z.int().min(0) })

export type AuditNote = z.infer<typeof note>

const fileIn = (folder: string) => join(folder, 'last-audit.json')

/** The audit itself only reads: in a folder that cannot be written nothing is noted. */
export function noteAudit(folder: string, { at, findings }: AuditNote): void {
  try {
    replaceFile(fileIn(folder), `${JSON.stringify({ at, findings })}\n`)
  } catch {}
}

/** Undefined where there is none, or none that can be read. */
export function lastAudit(folder: string): AuditNote | undefined {
  try {
    return note.parse(JSON.parse(readFileSync(fileIn(folder), 'utf8')))
  } catch {
    return undefined
  }
}
