/** A shop's Idempotency-Key as an id of ours: any text will do, and the same text is the same request. */
import { createHash } from 'node:crypto'
import { type IntentId, parseIntentId } from '../../ids.ts'

export function keyIntent(header: string | readonly string[] | undefined): IntentId | undefined {
  if (typeof header !== 'string' || header.length < 1 || header.length > 255) return undefined
  return parseIntentId(createHash('sha256').update('idempotency-key ').update(header).digest('hex').slice(0, 32))
}
