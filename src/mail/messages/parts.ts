/** Parts that the bodies of many letters share. */
import { z } from 'zod'
import { institutionIdShape } from '../../ids.ts'
import { tooMuch } from '../../money.ts'
import { integer } from '../letter.ts'

export const id = z.string().regex(/^[0-9a-f]{32}$/)
export const serial = integer.refine(number => number >= 1n)
export const digest = z.string().regex(/^[0-9a-f]{64}$/)
export const amount = z.object({
  minor: integer.refine(minor => minor > 0n && minor < tooMuch),
  asset: z.object({ code: z.string().regex(/^[A-Z0-9]{3,12}$/), scale: z.int().min(0).max(8) }),
})

/**
 * Whom a letter to or from a host is about: one of the small payees for whom it speaks. A payee that has its own place among
 * its counterparties leaves it out.
 */
export const hosted = { payee: institutionIdShape.optional() }
