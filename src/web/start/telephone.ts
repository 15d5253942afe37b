/** What the telephone of the page to start with looks like. Without a script it is not there: `src/web/telephone/` makes it ring. */
import type { SpokenName } from '../../languages.ts'
import { type Html, html } from '../html.ts'
import type { Words } from '../words.ts'
import { cardPanel } from './card-panel.ts'

/** As they lie on a telephone (ITU-T E.161). */
const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const

/** @param hasCard it takes a card, too */
export function telephone(words: Words, hasCard: boolean): Html {
  const say = words.say.bind(words)
  const named = (key: string) =>
    key === '*'
      ? html` aria-label="${say('page.start.telephone.star')}"`
      : key === '#' && html` aria-label="${say('page.start.telephone.hash')}"`
  return html`<section id="telephone" class="telephone" aria-labelledby="telephone-title" hidden
 data-say-idle="${say('page.start.telephone.say.idle')}"
 data-say-calling="${say('page.start.telephone.say.calling')}"
 data-say-talking="${say('page.start.telephone.say.talking')}"
 data-say-ended="${say('page.start.telephone.say.ended')}"
 data-say-busy="${say('page.start.telephone.say.busy')}"
 data-say-failed="${say('page.start.telephone.say.failed')}"
 data-say-no-line="${say('page.start.telephone.say.no-line')}"
 data-say-no-way="${say('page.start.telephone.say.no-way')}"
 data-say-microphone="${say('page.start.telephone.say.microphone')}"
 data-say-no-microphone="${say('page.start.telephone.say.no-microphone')}">
<h2 id="telephone-title">${say('page.start.telephone.title')}</h2>
<p class="hint">${say('page.start.telephone.how')}</p>
<div class="display" data-part="display" tabindex="-1">
<p role="status" data-part="state"></p>
<p data-part="timer" role="timer" aria-live="off" aria-label="${say('page.start.telephone.timer')}"></p>
<p data-part="pressed" role="img" aria-label="${say('page.start.telephone.pressed')}"></p>
</div>
<div class="captions" data-part="captions" role="log" tabindex="0" aria-label="${say('page.start.telephone.captions')}"></div>
<form data-part="form" class="dial">
<label for="telephone-number">${say('page.start.telephone.number')}</label>
<input id="telephone-number" data-part="number" inputmode="tel" autocomplete="off" maxlength="16">
<button class="primary">${say('page.start.telephone.call')}</button>
</form>
<button type="button" class="hang-up" data-part="hang-up" hidden>${say('page.start.telephone.hang-up')}</button>
<div class="keypad" role="group" aria-label="${say('page.start.telephone.keys')}">
${keys.map(key => html`<button type="button" data-key="${key}"${named(key)}>${key}</button>`)}
</div>
<p class="more">
<button type="button" data-part="sound" hidden>${say('page.start.telephone.sound')}</button>
<button type="button" data-part="microphone" hidden>${say('page.start.telephone.microphone')}</button>
<button type="button" data-part="mute" aria-pressed="false" hidden>${say('page.start.telephone.mute')}</button>
<meter data-part="level" min="0" max="1" value="0" aria-label="${say('page.start.telephone.level')}" hidden></meter>
</p>
${hasCard && cardPanel(words)}
</section>`
}

/** Beside a line that can be called; the script shows it. */
export const dialButton = (words: Words, number: string, name: SpokenName): Html =>
  html` <button type="button" data-dial="${number}" hidden aria-label="${words.say('page.start.telephone.dial', { number })}, ${words.name(name)}">${words.say('page.start.telephone.call')}</button>`
