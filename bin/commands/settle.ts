/** `tonebank settle`: the end of a day by hand, what the next one would tell, and what became of each. */
import { lineKinds } from '../../src/clearing/lines.ts'
import { type DayEndReport, type ReportFormat, summary, written } from '../../src/clearing/report.ts'
import { institutionIdShape } from '../../src/ids.ts'
import { formatMoney } from '../../src/money.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { minorUnits } from '../amounts.ts'
import { type AtInstitution, atInstitution, proposeAt, type Signing } from '../at-institution.ts'

const everyMs = 500
/** Nothing moved for so long: what is left waits for the other end. */
const patienceMs = 15_000

/** Closes what is over, and shows how its files go on until they are done or wait for the other end. */
export async function now(id: string, where: Where): Promise<void> {
  const at = atInstitution(id, where)
  await at.ask('settle.now', {})
  let shown = ''
  let movedAt = systemRuntime.monotonicMs()
  for (;;) {
    const open = (await at.ask('settle.list', {})).filter(file => !isDone(file))
    const state = open.map(file => `${summary(file)}\n`).join('')
    if (state !== shown) {
      process.stdout.write(state)
      shown = state
      movedAt = systemRuntime.monotonicMs()
    }
    if (open.length === 0) {
      process.stdout.write(`${id}: every date that is over is settled\n`)
      return
    }
    if (systemRuntime.monotonicMs() - movedAt > patienceMs) {
      process.stdout.write(`${id}: the rest waits for the other end; it goes on by itself\n`)
      return
    }
    await systemRuntime.sleep(everyMs)
  }
}

export async function dryRun(id: string, where: Where): Promise<void> {
  const at = atInstitution(id, where)
  if (at.entry.kind === 'bank') throw new CannotDo('a bank settles what its payees send: ask the payee')
  if (at.entry.kind === 'host') throw new CannotDo('each payee of a host settles by itself: ask for `settle list`')
  const plans = await at.ask('settle.planned', {})
  if (plans.length === 0) process.stdout.write(`${id}: no date is over that is not settled or on its way\n`)
  for (const { bank, date, totals } of plans) {
    const told = lineKinds
      .filter(kind => totals[kind].count > 0n)
      .map(
        kind => `${totals[kind].count} ${kind}s of ${formatMoney({ minor: totals[kind].minor, asset: assetOf(at) })}`,
      )
    process.stdout.write(`${date}  ${bank}  ${told.join(', ') || 'nothing'}\n`)
  }
}

export async function list(id: string, where: Where): Promise<void> {
  const files = await atInstitution(id, where).ask('settle.list', {})
  if (files.length === 0) process.stdout.write(`${id}: no date has been settled yet\n`)
  for (const file of files) process.stdout.write(`${summary(file)}\n`)
}

export async function show(
  id: string,
  date: string,
  options: Where & { readonly format: ReportFormat },
): Promise<void> {
  const at = atInstitution(id, options)
  const files = await at.ask('settle.list', { date })
  if (files.length === 0) throw new CannotDo(`${id} has no day-end file of ${date}`)
  process.stdout.write(written(files, assetOf(at), options.format))
}

/** What a bank refused of a payee, a host or another bank, once more: nothing new is told, so one person may. */
export async function again(id: string, bank: string, where: Where): Promise<void> {
  const at = atInstitution(id, where)
  const { kind } = at.entry
  if (kind !== 'merchant' && kind !== 'host' && kind !== 'bank')
    throw new CannotDo(`${id} is a ${kind}: a payee sends its files again, a bank its net statements`)
  const [what, list] = kind === 'bank' ? ['net statement', 'settle banks'] : ['file', 'settle list']
  const sent = await at.ask('settle.again', { bank: institutionIdShape.parse(bank) })
  switch (sent.outcome) {
    case 'begun':
      process.stdout.write(`${id}: ${sent.files} ${what}(s) go to ${bank} once more; \`${list}\` shows how far\n`)
      return
    case 'nothing-refused':
      throw new CannotDo(`${bank} has refused no ${what} of ${id}`)
    case 'letters-under-way':
      throw new CannotDo(`letters to ${bank} are on their way: wait until they have arrived, and ask again`)
  }
}

/** Two people let a payee whose books went back in time go on from the files that a bank holds. `payee`: of a host, which one. */
export async function takeHeld(
  id: string,
  bank: string,
  options: Signing & { readonly payee?: string },
): Promise<void> {
  const { payee } = options
  await proposeAt(atInstitution(id, options), 'take-held', { bank, ...(payee && { payee }) }, options)
}

/** Two people of a payee agree to what a bank keeps, in hundredths of a percent. */
export async function agreeFee(id: string, bank: string, basisPoints: bigint, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'agree-fee', { bank, basisPoints }, options)
}

/** Two people of a bank declare a file void that does not add up: its payee tells its dates again. */
export async function declareVoid(
  id: string,
  payee: string,
  number: bigint,
  options: Signing & { readonly why: string },
): Promise<void> {
  const { why } = options
  await proposeAt(atInstitution(id, options), 'void-file', { payee, number, why }, options)
}

/** Two people book a result of a bank that contradicts the file. `payee`: of a host, which one. `difference`: what is missing for it. */
export async function acceptResult(
  id: string,
  bank: string,
  number: bigint,
  options: Signing & { readonly payee?: string; readonly why: string; readonly difference?: string },
): Promise<void> {
  const { payee, why, difference } = options
  const at = atInstitution(id, options)
  const missing = difference === undefined ? {} : { difference: minorUnits(difference, at.entry.currency) }
  const request = { bank, number, why, ...(payee && { payee }), ...missing }
  await proposeAt(at, 'accept-result', request, options)
}

function isDone({ state }: DayEndReport): boolean {
  return state === 'reconciled' || state === 'result sent' || state === 'void'
}

function assetOf({ entry }: AtInstitution) {
  return entry.currency
}
