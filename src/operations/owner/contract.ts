/**
 * Everything that a command may ask of the process that owns an institution, by kind. To add one: a line here, a handler
 * where the institution is opened, and a command that asks it.
 */
import { z } from 'zod'
import { request } from './operation.ts'

export interface About {
  readonly institution: string
  readonly kind: string
  /** Of the process that answers. */
  readonly pid: number
}

export const contract = {
  /** Who owns these books. */
  about: request<About>()(z.object({})),
}

export type Contract = typeof contract
