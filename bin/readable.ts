/** What is signed, as people read it: one line for each thing that it says, and one for each entry of a list. Nothing of it is left out. */
import { toHex } from '../src/bytes.ts'
import { type Asset, formatMoney } from '../src/money.ts'
import { shownDate } from './dates.ts'

/** Of what is signed, by name: what is an amount in minor units, and what is a time in milliseconds. */
const amounts = new Set([
  ...['minor', 'owed', 'due', 'gross', 'counter', 'lost', 'refunded', 'difference', 'perItem', 'perDay'],
  ...['captures', 'fee', 'terminations', 'refunds', 'paidOut', 'undone'],
])
const times = new Set(['since', 'at', 'sentAt', 'blockedAt'])

/** Indented by two spaces a level. A text that could pass for other lines, or for an order to the terminal, is in quotation marks. */
export function readable(value: unknown, asset: Asset, indent = '  '): string[] {
  return Object.entries((value ?? {}) as Readonly<Record<string, unknown>>).flatMap(([name, each]) => {
    const said = wordsOf(name)
    if (Array.isArray(each))
      return [`${indent}${said}: ${each.length}`, ...each.map(entry => `${indent}  - ${inOneLine(entry, asset)}`)]
    if (isRecord(each)) return [`${indent}${said}:`, ...readable(each, asset, `${indent}  `)]
    return [`${indent}${said}: ${shown(name, each, asset)}`]
  })
}

function inOneLine(entry: unknown, asset: Asset): string {
  if (Array.isArray(entry)) return entry.map(each => inOneLine(each, asset)).join(', ')
  if (!isRecord(entry)) return shown('', entry, asset)
  return Object.entries(entry)
    .map(
      ([name, each]) => `${wordsOf(name)} ${isNested(each) ? `(${inOneLine(each, asset)})` : shown(name, each, asset)}`,
    )
    .join(', ')
}

function shown(name: string, value: unknown, asset: Asset): string {
  if (value instanceof Uint8Array) return toHex(value)
  if (isInteger(value)) {
    if (amounts.has(name)) return formatMoney({ minor: BigInt(value), asset })
    if (times.has(name)) return shownDate(Number(value))
  }
  const text = String(value)
  return /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u.test(text)
    ? text
    : JSON.stringify(text).replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)
}

const escaped = (sign: string) => `\\u{${sign.codePointAt(0)?.toString(16)}}`

/** `paidOut` is said as `paid out`; an amount in minor units is shown as an amount. */
const wordsOf = (name: string) =>
  name === 'minor' ? 'amount' : inPlainSigns(name.replace(/[A-Z]/g, capital => ` ${capital.toLowerCase()}`))
const inPlainSigns = (name: string) => (/^[\w :.-]*$/.test(name) ? name : JSON.stringify(name))

const isInteger = (value: unknown): value is bigint | number => typeof value === 'bigint' || Number.isSafeInteger(value)
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value)
const isNested = (value: unknown) => isRecord(value) || Array.isArray(value)
