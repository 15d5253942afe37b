/**
 * The sections of the operators' page, each of which is renewed by itself: what is wrong and what to do, who is on the line, where callers
 * give up, and how each institution stands.
 */
import { type Html, html } from '../html.ts'
import type { ReadableKey, Words } from '../words.ts'
import type { Institution, Overview, Shown } from './shown.ts'
import { todo } from './todo.ts'

/** By the id of the element that holds it. */
export type Sections = Readonly<Record<'wrong' | 'calls' | 'left' | 'network' | 'institutions' | 'alarms', Html>>

export function sectionsOf(words: Words, overview: Overview): Sections {
  const { institutions } = overview
  return {
    wrong: wrong(words, overview),
    calls: calls(words, institutions),
    left: left(words, institutions),
    network: network(words, overview.network),
    institutions: html`${asterisk(words, overview)}${institutions.map(each => institution(words, each))}`,
    alarms: alarms(words, institutions),
  }
}

/** A sentence without values. */
type Sentence = Extract<ReadableKey, `page.operations.${string}`>

/** First of all what to do now: nothing, most of the time. */
function wrong(words: Words, { isAsteriskAnswering, institutions, trunks = [] }: Overview): Html {
  const found: Html[] = isAsteriskAnswering ? [] : [html`<li>${words.say('page.operations.asterisk.away')}</li>`]
  for (const { name, state } of trunks) {
    if (state === 'refused' || state === 'unreachable')
      found.push(html`<li><code>${name}</code>: ${words.say(`page.operations.trunk.${state}.todo`)}</li>`)
  }
  for (const { id, name, shown } of institutions) {
    for (const sentence of troublesOf(shown))
      found.push(html`<li><strong>${words.name(name)}</strong> <code>${id}</code>: ${words.say(sentence)}</li>`)
    if (shown && shown.alarms.length > 0)
      found.push(
        html`<li><a href="#alarms"><strong>${words.name(name)}</strong>: ${words.say('page.operations.alarms')} ${shown.alarms.length}</a></li>`,
      )
  }
  if (found.length === 0) return html`<p class="well"><strong>${words.say('page.operations.well')}</strong></p>`
  return html`<div class="summary"><h2>${words.say('page.operations.wrong')}</h2><ul>${found}</ul></div>`
}

function troublesOf(shown: Shown | undefined): readonly Sentence[] {
  if (shown === undefined) return ['page.operations.away']
  const { standing, isWritable, uneven, audit, stock, dayEnds } = shown
  const found: Sentence[] = []
  if (standing.state !== 'serving') found.push(`page.operations.${standing.state}`)
  if (!isWritable) found.push('page.operations.unwritable')
  if (uneven.length > 0) found.push('page.operations.uneven')
  if (audit !== undefined && audit.findings > 0) found.push('page.operations.findings')
  if (stock.some(({ isLow }) => isLow)) found.push('page.operations.stock.low')
  if (dayEnds.some(({ breaks }) => breaks > 0)) found.push('page.operations.breaks')
  return found
}

function calls(words: Words, institutions: readonly Institution[]): Html {
  const rows = institutions.flatMap(({ name, shown }) =>
    (shown?.calls ?? []).map(
      ({ line, step, stepMs, callMs, lossPercent, jitterMs }) => html`<li><span><strong>${words.name(name)}</strong>
 <span class="reference">${line} · ${step === undefined ? words.say('page.operations.begin') : html`<code>${step}</code>`}</span></span>
<span>${duration(words, stepMs)} ${words.say('page.operations.at-step')}
<span class="reference">${duration(words, callMs)} ${words.say('page.operations.in-call')}${quality(words, lossPercent, jitterMs)}</span></span></li>`,
    ),
  )
  return rows.length === 0
    ? html`<p class="hint">${words.say('page.operations.calls.none')}</p>`
    : html`<ul class="payments">${rows}</ul>`
}

function quality(words: Words, lossPercent: number | undefined, jitterMs: number | undefined): Html {
  if (lossPercent === undefined || jitterMs === undefined) return html``
  const loss = words.number(lossPercent, { maximumFractionDigits: 1 })
  const jitter = words.number(jitterMs, { style: 'unit', unit: 'millisecond', maximumFractionDigits: 0 })
  return html` · ${loss} % ${words.say('page.operations.loss')} · ${jitter} ${words.say('page.operations.jitter')}`
}

const mostSteps = 10

function left(words: Words, institutions: readonly Institution[]): Html {
  const rows = institutions
    .flatMap(({ name, shown }) => (shown?.givenUp ?? []).map(each => ({ name, ...each })))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, mostSteps)
    .map(
      ({ name, line, step, count }) =>
        html`<li><span><code>${step}</code> <span class="reference">${words.name(name)} · ${line}</span></span> <span>${count} ${words.say('page.operations.times')}</span></li>`,
    )
  return rows.length === 0
    ? html`<p class="hint">${words.say('page.operations.left.none')}</p>`
    : html`<ul class="payments">${rows}</ul>`
}

/** Who is shut out, the latest first: nobody reads more at once. */
const mostBlocks = 20

function network(words: Words, seen: Overview['network']): Html {
  if (seen === undefined) return html`<p class="hint">${words.say('page.operations.network.closed')}</p>`
  const rows = seen.blocks
    .slice(0, mostBlocks)
    .map(
      ({ address, why, secondsLeft }) =>
        html`<li><span><code>${address}</code> <span class="reference">${why}</span></span> <span>${duration(words, secondsLeft * 1_000)} ${words.say('page.operations.network.still')}</span></li>`,
    )
  const counted = [...seen.offences].filter(([, count]) => count > 0)
  return html`${rows.length === 0 ? html`<p class="hint">${words.say('page.operations.network.none')}</p>` : html`<ul class="payments">${rows}</ul>`}
${counted.length > 0 && html`<p class="hint">${words.say('page.operations.network.since')} ${counted.map(([why, count], index) => html`${index > 0 && ', '}${why} ${count}`)}</p>`}`
}

function asterisk(words: Words, { isAsteriskAnswering, trunks = [] }: Overview): Html {
  return html`<dl class="facts"><dt>${words.say('page.operations.asterisk')}</dt><dd>${words.say(
    isAsteriskAnswering ? 'page.operations.asterisk.answers' : 'page.operations.asterisk.silent',
  )}</dd>
${trunks.map(({ name, state }) => html`<dt>${words.say('page.operations.trunk')} <code>${name}</code></dt><dd>${words.say(`page.operations.trunk.${state}`)}</dd>`)}
</dl>
`
}

function institution(words: Words, { id, name, shown }: Institution): Html {
  if (shown === undefined)
    return html`<h3>${words.name(name)} <code>${id}</code></h3><p>${words.say('page.operations.away')}</p>`
  const { standing, uneven, audit, stock, dayEnds, callRecords, callBacks, confirmations } = shown
  const state =
    standing.state === 'serving' ? 'page.operations.serving' : (`page.operations.${standing.state}` as const)
  return html`<h3>${words.name(name)} <code>${id}</code></h3>
<dl class="facts">
<dt>${words.say('page.operations.state')}</dt><dd>${words.say(state)}</dd>
<dt>${words.say('page.operations.balance')}</dt><dd>${words.say(uneven.length === 0 ? 'page.operations.balance.even' : 'page.operations.balance.uneven')}${uneven.map(({ asset }) => html` ${asset}`)}</dd>
<dt>${words.say('page.operations.audit')}</dt><dd>${lastAudit(words, audit)}</dd>
${callRecords && html`<dt>${words.say('page.operations.call-records')}</dt><dd>${words.say('page.operations.call-records.days', { days: `${callRecords.keepDays}` })}${callRecords.oldest !== undefined && html` <span class="line">${words.say('page.operations.call-records.oldest', { date: callRecords.oldest })}</span>`}</dd>`}
${callBacks && html`<dt>${words.say('page.operations.call-backs')}</dt><dd>${callBacks.count}${callBacks.since !== undefined && html` <span class="line">${words.say('page.operations.call-backs.since')} ${words.instant(callBacks.since)}</span>`}</dd>`}
${confirmations && html`<dt>${words.say('page.operations.mail')}</dt><dd>${mail(words, confirmations)}</dd>`}
<dt>${words.say('page.operations.day-end')}</dt><dd>${
    dayEnds.length === 0
      ? words.say('page.operations.day-end.none')
      : dayEnds.map(
          ({ peer, date, state, breaks }) =>
            html`<span class="line">${peer} ${date}: ${state}${breaks > 0 && html`, ${breaks} ${words.say('page.operations.day-end.breaks')}`}</span>`,
        )
  }</dd>
${stock.length > 0 && html`<dt>${words.say('page.operations.stock')}</dt><dd>${stock.map(({ payee, amount, count, isLow }) => html`<span class="line${isLow && ' low'}">${payee} ${words.amount(amount)}: ${count}</span>`)}</dd>`}
</dl>`
}

function mail(words: Words, { count, since, givenUp }: NonNullable<Shown['confirmations']>): Html {
  return html`${count} ${words.say('page.operations.mail.waiting')}${since !== undefined && html` <span class="line">${words.say('page.operations.mail.since')} ${words.instant(since)}</span>`}${givenUp > 0 && html` <span class="line low">${givenUp} ${words.say('page.operations.mail.given-up')}</span>`}`
}

function lastAudit(words: Words, audit: Shown['audit']): Html {
  if (audit === undefined) return html`${words.say('page.operations.audit.none')}`
  const { at, findings } = audit
  const found =
    findings === 0
      ? words.say('page.operations.audit.right')
      : `${findings} ${words.say('page.operations.audit.found')}`
  return html`${words.instant(at)}: ${found}`
}

function alarms(words: Words, institutions: readonly Institution[]): Html {
  const rows = institutions.flatMap(({ name, shown }) =>
    (shown?.alarms ?? []).map(
      ({
        kind,
        peer,
        detail,
        at,
      }) => html`<li><span class="whole"><strong>${words.name(name)}</strong> <code>${kind}</code> ${peer}
<span class="reference">${words.instant(at)} · ${detail}</span></span>
<span class="whole">${words.say(todo[kind])}</span></li>`,
    ),
  )
  return rows.length === 0
    ? html`<p class="hint">${words.say('page.operations.alarms.none')}</p>`
    : html`<ul class="payments">${rows}</ul><p class="hint">${words.say('page.operations.alarms.then')}</p>`
}

/** In whole seconds below two minutes, in minutes above. */
function duration(words: Words, ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  return seconds < 120
    ? words.number(seconds, { style: 'unit', unit: 'second', unitDisplay: 'short' })
    : words.number(Math.floor(seconds / 60), { style: 'unit', unit: 'minute', unitDisplay: 'short' })
}
