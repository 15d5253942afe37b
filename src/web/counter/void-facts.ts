/** What two officers sign of a payee's file that they declare void, as both read it. */
import { voidFileShape } from '../../bank/clearing/declare-void.ts'
import { lineKinds } from '../../clearing/lines.ts'
import { type Html, html } from '../html.ts'
import type { CounterVisit } from './visit.ts'

/** Undefined: it is not readable, or nothing is said of the file. */
export function voidFacts({ words, currency: asset }: CounterVisit, request: unknown): Html | undefined {
  const read = voidFileShape.safeParse(request)
  const facts = read.success ? read.data.facts : undefined
  if (facts === undefined) return undefined
  const total = ({ count, minor }: { readonly count: bigint; readonly minor: bigint }) =>
    `${count} · ${words.amount({ minor, asset })}`
  const none = { count: 0n, minor: 0n }
  const kinds = lineKinds.filter(kind => facts.told[kind].count > 0n || (facts.read?.[kind] ?? none).count > 0n)
  return html`<dl class="facts">
<dt>${words.say('page.counter.void.date')}</dt><dd>${facts.date}</dd>
${facts.since !== undefined && html`<dt>${words.say('page.counter.void.since')}</dt><dd>${words.instant(Number(facts.since))}</dd>`}
<dt>${words.say('page.counter.void.lines')}</dt><dd>${`${facts.lines}`}</dd>
<dt>${words.say('page.counter.void.file')}</dt><dd>${facts.file}</dd>
</dl>
${facts.differs?.map(each => html`<p class="notice">${words.say(`page.counter.void.differs.${each}`)}</p>`)}
<table><thead><tr><th></th><th>${words.say('page.counter.void.told')}</th><th>${words.say('page.counter.void.read')}</th></tr></thead>
<tbody>${kinds.map(kind => html`<tr><th>${words.say(`page.counter.void.${kind}`)}</th><td>${total(facts.told[kind])}</td><td>${facts.read === undefined ? '–' : total(facts.read[kind])}</td></tr>`)}</tbody></table>`
}
