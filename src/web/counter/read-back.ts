/** What a proposal is, as those read it who sign it. */
import { toHex } from '../../bytes.ts'
import { parseAccountNumber } from '../../ids.ts'
import { factList, grouped } from '../fields.ts'
import { type Html, html } from '../html.ts'
import { counterKind } from './kinds.ts'
import type { CounterVisit } from './visit.ts'
import { voidFacts } from './void-facts.ts'

export async function factsOf(
  visit: CounterVisit,
  { kind, request, why }: { readonly kind: string; readonly request: unknown; readonly why?: string | undefined },
): Promise<Html> {
  const { words, bank, currency } = visit
  const known = counterKind(kind)
  const asked = (request ?? {}) as Readonly<Record<string, unknown>>
  const facts: [what: string, value: string][] = []
  for (const [name, value] of Object.entries(asked)) {
    switch (name) {
      case 'account': {
        facts.push([words.say('page.bank.account'), grouped(`${value}`)])
        const account = parseAccountNumber(`${value}`)
        const holder = account && (await bank.findAccount(account))
        if (holder && kind !== 'open-account') facts.push([words.say('page.counter.holder'), words.name(holder.name)])
        break
      }
      case 'minor':
        facts.push([words.say('page.confirm.amount'), words.amount({ minor: BigInt(`${value}`), asset: currency })])
        break
      case 'name': {
        const { en, zh } = value as { readonly en: string; readonly zh: string }
        facts.push([words.say('page.counter.holder'), `${en} · ${zh}`])
        break
      }
      case 'isBusiness':
        if (value === true) facts.push([words.say('page.counter.holder'), words.say('page.counter.business')])
        break
      case 'voucher':
      case 'card':
        facts.push([words.say(`page.counter.field.${name}`), grouped(`${value}`)])
        break
      case 'payee': {
        const payee = (await bank.payees()).find(({ id }) => id === value)
        facts.push([words.say('page.counter.field.payee'), payee ? words.name(payee.name) : `${value}`])
        break
      }
      case 'what':
        facts.push([
          words.say('page.counter.field.what'),
          words.say(value === 'telephone' ? 'page.bank.lost.telephone' : 'page.bank.lost.account'),
        ])
        break
      case 'address':
        facts.push([
          words.say('page.counter.field.address'),
          value === '' ? words.say('page.counter.address.none') : `${value}`,
        ])
        break
      case 'number':
        facts.push([words.say('page.office.decide.number'), `${value}`])
        break
      case 'why':
        if (value !== why) facts.push([words.say('page.counter.why'), `${value}`])
        break
      case 'facts':
        if (kind !== 'void-file') facts.push(...signedWith(visit, value))
        break
      default:
        facts.push([name, value instanceof Uint8Array ? toHex(value) : `${value}`])
    }
  }
  if (why !== undefined) facts.push([words.say('page.counter.why'), why])
  return html`<p class="number">${known === undefined ? kind : words.say(`page.counter.${known.kind}`)}</p>
${factList(facts)}
${kind === 'void-file' && (voidFacts(visit, request) ?? html`<p class="notice" role="status">${words.say('page.office.decide.facts.none')}</p>`)}`
}

/** What the books said of it when it was proposed. */
function signedWith({ words }: CounterVisit, signed: unknown): [what: string, value: string][] {
  return Object.entries((signed ?? {}) as Readonly<Record<string, unknown>>).map(([name, value]) => {
    switch (name) {
      case 'since':
        return [words.say('page.counter.fact.since'), words.instant(Number(value))]
      case 'timesLost':
        return [words.say('page.counter.fact.times-lost'), `${value}`]
      case 'channel':
      case 'by':
        return [words.say('page.counter.fact.by'), `${value}`]
      case 'payee':
        return [words.say('page.counter.field.payee'), `${value}`]
      default:
        return [name, `${value}`]
    }
  })
}
