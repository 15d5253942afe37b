/** What two officers sign, all of it, as both read it before they do. */
import { acceptResultShape } from '../../merchant/clearing/accept-result.ts'
import { takeHeldShape } from '../../merchant/clearing/take-held.ts'
import { factList } from '../fields.ts'
import { type Html, html } from '../html.ts'
import type { OfficeVisit } from './visit.ts'

type Fact = readonly [what: string, value: string]

/** `why`: that of the proposal, beside the one that a request may have. */
export function signedFacts(visit: OfficeVisit, kind: string, request: unknown, why: string | undefined): Html {
  const { words } = visit
  const reasons: readonly Fact[] = why === undefined ? [] : [[words.say('page.counter.why'), why]]
  if (kind === 'accept-result') {
    const read = acceptResultShape.safeParse(request)
    if (read.success) return ofResult(visit, read.data, reasons)
  }
  if (kind === 'take-held') {
    const read = takeHeldShape.safeParse(request)
    if (read.success) return ofHeld(visit, read.data, reasons)
  }
  return html`<p class="notice" role="status">${words.say('page.office.decide.unreadable')}</p>
${factList(reasons)}`
}

function ofResult(
  visit: OfficeVisit,
  { bank, number, payee, why, difference, facts }: ReturnType<typeof acceptResultShape.parse>,
  reasons: readonly Fact[],
): Html {
  const { words, currency: asset } = visit
  const sum = (minor: bigint) => words.amount({ minor, asset })
  return html`${factList([
    [words.say('page.office.bank'), bank],
    [words.say('page.office.decide.number'), `${number}`],
    ...payeeOf(visit, payee),
    ...(difference === undefined ? [] : [[words.say('page.office.decide.missing'), sum(difference)] as const]),
    ...(facts === undefined
      ? []
      : ([
          [words.say('page.office.cleared'), sum(facts.captures)],
          [words.say('page.office.fee'), sum(facts.fee)],
          [words.say('page.office.decide.terminations'), sum(facts.terminations)],
          [words.say('page.office.decide.refunds'), sum(facts.refunds)],
          [words.say('page.office.paid-out'), sum(facts.paidOut)],
          [words.say('page.office.decide.undone'), sum(facts.undone)],
          [words.say('page.office.decide.result'), facts.result],
        ] as const)),
    ...reasonsBeside(visit, why, reasons),
  ])}
${facts === undefined ? nothingWaits(visit) : contradicting(visit, facts.wrong)}`
}

function ofHeld(
  visit: OfficeVisit,
  { bank, payee, facts }: ReturnType<typeof takeHeldShape.parse>,
  reasons: readonly Fact[],
): Html {
  const { words, currency: asset } = visit
  const sum = (minor: bigint) => words.amount({ minor, asset })
  return html`${factList([
    [words.say('page.office.bank'), bank],
    ...payeeOf(visit, payee),
    ...(facts === undefined
      ? []
      : ([
          [words.say('page.office.decide.lost'), sum(facts.lost)],
          [words.say('page.office.decide.owed'), sum(facts.owed)],
          [words.say('page.office.decide.refunded'), sum(facts.refunded)],
          [words.say('page.office.decide.files'), `${facts.files}`],
          ...(facts.unsigned === undefined
            ? []
            : [[words.say('page.office.decide.unsigned'), `${facts.unsigned}`] as const]),
          [words.say('page.office.decide.since'), facts.since],
          [words.say('page.office.decide.lines'), `${facts.lines}`],
          [words.say('page.office.decide.epoch'), `${facts.epoch}`],
          [words.say('page.office.decide.held'), facts.held],
        ] as const)),
    ...reasons,
  ])}
${facts === undefined ? nothingWaits(visit) : linesOf(visit, facts)}`
}

/** Each line that is done, out of what is signed. */
function linesOf({ words, currency: asset }: OfficeVisit, { does, lines }: Signed): Html | undefined {
  if (does === undefined) return undefined
  const rows = does.map(
    ({ file, line, kind, minor, voucher, from, to, becomes }) =>
      html`<tr><th>${`${file}/${line}`}</th><td>${words.say(`page.counter.void.${kind}`)}</td><td>${words.amount({ minor, asset })}</td><td>${voucher}</td><td>${`${from} → ${to}`}</td><td>${words.say(`page.office.decide.becomes.${becomes}`)}</td></tr>`,
  )
  const isAll = BigInt(does.length) === lines
  return html`<h2>${words.say('page.office.decide.does')}</h2>
${!isAll && html`<p class="notice">${words.say('page.office.decide.does.first', { count: does.length })}</p>`}
<table><tbody>${rows}</tbody></table>`
}

type Signed = NonNullable<ReturnType<typeof takeHeldShape.parse>['facts']>

const payeeOf = ({ words }: OfficeVisit, payee: string | undefined): readonly Fact[] =>
  payee === undefined ? [] : [[words.say('page.office.decide.payee'), payee]]

/** A second one that says something else stands beside the first. */
const reasonsBeside = ({ words }: OfficeVisit, why: string, reasons: readonly Fact[]): readonly Fact[] =>
  reasons.some(([, said]) => said === why) ? reasons : [[words.say('page.counter.why'), why], ...reasons]

const nothingWaits = ({ words }: OfficeVisit): Html =>
  html`<p class="notice" role="status">${words.say('page.office.decide.facts.none')}</p>`

/** As the alarm says it, which is English. */
export const contradicting = ({ words }: OfficeVisit, sentences: readonly string[]): Html =>
  html`<h2>${words.say('page.office.decide.contradicts')}</h2>
${
  sentences.length === 0
    ? html`<p>${words.say('page.office.decide.nothing-wrong')}</p>`
    : html`<ul lang="en">${sentences.map(each => html`<li>${each}</li>`)}</ul>`
}`
