/** Letters by which an institution changes a key. */
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import { publicPurposes } from '../../keys/keys.ts'

const publicPurpose = z.enum(publicPurposes)
const keyId = z.string().regex(/^[a-z0-9-]{1,80}$/)

/**
 * The sender has a new key of a purpose, in place of one of those that it had before. `proof`: by the new key, over
 * `["tonebank new key", 1, institution, purpose, id, bytes]`; null for a receiving key, which cannot sign.
 */
const newKey = z.object({
  purpose: publicPurpose,
  key: z.object({ keyId, bytes: bytes.refine(key => key.length === 32) }),
  replaces: z.array(keyId).min(1).max(1_000),
  proof: z.union([bytes.refine(signature => signature.length === 64), z.null()]),
})

/** The answer to it: whatever the sender made for an older key stands before this letter. */
const keyTaken = z.object({ purpose: publicPurpose, keyId })

export const keyLetters = {
  'new-key': newKey,
  'key-taken': keyTaken,
} as const
