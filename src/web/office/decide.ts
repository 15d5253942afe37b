/** What two officers of a payee decide: a bank's result counts that contradicts a file, or they go on from files that a bank holds of books that were lost. */
import { parseInstitutionId } from '../../ids.ts'
import { asked } from '../asked.ts'
import { button, factList, form, type Trouble, textField } from '../fields.ts'
import { Form } from '../form.ts'
import { html } from '../html.ts'
import type { Answer } from '../page.ts'
import { type Deciding, proposalPage, readBack, signPage } from '../people/proposals.ts'
import { readWhy, whyField } from '../people/why.ts'
import { readAmount } from '../read-amount.ts'
import { contradicting, signedFacts } from './signed-facts.ts'
import { atOffice, type Colleague, inOffice, type OfficePage, type OfficeVisit } from './visit.ts'

const kinds = ['accept-result', 'take-held'] as const
type OfficeKind = (typeof kinds)[number]

/** Undefined: it is decided by commands alone. */
export const officeKind = (name: string): OfficeKind | undefined => kinds.find(kind => kind === name)

/** The decision keeps why as a part of what is asked, too. */
const longestWhy = 200

const deciding: Deciding<Colleague, OfficeVisit> = {
  home: '/settlement',
  isHere: kind => officeKind(kind) !== undefined,
  factsOf: async (visit, { kind, request, why }) => {
    const { words } = visit
    const known = officeKind(kind)
    return html`<p class="number">${known === undefined ? kind : words.say(`page.office.decide.${known}`)}</p>
${known !== undefined && html`<p>${words.say(`page.office.decide.${known}.lead`)}</p>`}
${signedFacts(visit, kind, request, why)}`
  },
  framed: (visit, person, content) =>
    inOffice(
      visit,
      person,
      html`${content}
<p><a href="/settlement">${visit.words.say('page.office.settlement')}</a></p>`,
    ),
}

export const decisionPages: readonly OfficePage[] = [signPage(deciding), proposalPage(deciding)]

/** An officer proposes, to have it read back. */
export const decide: OfficePage = atOffice('/decide', {
  ask: async (visit, person) => {
    const about = await aboutIn(visit, person, visit.query)
    return about === undefined ? { goTo: '/settlement' } : asking(visit, person, about)
  },
  answer: async (visit, person, sent) => {
    const { words } = visit
    const about = await aboutIn(visit, person, sent)
    if (about === undefined) return { goTo: '/settlement' }
    const troubles: Trouble[] = []
    const typed = sent.text('difference')
    const read = typed === '' || about.number === undefined ? undefined : readAmount(visit, 'difference', typed)
    if (read !== undefined && 'trouble' in read) troubles.push(read.trouble)
    const why = readWhy(words, sent, longestWhy)
    troubles.push(...why.troubles)
    if (troubles.length > 0) return asking(visit, person, about, sent, troubles)
    const { kind, bank, number } = about
    const difference = read !== undefined && 'money' in read ? { difference: read.money.minor } : {}
    const request = number === undefined ? { bank } : { bank, number, why: why.text, ...difference }
    return readBack(visit, person, { kind, request, why: why.text })
  },
})

interface About {
  readonly kind: OfficeKind
  readonly bank: string
  /** Of the file whose result waits. */
  readonly number: bigint | undefined
}

/** Of what waits now. Undefined: nothing such does, or it is not for somebody of this role. */
async function aboutIn({ office }: OfficeVisit, { person }: Colleague, sent: Form): Promise<About | undefined> {
  const kind = officeKind(sent.text('kind'))
  const bank = parseInstitutionId(sent.text('bank'))
  const number = sent.digits('number')
  if (kind === undefined || bank === undefined || person.role !== 'officer') return undefined
  if (kind === 'take-held')
    return (await office.held()).some(each => each.bank === bank) ? { kind, bank, number: undefined } : undefined
  const waits = (await office.waitingResults()).some(each => each.bank === bank && `${each.number}` === number)
  return waits ? { kind, bank, number: BigInt(number) } : undefined
}

async function asking(
  visit: OfficeVisit,
  person: Colleague,
  { kind, bank, number }: About,
  sent = new Form(''),
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words, office, currency } = visit
  const title = words.say(`page.office.decide.${kind}`)
  const carried = { kind, bank, ...(number !== undefined && { number: `${number}` }) }
  return asked(
    words,
    { title, troubles },
    html`<p class="lead">${words.say(`page.office.decide.${kind}.lead`)}</p>
<p>${words.say('page.counter.propose.lead')}</p>
${factList([
  [words.say('page.office.bank'), bank],
  ...(number === undefined ? [] : [[words.say('page.office.decide.number'), `${number}`] as const]),
])}
${number !== undefined && contradicting(visit, await office.contradictions({ bank, number }))}
${form(visit, '/decide', carried, [
  number !== undefined &&
    textField({
      name: 'difference',
      label: words.say('page.office.decide.missing'),
      hint: words.say('page.office.decide.missing.hint'),
      value: sent.text('difference'),
      inputmode: 'decimal',
      autocomplete: 'off',
      maxlength: 20,
      before: words.symbolOf(currency),
      isOptional: true,
      troubles,
    }),
  whyField(words, {
    value: sent.text('why'),
    troubles,
    hint: words.say('page.office.decide.why'),
  }),
  button(words, words.say('page.continue')),
])}`,
    content => inOffice(visit, person, content),
  )
}
