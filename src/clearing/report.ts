/** What people and machines are told of day-end files: the same facts at both ends, as text, CSV and JSON. */
import type { InstitutionId } from '../ids.ts'
import { type Asset, formatMoney } from '../money.ts'
import type { Total, Totals } from './header.ts'
import { lineKinds } from './lines.ts'
import type { Result } from './result.ts'

export interface DayEndReport {
  /** The other end: the bank of a payee's file, the payee of a bank's. */
  readonly peer: InstitutionId
  /** Of a host: for which of its payees. */
  readonly payee?: InstitutionId
  readonly number: bigint
  readonly date: string
  readonly state: string
  /** Of the step that is under way: lines that are done, and how many there are. */
  readonly progress: { readonly done: bigint; readonly of: bigint }
  /** What the file tells. Undefined until it is built. */
  readonly told: Totals | undefined
  readonly breaks: readonly BreakTotal[]
  /** Of a payee: what cards paid on that date to its account at this bank. It is not in the file: nobody clears it. */
  readonly byCard?: Total
  /** What the bank made of it. */
  readonly result: Pick<Result, 'postedOn' | 'accepted' | 'float' | 'settlement'> | undefined
}

export interface BreakTotal {
  readonly kind: string
  readonly count: bigint
  readonly minor: bigint
}

export type ReportFormat = 'text' | 'csv' | 'json'

export function written(reports: readonly DayEndReport[], asset: Asset, format: ReportFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(reports, (_, value) => (typeof value === 'bigint' ? exact(value) : value), 2)}\n`
    case 'csv':
      return csv(reports)
    case 'text':
      return reports.map(report => `${text(report, asset)}\n`).join('\n')
  }
}

/** A number that every reader of JSON reads exactly, or its digits. */
function exact(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : `${value}`
}

/** One line for each file: date, peer, number, state, lines. */
export function summary(report: DayEndReport): string {
  const { date, number, state, progress, breaks } = report
  const refused = breaks.reduce((sum, { count }) => sum + count, 0n)
  const under = state === 'reconciled' || state === 'result sent' ? '' : `  ${progress.done} of ${progress.of} lines`
  return `${date}  ${endsOf(report)}  file ${number}  ${state}${under}${refused > 0n ? `  ${refused} breaks` : ''}`
}

function endsOf({ peer, payee }: DayEndReport): string {
  return payee === undefined ? peer : `${peer} (${payee})`
}

function text(report: DayEndReport, asset: Asset): string {
  const shown = (minor: bigint) => formatMoney({ minor, asset }).padStart(20)
  const lines = [summary(report)]
  for (const kind of lineKinds) {
    const told = report.told?.[kind]
    if (told === undefined || told.count === 0n) continue
    const accepted = report.result?.accepted[kind]
    const taken = accepted === undefined ? '' : `, accepted ${accepted.count}`
    lines.push(`  ${kind.padEnd(14)}${shown(told.minor)}  ${told.count} lines${taken}`)
  }
  const { byCard } = report
  if (byCard !== undefined && byCard.count > 0n)
    lines.push(`  ${'by card'.padEnd(14)}${shown(byCard.minor)}  ${byCard.count} payments, on the account at this bank`)
  for (const { kind, count, minor } of report.breaks) {
    lines.push(`  break ${kind.padEnd(14)}${shown(minor).slice(6)}  ${count} lines`)
  }
  const { result } = report
  if (result !== undefined) {
    const { float, settlement } = result
    lines.push(
      `  posted on ${result.postedOn}`,
      '  sold and not cleared',
      ...[
        ['opening', float.opening],
        ['+ sold', float.sales],
        ['- captured', float.captures],
        ['- returned', float.terminations],
        ['closing', float.closing],
      ].map(([name, minor]) => `    ${String(name).padEnd(12)}${shown(minor as bigint)}`),
      '  cleared and not paid out',
      ...[
        ['opening', settlement.opening],
        ['+ captured', settlement.captures],
        ['- fee', settlement.fee],
        ['- refunded', settlement.refunds],
        ['- paid out', settlement.paidOut],
        ['closing', settlement.closing],
      ].map(([name, minor]) => `    ${String(name).padEnd(12)}${shown(minor as bigint)}`),
    )
  }
  return lines.join('\n')
}

/** One row for each amount, in minor units, so that a spreadsheet can add them up. */
function csv(reports: readonly DayEndReport[]): string {
  const rows = ['date,peer,number,state,item,count,minor']
  for (const report of reports) {
    const { date, number, state, told, byCard, breaks, result } = report
    const row = (item: string, count: bigint | '', minor: bigint) =>
      rows.push([date, endsOf(report), number, state, item, count, minor].join(','))
    for (const kind of lineKinds) if (told) row(`told ${kind}`, told[kind].count, told[kind].minor)
    if (byCard) row('by card', byCard.count, byCard.minor)
    for (const { kind, count, minor } of breaks) row(`break ${kind}`, count, minor)
    if (result === undefined) continue
    for (const kind of lineKinds) row(`accepted ${kind}`, result.accepted[kind].count, result.accepted[kind].minor)
    for (const account of ['float', 'settlement'] as const) {
      for (const [name, minor] of Object.entries(result[account])) row(`${account} ${name}`, '', minor)
    }
  }
  return `${rows.join('\n')}\n`
}
