/** A shop's Idempotency-Key as an id of ours: any text will do, and the same text is the same request. */
import { hash } from 'node:crypto'
import { type IntentId, parseIntentId } from '../../ids.ts'

export function keyIntent(header: string | readonly string[] | undefined): IntentId | undefined {
  if (typeof header !== 'string' || header.length < 1 || header.length > 255) return undefined
  return parseIntentId(hash('sha256', `idempotency-key ${header}`, 'hex').slice(0, 32))
}
