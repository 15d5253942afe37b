/**
 * The page that an installation starts with: what Tonebank is, whom to dial, where the pages are, with whose account, and how a
 * softphone comes in. It asks nothing and keeps nothing. The network that this machine is in may see it, too, without its secrets.
 */
import { grouped } from '../fields.ts'
import { type Html, html } from '../html.ts'
import type { PageOf, VisitOf } from '../page.ts'
import type { Site } from '../serve-pages.ts'
import type { Words } from '../words.ts'
import { forTheNetwork, type Overview } from './overview.ts'
import { dialButton, telephone } from './telephone.ts'

interface Where {
  /** For whoever sits at this machine. */
  readonly isHere: boolean
  /** The telephone takes a card that lies at this machine. */
  readonly hasCard: boolean
  /** There is a telephone on the page. */
  readonly hasTelephone: boolean
}

type HeldCard = NonNullable<Overview['customers'][number]['card']>

export interface StartVisit extends VisitOf<never>, Where {
  readonly overview: Overview
}

const start: PageOf<StartVisit> = {
  path: '/',
  ask: async ({ words, overview, isHere, hasTelephone, hasCard }) => {
    const { demonstration, institutions, softphone } = overview
    const [bank, shop] = [
      institutions.find(({ kind, rings }) => kind === 'bank' && rings.length > 0),
      institutions.find(({ kind, rings }) => kind === 'merchant' && rings.length > 0),
    ]
    return {
      title: words.say('page.start.title'),
      usesTelephone: hasTelephone,
      body: html`<h1>${words.say('page.start.title')}</h1>
<p class="lead">${words.say('page.start.lead')}</p>
${hasTelephone && telephone(words, hasCard)}
${demonstration && bank && shop && tryFirst(words, bank, shop)}
<h2>${words.say('page.start.dial')}</h2>
<ul class="payments">${institutions.flatMap(({ name, kind, ...numbers }) =>
        allOf(numbers).map(
          number =>
            html`<li><span><strong>${number}</strong> ${words.name(name)}</span> <span class="hint">${words.say(`page.start.${kind}`)}${hasTelephone && dialButton(words, number, name)}</span></li>`,
        ),
      )}</ul>
${demonstration && accounts(words, overview)}
${demonstration && !isHere && html`<p class="hint">${words.say('page.start.elsewhere')}</p>`}
${institutions.some(({ url }) => url !== undefined) && pages(words, institutions)}
${
  softphone &&
  html`<h2>${words.say('page.start.softphone')}</h2>
<p>${words.say('page.start.softphone.how')}</p>
<dl class="facts"><dt>SIP</dt><dd>${softphone.host}:${softphone.port}</dd>
${softphone.accounts.map(({ user, password }) => html`<dt>${user}</dt><dd>${password.reveal()}</dd>`)}</dl>`
}
${
  isHere &&
  html`<p>${words.say('page.start.console')}</p>
<pre>npm run phone -- ${bank?.rings[0] ?? institutions.flatMap(allOf)[0]}</pre>
<h2>${words.say('page.start.shops')}</h2>
<p>${words.say('page.start.shops.how')}</p>`
}`,
    }
  },
}

const allOf = ({ rings, ringsOthers = [] }: Pick<Overview['institutions'][number], 'rings' | 'ringsOthers'>) => [
  ...rings,
  ...ringsOthers,
]

function accounts(words: Words, { institutions, customers }: Overview): readonly Html[] {
  return institutions.map(({ id, name }) => {
    const own = customers.filter(({ bank }) => bank === id)
    return own.length === 0
      ? html``
      : html`<h2>${words.say('page.start.accounts', { institution: name })}</h2>
<ul class="payments">${own.map(
          ({ account, pin, name, paidIn, card }) =>
            html`<li><span><strong>${grouped(account)}</strong> <span class="reference">${words.name(name)}, ${words.amount(paidIn)}</span></span>${pin && html` <span>PIN <strong>${pin.reveal()}</strong></span>`}</li>${card && cardOf(words, card)}`,
        )}</ul>`
  })
}

const cardOf = (words: Words, { number, pin, password }: HeldCard): Html =>
  html`<li><span>${words.say('page.start.card.open')} <strong>${number}</strong></span> <span>PIN <strong>${pin.reveal()}</strong>, ${words.say('page.start.card.its-password')} <strong>${password.reveal()}</strong></span></li>`

const pages = (words: Words, institutions: Overview['institutions']): Html =>
  html`<h2>${words.say('page.start.pages')}</h2>
<ul class="choices">${institutions.map(({ name, kind, url }) => url !== undefined && html`<li><a href="${url}"><strong>${words.name(name)}</strong> <span class="hint">${words.say(`page.start.${kind}`)}</span></a></li>`)}
${institutions.map(({ id, name, kind, desk }) => desk !== undefined && html`<li><a href="${desk}"><strong>${words.name(name)}</strong> <span class="hint">${words.say(kind === 'bank' ? 'page.start.counter' : 'page.start.office', { command: `node bin/tonebank.mjs people passkey ${id}` })}</span></a></li>`)}</ul>`

function tryFirst(words: Words, bank: Overview['institutions'][number], shop: Overview['institutions'][number]): Html {
  const [bankNumber = '', shopNumber = ''] = [bank.rings[0], shop.rings[0]]
  return html`<h2>${words.say('page.start.try')}</h2>
<ol>
<li>${words.say('page.start.try.buy', { bank: bankNumber, shop: shopNumber })}</li>
<li>${words.say('page.start.try.pay', { shop: shopNumber })}</li>
${bank.url !== undefined && html`<li>${words.say('page.start.try.page')}</li>`}
</ol>`
}

export function startSite(overview: () => Overview, where: Where): Site<never, StartVisit> {
  return {
    house: { en: 'Tonebank', zh: 'Tonebank' },
    label: 'page.strip.start',
    foot: where.isHere ? 'page.start.foot' : 'page.start.foot.network',
    timeZone: 'UTC',
    sessions: { idleMs: 1, longestMs: 1 },
    pages: [start],
    isOpen: async () => true,
    visitOf: visit => ({ ...visit, ...where, overview: where.isHere ? overview() : forTheNetwork(overview()) }),
  }
}
