/** The keys by which shops' programs ask the API, how each shop hears of its payments, and what can be done about it. */
import type { Told } from '../../merchant/office/shops.ts'
import type { ListedApiKey } from '../../merchant/till/api-keys.ts'
import { type Html, html } from '../html.ts'
import type { Words } from '../words.ts'
import { atOffice, inOffice, type OfficePage } from './visit.ts'

export const shops: OfficePage = atOffice('/shops', {
  ask: async (visit, person) => {
    const { words, office, apiKeys } = visit
    const [keys, told] = [await apiKeys.list(), await office.told()]
    const title = words.say('page.office.shops')
    return {
      title,
      body: inOffice(
        visit,
        person,
        html`<h1>${title}</h1>
${keys.length === 0 && html`<p>${words.say('page.office.shops.none')}</p>`}
${
  keys.length > 0 &&
  html`<ul class="payments">${keys.map(key =>
    listed(
      words,
      key,
      told.find(each => each.key === key.id),
    ),
  )}</ul>`
}
<ul class="actions"><li><a href="/shops/new">${words.say('page.office.shops.add-key')}</a></li></ul>`,
      ),
    }
  },
})

function listed(words: Words, { id, name, webhook, addedAt, revokedAt }: ListedApiKey, told: Told | undefined): Html {
  const link = (kind: 'revoke-key' | 'tell-again') =>
    html`<a href="/shops/act?kind=${kind}&amp;key=${id}" aria-label="${words.say(`page.office.shops.${kind}`)}: ${name}">${words.say(`page.office.shops.${kind}`)}</a>`
  const isBehind = told !== undefined && told.failing + told.givenUp > 0
  return html`<li><span><strong>${name}</strong> <code>${id}</code>
<span class="reference">${words.say('page.office.shops.since')} ${words.instant(addedAt)}${revokedAt !== undefined && html` · ${words.say('page.office.shops.revoked')} ${words.instant(revokedAt)}`}</span>
<span class="reference">${webhook === undefined ? words.say('page.office.shops.not-told') : originOf(webhook)}</span></span>
${webhook !== undefined && hears(words, told)}
${(revokedAt === undefined || isBehind) && html`<span class="whole">${revokedAt === undefined && link('revoke-key')}${isBehind && html` ${link('tell-again')}`}</span>`}</li>`
}

/** What stands behind it may be a secret of the shop's. */
export const originOf = (webhook: string): string => (URL.canParse(webhook) ? new URL(webhook).origin : '')

function hears(words: Words, told: Told | undefined): Html {
  if (told === undefined) return html`<span class="sum">${words.say('page.office.shops.nothing')}</span>`
  const { delivered, due, failing, nextAt, givenUp } = told
  const counted = (count: number) => ({ count: `${count}` })
  return html`<span class="sum">${words.say('page.office.shops.delivered', counted(delivered))}
${due > 0 && html`<span class="reference">${words.say('page.office.shops.due', counted(due))}</span>`}
${failing > 0 && nextAt !== undefined && html`<span class="reference low">${words.say('page.office.shops.failing', counted(failing))} ${words.instant(nextAt)}</span>`}
${givenUp > 0 && html`<span class="reference low">${words.say('page.office.shops.given-up', counted(givenUp))}</span>`}</span>`
}
