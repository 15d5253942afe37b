/** What the card phone looks like, beside the keys of the telephone. The telephone's script shows it where a browser can have one. */
import { type Html, html } from '../html.ts'
import type { Words } from '../words.ts'

/** What is signed, and what becomes of it: sentences that the script chooses from. */
const sentences = [
  ...['in', 'out', 'in-use', 'unusable', 'asked', 'signing', 'paid', 'on-its-way', 'refused', 'wrong-password'],
  ...['unknown', 'not-accepted', 'not-answered'],
  ...['declined-by-holder', 'declined-no-card', 'declined-card-blocked', 'declined-unfit'],
] as const
const matters = ['sign-in', 'pay', 'transfer', 'in', 'out', 'buy', 'sell', 'cancel'] as const
const rows = ['what', 'amount', 'limit', 'trade', 'payee', 'account', 'bank', 'from', 'receiver'] as const

export function cardPanel(words: Words): Html {
  const say = words.say.bind(words)
  return html`<div class="card-phone" data-part="card-phone" role="group" aria-labelledby="card-phone-title" hidden
${sentences.map(name => html` data-say-${name}="${say(`page.start.card.say.${name}`)}"`)}
${matters.map(name => html` data-what-${name}="${say(`page.start.card.what.${name}`)}"`)}>
<h3 id="card-phone-title">${say('page.start.card.title')}</h3>
<p class="hint">${say('page.start.card.how')}</p>
<p><button type="button" data-part="toggle" data-in="${say('page.start.card.insert')}" data-out="${say('page.start.card.take-out')}">${say('page.start.card.insert')}</button></p>
<p role="status" data-part="card-state"></p>
<form data-part="approve" aria-labelledby="card-phone-ask" aria-describedby="card-phone-matter" autocomplete="off" hidden>
<h4 id="card-phone-ask">${say('page.start.card.ask')}</h4>
<dl class="facts" id="card-phone-matter">
${rows.map(name => html`<div data-part="row-${name}"><dt>${say(`page.start.card.row.${name}`)}</dt><dd></dd></div>`)}
</dl>
<p data-part="unlisted" hidden>${say('page.start.card.unlisted')}</p>
<p role="alert" data-part="wrong-pin" hidden>${say('page.start.card.wrong-pin')} <span data-part="tries"></span></p>
<label for="card-phone-pin">${say('page.start.card.pin')}</label>
<input id="card-phone-pin" data-part="pin" type="password" inputmode="numeric" pattern="[0-9]{4,12}" maxlength="12" required autocomplete="off">
<label for="card-phone-password">${say('page.start.card.password')}</label>
<input id="card-phone-password" data-part="password" type="password" inputmode="numeric" pattern="[0-9]{4,12}" maxlength="12" required autocomplete="off">
<p><button class="primary">${say('page.start.card.sign')}</button> <button type="button" data-part="refuse">${say('page.start.card.refuse')}</button></p>
</form>
</div>`
}
