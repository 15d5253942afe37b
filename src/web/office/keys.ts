/** Somebody makes a key for a shop's program, revokes one, or has its shop told again: asked, read back, signed by their passkey. */
import { isPlainText } from '../../languages.ts'
import type { UnsignedAct } from '../../merchant/office/act.ts'
import { drawApiKey, type ListedApiKey } from '../../merchant/till/api-keys.ts'
import { webhookAddress } from '../../merchant/till/webhook-address.ts'
import type { Secret } from '../../secret.ts'
import { asked } from '../asked.ts'
import { button, factList, form, type Trouble, textField } from '../fields.ts'
import { Form } from '../form.ts'
import { type Html, html } from '../html.ts'
import type { Answer } from '../page.ts'
import { readWhy, whyField } from '../people/why.ts'
import { untilKnown } from '../until-known.ts'
import type { Words } from '../words.ts'
import { originOf } from './shops.ts'
import { actPage, holdAct } from './sign-act.ts'
import { atOffice, type Colleague, type HeldAct, inOffice, type OfficePage, type OfficeVisit } from './visit.ts'

const longestName = 80
const longestAddress = 500

export const newKey: OfficePage = atOffice('/shops/new', {
  ask: async (visit, person) => askingNew(visit, person),
  answer: async (visit, person, sent) => {
    const { words, runtime } = visit
    const troubles: Trouble[] = []
    const name = sent.text('name').normalize('NFC')
    if (name === '') troubles.push({ field: 'name', message: words.say('page.office.shops.name.missing') })
    else if (!isPlainText(name) || name.length > longestName)
      troubles.push({ field: 'name', message: words.say('page.counter.unseen') })
    const typed = sent.text('webhook')
    // Whoever is at a page is at another machine, and names none of this one.
    const webhook = typed === '' ? undefined : webhookAddress(typed, { isHere: false })
    if (typeof webhook === 'string' || typed.length > longestAddress)
      troubles.push({ field: 'webhook', message: words.say('page.office.shops.webhook.wrong') })
    const why = readWhy(words, sent)
    troubles.push(...why.troubles)
    if (troubles.length > 0 || typeof webhook === 'string') return askingNew(visit, person, sent, troubles)
    const { presented, key } = drawApiKey(runtime, { name, webhook: webhook?.href })
    const request = { ...key, intent: visit.drawIntent(), webhook: webhook?.href ?? null }
    return holdAct(visit, person, '/shops/sign', { kind: 'add-key', request, why: why.text, presented })
  },
})

/** What is done about a key that is there. */
export const aboutKey: OfficePage = atOffice('/shops/act', {
  ask: async (visit, person) => {
    const asked = await askedOf(visit, visit.query)
    return asked === undefined ? { goTo: '/shops' } : asking(visit, person, asked)
  },
  answer: async (visit, person, sent) => {
    const asked = await askedOf(visit, sent)
    if (asked === undefined) return { goTo: '/shops' }
    const why = readWhy(visit.words, sent)
    if (why.troubles.length > 0) return asking(visit, person, asked, sent, why.troubles)
    const { kind, key } = asked
    return holdAct(visit, person, '/shops/sign', {
      kind,
      request: { intent: visit.drawIntent(), key: key.id },
      why: why.text,
    })
  },
})

type AboutKey = Extract<UnsignedAct, { kind: 'add-key' | 'revoke-key' | 'tell-again' }>

export const signAboutKey: OfficePage = actPage<AboutKey>({
  path: '/shops/sign',
  home: '/shops',
  isOf: (act): act is AboutKey => act.kind === 'add-key' || act.kind === 'revoke-key' || act.kind === 'tell-again',
  said: ({ words }, { kind, request }) => ({
    lead: words.say(`page.office.shops.${kind}.lead`),
    facts:
      'key' in request
        ? [[words.say('page.office.shops.key'), request.key]]
        : [
            [words.say('page.office.shops.name'), request.name],
            [words.say('page.office.shops.webhook'), request.webhook ?? words.say('page.office.shops.not-told')],
          ],
    verb: words.say(`page.office.shops.${kind}.sign`),
  }),
  carryOut: async ({ words, office }, person, held, signed) => {
    const outcome = await untilKnown(() => office.aboutKey(signed))
    switch (outcome.outcome) {
      case 'added':
        // Looked at for a moment, by whoever made it.
        if (held.presented !== undefined) person.told(keyShown(held), held.presented)
        person.told(secretShown(held), outcome.signingSecret)
        held.done = { outcome: 'added' }
        return undefined
      case 'revoked':
      case 'told-again':
        held.done = outcome
        return undefined
      case 'unknown-key':
      case 'nothing-to-tell':
        return words.say(`page.office.shops.${outcome.outcome}`)
      case 'not-signed':
        return words.say('page.people.refused')
      case 'unknown':
        return words.say('page.office.back.unknown')
    }
  },
  done: (visit, person, held) => {
    const { words } = visit
    const { kind } = held.act
    const title = words.say(`page.office.shops.${kind}.done`)
    return {
      title,
      body: inOffice(
        visit,
        person,
        html`<h1>${title}</h1>
${kind === 'add-key' && shownOnce(words, person.secretOf(keyShown(held)), person.secretOf(secretShown(held)))}
<p><a href="/shops">${words.say('page.office.shops')}</a></p>`,
      ),
    }
  },
})

const keyShown = ({ challenge }: HeldAct) => `key ${challenge}`
const secretShown = ({ challenge }: HeldAct) => `secret ${challenge}`

function shownOnce(words: Words, key: Secret | undefined, signing: Secret | undefined): Html {
  if (key === undefined || signing === undefined) return html`<p>${words.say('page.office.shops.key.gone')}</p>`
  const shown = (label: string, secret: Secret) => html`<h2>${label}</h2>
<p class="told key" data-hidden="${words.say('page.counter.new-pin.hidden')}">${secret.reveal()}</p>`
  return html`<p class="notice" role="status">${words.say('page.office.shops.key.once')}</p>
${shown(words.say('page.office.shops.key.api'), key)}
${shown(words.say('page.office.shops.key.signing'), signing)}`
}

interface Asked {
  readonly kind: 'revoke-key' | 'tell-again'
  readonly key: ListedApiKey
}

async function askedOf({ apiKeys }: OfficeVisit, sent: Form): Promise<Asked | undefined> {
  const id = sent.text('key')
  const kind = (['revoke-key', 'tell-again'] as const).find(each => each === sent.text('kind'))
  const key = (await apiKeys.list()).find(each => each.id === id)
  const isPossible = key?.revokedAt === undefined && (kind === 'revoke-key' || key?.webhook !== undefined)
  return kind === undefined || key === undefined || !isPossible ? undefined : { kind, key }
}

function asking(
  visit: OfficeVisit,
  person: Colleague,
  { kind, key: { id, name, webhook } }: Asked,
  sent = new Form(''),
  troubles: readonly Trouble[] = [],
): Answer {
  const { words } = visit
  const title = words.say(`page.office.shops.${kind}`)
  return asked(
    words,
    { title, troubles },
    html`<p class="lead">${words.say(`page.office.shops.${kind}.lead`)}</p>
${factList([
  [words.say('page.office.shops.name'), name],
  [words.say('page.office.shops.key'), id],
  [
    words.say('page.office.shops.webhook'),
    webhook === undefined ? words.say('page.office.shops.not-told') : originOf(webhook),
  ],
])}
${form(visit, '/shops/act', { kind, key: id }, [
  whyField(words, { value: sent.text('why'), troubles }),
  button(words, words.say('page.continue')),
])}`,
    content => inOffice(visit, person, content),
  )
}

function askingNew(
  visit: OfficeVisit,
  person: Colleague,
  sent = new Form(''),
  troubles: readonly Trouble[] = [],
): Answer {
  const { words } = visit
  const title = words.say('page.office.shops.add-key')
  const field = (name: 'name' | 'webhook', maxlength: number) =>
    textField({
      ...{ name, label: words.say(`page.office.shops.${name}`), value: sent.text(name), maxlength, troubles },
      ...(name === 'webhook' && { hint: words.say('page.office.shops.webhook.hint'), isOptional: true }),
      inputmode: 'text',
      autocomplete: 'off',
    })
  return asked(
    words,
    { title, troubles },
    html`<p class="lead">${words.say('page.office.shops.add-key.lead')}</p>
${form(visit, '/shops/new', {}, [
  field('name', longestName),
  field('webhook', longestAddress),
  whyField(words, { value: sent.text('why'), troubles }),
  button(words, words.say('page.continue')),
])}`,
    content => inOffice(visit, person, content),
  )
}
