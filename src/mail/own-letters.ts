/** The letters that the mail itself writes, for no room: their bodies, and what reads them. */
import { z } from 'zod'

const bytes = z.custom<Uint8Array>(value => value instanceof Uint8Array)

/** Takes the place of a letter that can never pass, so that the ordered stream goes on. */
const voidBody = z.object({
  /** The type of the letter that it replaces, and the digest by which its receipt would name it. */
  type: z.string(),
  replaces: bytes.refine(digest => digest.length === 32),
  reason: z.string(),
})

export const voidType = 'void'

export type VoidBody = z.output<typeof voidBody>

/** Undefined when the letter is none, or malformed. */
export function voidBodyOf({ type, body }: { readonly type: string; readonly body: unknown }): VoidBody | undefined {
  return type === voidType ? voidBody.safeParse(body).data : undefined
}
