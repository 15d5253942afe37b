/** `tonebank settle banks|pay|confirm|refuse`: what two banks agreed on in net statements, and paying the difference. */
import { formatMoney } from '../../src/money.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { minorUnits } from '../amounts.ts'
import { atInstitution, proposeAt, type Signing } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

export async function banks(id: string, options: Where & { readonly format: 'text' | 'json' }): Promise<void> {
  const at = atInstitution(id, options)
  const standings = await at.ask('settle.banks', {})
  if (options.format === 'json') {
    const text = JSON.stringify(standings, (_, value) => (typeof value === 'bigint' ? String(value) : value), 2)
    process.stdout.write(`${text}\n`)
    return
  }
  const shown = (minor: bigint) => formatMoney({ minor, asset: at.entry.currency })
  if (standings.length === 0) process.stdout.write(`${id}: money goes to no other bank (\`tonebank correspond\`)\n`)
  for (const { bank, owed, due, announced, confirmed, statements, settlements } of standings) {
    process.stdout.write(`${bank}  agreed and not settled: ${shown(owed)} owed to it, ${shown(due)} due from it\n`)
    if (owed > due) process.stdout.write(`  to be paid to it: ${shown(owed - due)}\n`)
    if (due > owed) process.stdout.write(`  to be paid by it: ${shown(due - owed)}\n`)
    const either = ({ toIt, toUs }: typeof announced) => `${shown(toIt)} to it, ${shown(toUs)} by it`
    process.stdout.write(`  announced as paid and not confirmed: ${either(announced)}\n`)
    process.stdout.write(`  confirmed: ${either(confirmed)}\n`)
    for (const { by, number, date, state, lines, agreed } of statements) {
      const right = agreed === null ? '' : `, ${shown(agreed)} agreed`
      const whose = by === 'us' ? 'to it' : 'of it'
      process.stdout.write(`  ${date}  statement ${number} ${whose}  ${state}  ${lines} lines${right}\n`)
    }
    for (const { id: settlement, way, net, state, at: since, why } of settlements) {
      const what = `${way === 'paying' ? 'to it' : 'by it'} ${shown(net)}  ${state}${why === null ? '' : `: ${why}`}`
      process.stdout.write(`  ${shownDate(since)}  settlement ${settlement}  ${what}\n`)
    }
  }
}

export async function pay(id: string, other: string, amount: string, options: Signing): Promise<void> {
  const at = atInstitution(id, options)
  await proposeAt(at, 'settle-bank', { bank: other, minor: minorUnits(amount, at.entry.currency) }, options)
}

export async function confirm(id: string, other: string, settlement: string, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'confirm-settlement', { bank: other, settlement }, options)
}

export async function refuse(
  id: string,
  other: string,
  settlement: string,
  options: Signing & { readonly why: string },
): Promise<void> {
  const request = { bank: other, settlement, why: options.why }
  await proposeAt(atInstitution(id, options), 'refuse-settlement', request, options)
}
