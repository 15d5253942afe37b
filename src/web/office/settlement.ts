/** What became of each business date at each bank: state, sums, breaks by kind, payouts, and the report as text and as CSV. */

import { lineKinds } from '../../clearing/lines.ts'
import type { DayEndReport } from '../../clearing/report.ts'
import { written } from '../../clearing/report.ts'
import { breakKinds } from '../../clearing/result.ts'
import type { Waiting } from '../../keys/approval.ts'
import { isDate } from '../../ledger/cut-off.ts'
import { csvType } from '../csv.ts'
import { type Html, html } from '../html.ts'
import type { Words } from '../words.ts'
import { officeKind } from './decide.ts'
import { atOffice, type Colleague, inOffice, type OfficePage, type OfficeVisit } from './visit.ts'

const mostOnPage = 31

export const settlement: OfficePage = atOffice('/settlement', {
  ask: async (visit, person) => {
    const { words, office } = visit
    const reports = (await office.reports()).slice(0, mostOnPage)
    const [waiting, held] = [await visit.decisions.waiting(), await office.held()]
    const contradicted = await office.waitingResults()
    const isOfficer = person.person.role === 'officer'
    const title = words.say('page.office.settlement')
    return {
      title,
      body: inOffice(
        visit,
        person,
        html`<h1>${title}</h1>
${
  reports.length === 0
    ? html`<p>${words.say('page.office.settlement.none')}</p>`
    : html`<ol class="payments">${reports.map(
        report => html`
<li><span><a href="/settlement/date?${new URLSearchParams({ date: report.date }).toString()}"><strong>${report.date}</strong></a> <span class="reference">${report.peer}</span></span>
<span class="sum">${stateOf(words, report)}${breaksOf(report) > 0n && html`<span class="reference low">${words.say('page.office.breaks')} ${`${breaksOf(report)}`}</span>`}</span></li>`,
      )}</ol>`
}
${contradicted.map(
  ({ bank, date }) =>
    html`<p class="notice">${words.say('page.office.contradicted', { bank, date })} <a href="/settlement/date?${new URLSearchParams({ date }).toString()}">${words.say('page.office.settlement.of', { date })}</a></p>`,
)}
${held.map(
  ({ bank, files }) =>
    html`<p class="notice">${words.say('page.office.held', { bank, count: `${files}` })}${isOfficer && html` <a href="/decide?kind=take-held&amp;bank=${bank}">${words.say('page.office.decide.take-held')}</a>`}</p>`,
)}
${
  waiting.length > 0 &&
  html`<h2>${words.say('page.office.waiting')}</h2>
<ul class="payments">${waiting.map(each => waits(visit, each))}</ul>`
}`,
      ),
    }
  },
})

/** One business date, with every bank. */
export const settlementDate: OfficePage = atOffice('/settlement/date', {
  ask: async (visit, person) => {
    const { words } = visit
    const reports = await reportsOf(visit)
    if (reports === undefined) return { goTo: '/settlement' }
    const [{ date }] = reports
    const title = words.say('page.office.settlement.of', { date })
    const query = new URLSearchParams({ date }).toString()
    return {
      title,
      body: inOffice(
        visit,
        person,
        html`<h1>${title}</h1>
${reports.map(report => reported(visit, person, report))}
<ul class="actions"><li><a href="/settlement/report.txt?${query}">${words.say('page.office.report.text')}</a></li>
<li><a href="/settlement/report.csv?${query}">${words.say('page.office.report.csv')}</a></li></ul>`,
      ),
    }
  },
})

type Reports = readonly [DayEndReport, ...DayEndReport[]]

/** Of the date behind the `?`. Undefined: none, or there is no file of it. */
async function reportsOf({ office, query }: OfficeVisit): Promise<Reports | undefined> {
  const date = query.text('date')
  const [first, ...others] = isDate(date) ? await office.reports(date) : []
  return first && [first, ...others]
}

const file = (format: 'text' | 'csv', path: string, type: string): OfficePage =>
  atOffice(path, {
    ask: async visit => {
      const reports = await reportsOf(visit)
      if (reports === undefined) return { goTo: '/settlement' }
      const name = `${visit.tenant}-${reports[0].date}${path.slice(path.lastIndexOf('.'))}`
      return { file: name, type, content: written(reports, visit.currency, format) }
    },
  })

export const settlementFiles = [
  file('text', '/settlement/report.txt', 'text/plain; charset=utf-8'),
  file('csv', '/settlement/report.csv', csvType),
]

const breaksOf = ({ breaks }: DayEndReport): bigint => breaks.reduce((sum, { count }) => sum + count, 0n)

const states = ['closed', 'built', 'sent', 'received', 'result', 'reconciled', 'refused', 'void'] as const

function stateOf(words: Words, { state }: DayEndReport): string {
  const known = states.find(each => each === state)
  return known === undefined ? state : words.say(`page.office.state.${known}`)
}

/** What others have to approve: here, or by a command where it is about people and counterparties. */
function waits({ words, tenant }: OfficeVisit, { kind, maker, why, proposedAt, digest }: Waiting): Html {
  const known = officeKind(kind)
  const who = html`<span class="reference">${maker}, ${words.instant(proposedAt)}</span>${why !== undefined && html`<span class="reference">${why}</span>`}`
  if (known !== undefined)
    return html`<li><span><a href="/proposal?digest=${digest}"><strong>${words.say(`page.office.decide.${known}`)}</strong></a> ${who}</span></li>`
  return html`<li><span><strong>${kind}</strong> ${who}</span>
<span class="reference whole">${words.say('page.office.waiting.how')} <code>tonebank approve ${tenant} ${digest} --as NAME</code></span></li>`
}

function reported({ words, currency: asset }: OfficeVisit, { person }: Colleague, report: DayEndReport): Html {
  const { peer, told, breaks, byCard, result } = report
  const fact = (what: string, minor: bigint) => html`<dt>${what}</dt><dd>${words.amount({ minor, asset })}</dd>`
  return html`<h2>${words.say('page.office.bank')} <code>${peer}</code></h2>
<dl class="facts">
<dt>${words.say('page.office.state')}</dt><dd>${stateOf(words, report)}</dd>
${told && lineKinds.map(kind => told[kind].count > 0n && html`<dt>${words.say(`page.office.told.${kind}`)}</dt><dd>${words.amount({ minor: told[kind].minor, asset })} <span class="hint">${words.say('page.office.times', { count: `${told[kind].count}` })}</span></dd>`)}
${byCard !== undefined && byCard.count > 0n && fact(words.say('page.office.kind.card-payment'), byCard.minor)}
${
  result &&
  html`${fact(words.say('page.office.cleared'), result.settlement.captures)}${fact(words.say('page.office.fee'), result.settlement.fee)}
${fact(words.say('page.office.paid-out'), result.settlement.paidOut)}${fact(words.say('page.office.settled'), result.settlement.closing)}`
}
</dl>
${
  breaks.length > 0 &&
  html`<h3>${words.say('page.office.breaks')}</h3>
<ul class="payments">${breaks.map(({ kind, count, minor }) => {
    const known = breakKinds.find(each => each === kind)
    const why = known === undefined ? kind : words.say(`page.office.break.${known}`)
    return html`<li><span>${why} <span class="reference">${words.say('page.office.times', { count: `${count}` })}</span></span> <strong>${words.amount({ minor, asset })}</strong></li>`
  })}</ul>`
}
${report.state === 'result' && person.role === 'officer' && html`<p><a href="/decide?kind=accept-result&amp;bank=${peer}&amp;number=${`${report.number}`}">${words.say('page.office.decide.accept-result')}</a></p>`}`
}
