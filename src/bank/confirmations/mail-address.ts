/**
 * Addresses of mail, as customers leave them at the branch. What is taken is a simple address of RFC 5321 in ASCII, without quotation, comments
 * or an address in numbers: nothing of it can end a line or begin another header.
 */
import { z } from 'zod'

declare const brand: unique symbol
/** The part after the `@` is in small letters. */
export type MailAddress = string & { readonly [brand]: 'mail address' }

const longestLocal = 64
const longest = 254
const atom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Undefined: it is none, or none of those that are taken. */
export function parseMailAddress(text: string): MailAddress | undefined {
  if (text.length > longest) return undefined
  const at = text.lastIndexOf('@')
  const [local, domain] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1).toLowerCase()]
  if (local.length > longestLocal || !local.split('.').every(part => atom.test(part))) return undefined
  const labels = domain.split('.')
  const isName = labels.length > 1 && labels.every(part => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? '')
  return isName ? (`${local}@${domain}` as MailAddress) : undefined
}

/** As it is kept and signed: what two people decide on and what is written down are the same letters. */
export const mailAddressShape = z
  .string()
  .refine(
    (text): text is MailAddress => parseMailAddress(text) === text,
    'an address of mail, such as ada@example.org, with a domain in small letters',
  )

/** As it is shown to people: `a•••@example.org`. */
export function maskedAddress(address: MailAddress): string {
  const at = address.lastIndexOf('@')
  return `${at > 1 ? address.slice(0, 1) : ''}•••${address.slice(at)}`
}
