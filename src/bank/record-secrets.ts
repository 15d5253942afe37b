/**
 * The two secrets of a voucher record in stock: each under a key of its own, named by the attempt that sealed it, and
 * bound to the record that it is of. A password that was put in another record's row is not told.
 */
import type { Money } from '../money.ts'

export type RecordSecret = 'password' | 'backup'

export interface StockPlace {
  readonly payee: string
  readonly batch: string
  readonly serial: bigint
  readonly number: string
  readonly amount: Money
}

/** An arrival may be unpacked more than once before it is taken, so each attempt has names of its own for the keys. */
export function keyNameOf(secret: RecordSecret, { batch, serial }: StockPlace, attempt: string): string {
  return `${ownPrefix(secret, batch, serial)}${attempt}`
}

/** Whether a key is of that record: all that binds what 0.1.0 sealed, whose contexts are empty. */
export function isKeyOf(name: string, secret: RecordSecret, { batch, serial }: StockPlace): boolean {
  return name.startsWith(ownPrefix(secret, batch, serial))
}

/** Whether a key is of any record: others share the store. */
export function isRecordKey(name: string): boolean {
  return name.startsWith('password ') || name.startsWith('backup ')
}

/** Of which secret of which record a key is, at whatever payee; undefined: the name does not say it. */
export function ofWhichRecord(
  name: string,
): { readonly secret: RecordSecret; readonly batch: string; readonly serial: bigint } | undefined {
  const [, secret, batch, serial] = /^(password|backup) (.+)\/(\d{1,18}) [^ /]*$/s.exec(name) ?? []
  if (batch === undefined || serial === undefined) return undefined
  return { secret: secret === 'password' ? 'password' : 'backup', batch, serial: BigInt(serial) }
}

/** What the sealed bytes are bound to. */
export function contextOf(secret: RecordSecret, { payee, batch, serial, number, amount }: StockPlace): string {
  const { code, scale } = amount.asset
  return [secret, payee, batch, serial, number, amount.minor, code, scale].join(' ')
}

function ownPrefix(secret: RecordSecret, batch: string, serial: bigint): string {
  return `${secret} ${batch}/${serial} `
}
