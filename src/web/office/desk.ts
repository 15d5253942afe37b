/** The office at a glance: today, what happened last, and how the payee stands with each bank. */
import type { Office } from '../../merchant/office/office.ts'
import type { BankStanding, Today } from '../../merchant/office/standing.ts'
import type { Runtime } from '../../runtime.ts'
import { type Html, html } from '../html.ts'
import { Refused } from '../server.ts'
import type { Words } from '../words.ts'
import { listed } from './said.ts'
import { atOffice, inOffice, type OfficePage, type Seen } from './visit.ts'

const mostOnDesk = 5

/** What stands on the desk and in the list, and changes. */
const seenAt = async ({ latest, today }: Office): Promise<Seen> => ({
  latest: await latest({ limit: mostOnDesk }),
  today: await today(),
})

/** The sums of a day go over its rows in the thread that callers wait for: they are read when something has happened, or time has passed. */
const sumsEveryMs = 30_000

/** `seenAt`, for whoever asks again and again. */
export function watching(office: Office, runtime: Runtime): () => Promise<Seen> {
  let before: { readonly seen: Seen; readonly newest: string; readonly atMs: number } | undefined
  return async () => {
    const latest = await office.latest({ limit: mostOnDesk })
    // Each that happens has a row of its own, what is given back too.
    const newest = `${latest[0]?.seq}`
    const atMs = runtime.monotonicMs()
    if (before?.newest !== newest || atMs - before.atMs >= sumsEveryMs)
      before = { seen: { latest, today: await office.today() }, newest, atMs }
    return before.seen
  }
}

export const sectionsOf = (words: Words, { latest, today }: Seen): Readonly<Record<'today' | 'latest', Html>> => ({
  today: todayOf(words, today),
  latest: html`${latest.length === 0 ? html`<p>${words.say('page.office.none')}</p>` : html`<ol class="payments">${latest.map(each => listed(words, each))}</ol>`}`,
})

export const desk: OfficePage = atOffice('/desk', {
  ask: async (visit, person) => {
    const { words, office } = visit
    const standings = await office.standings()
    const { today, latest } = sectionsOf(words, await seenAt(office))
    const title = words.say('page.office.desk')
    return {
      title,
      isLive: true,
      body: inOffice(
        visit,
        person,
        html`<h1>${title}</h1>
<p class="notice" id="stale" role="status" hidden>${words.say('page.operations.stale')}</p>
<div id="today">${today}</div>
<h2>${words.say('page.office.latest')}</h2>
<div id="latest">${latest}</div>
<p class="hint" id="live" hidden>${words.say('page.operations.live')}</p>
${standings.map(standing => bankOf(words, standing))}
<p class="hint">${words.say('page.zone', { zone: words.zone(visit.runtime.wallNow()) })}</p>`,
      ),
    }
  },
})

/** What changes, to whoever has the desk open; it ends with their session, and does not prolong it. */
export const live: OfficePage = {
  ...atOffice('/live', {
    ask: async visit => {
      const events = visit.live.read(visit.words, visit.isStillOpen)
      if (events === undefined) throw new Refused(429, 'too-many')
      return { events }
    },
  }),
  isQuiet: true,
}

function todayOf(words: Words, { date, cutOffMinutes, toClose, totals }: Today): Html {
  const at = `${`${Math.trunc(cutOffMinutes / 60)}`.padStart(2, '0')}:${`${cutOffMinutes % 60}`.padStart(2, '0')}`
  return html`${toClose.length > 0 && html`<p class="notice">${words.say('page.office.to-close')} ${toClose.join(', ')}</p>`}
<dl class="facts">
<dt>${words.say('page.office.date')}</dt><dd>${date} <span class="hint">${words.say('page.office.open-until', { at })}</span></dd>
${totals.map(({ kind, count, amount }) => html`<dt>${words.say(`page.office.kind.${kind}`)}</dt><dd>${words.amount(amount)} <span class="hint">${words.say('page.office.times', { count: `${count}` })}</span></dd>`)}
</dl>`
}

function bankOf(words: Words, { bank, records, due, settled, paidOut }: BankStanding): Html {
  return html`<h2>${words.say('page.office.bank')} <code>${bank}</code></h2>
<dl class="facts">
<dt>${words.say('page.office.settled')}</dt><dd>${words.amount(settled)}</dd>
<dt>${words.say('page.office.due')}</dt><dd>${words.amount(due)}</dd>
<dt>${words.say('page.office.paid-out')}</dt><dd>${words.amount(paidOut)}</dd>
</dl>
${
  records.length > 0 &&
  html`<ul class="payments stock">${records.map(
    ({ amount, unsold, active, over, ordered, isLow }) =>
      html`<li><strong>${words.amount(amount)}</strong>
<span>${words.say('page.office.unsold', { count: `${unsold}` })}${isLow && html` <strong class="low">${words.say('page.office.low')}</strong>`}
<span class="reference">${words.say('page.office.sold', { active: `${active}`, over: `${over}` })}${ordered > 0 && html` · ${words.say('page.office.ordered', { count: `${ordered}` })}`}</span></span></li>`,
  )}</ul>`
}`
}
