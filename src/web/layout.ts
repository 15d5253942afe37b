/** The one layout: a strip that says who is paid and how much, one column, and a foot with the language switch. */
import type { Language, SpokenName } from '../languages.ts'
import type { Files } from './files.ts'
import { type Html, html } from './html.ts'
import type { Shown } from './page.ts'
import type { Words } from './words.ts'

export interface Frame {
  readonly words: Words
  /** Whose page it is, and what the strip calls it. */
  readonly house: SpokenName
  readonly label: string
  readonly foot: string
  /** Where the language switch comes back to. */
  readonly here: string
  readonly files: Files
}

const otherLanguage: Readonly<Record<Language, { language: Language; tag: string; name: string }>> = {
  en: { language: 'zh', tag: 'zh-CN', name: '中文' },
  zh: { language: 'en', tag: 'en', name: 'English' },
}

export function layout(
  { words, house, label, foot, here, files }: Frame,
  { title, amount, payee, usesPasskey, usesTelephone, isLive, body }: Shown,
): string {
  const name = words.name(house)
  const other = otherLanguage[words.language]
  const page = html`<!doctype html>
<html lang="${words.tag}">
<head>
<meta charset="utf-8">
<title>${title} – ${name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="${files.urlOf('mark.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${files.urlOf('style.css')}">
<script type="module" src="${files.urlOf('improve.js')}"></script>
${usesPasskey === true && html`<script type="module" src="${files.urlOf('passkey.js')}"></script>`}
${isLive === true && html`<script type="module" src="${files.urlOf('live.js')}"></script>`}
${usesTelephone === true && html`<script type="module" src="${files.urlOf('telephone.js')}" data-card-phone="${files.urlOf('card-phone.js')}" data-frames-worker="${files.urlOf('frames-worker.js')}"></script>`}
</head>
<body>
<a class="skip" href="#main">${words.say('page.skip')}</a>
<header class="strip">
<div class="column">
${mark()}
<p class="payee"><span class="label">${label}</span> <a href="/">${name}</a></p>
${payee !== undefined && html`<p class="to"><span class="label">${words.say('page.strip.payee')}</span> ${words.name(payee)}</p>`}
${amount !== undefined && html`<p class="amount"><span class="label">${words.say('page.strip.amount')}</span> ${words.amount(amount)}</p>`}
</div>
</header>
<main id="main" class="column" tabindex="-1">
${body}
</main>
<footer class="column">
<p>${foot}</p>
<p><a href="${withLanguage(here, other.language)}" lang="${other.tag}" hreflang="${other.tag}">${other.name}</a></p>
</footer>
</body>
</html>
`
  return page.toString()
}

/** A lantern. */
const mark = (): Html =>
  html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path d="M16 2v4M11 6h10M16 26v4"/><rect x="7" y="8" width="18" height="16" rx="7"/><path d="M12.5 8.5c-2 4.5-2 10.5 0 15M19.5 8.5c2 4.5 2 10.5 0 15"/></svg>`

/** The same place in another language. */
function withLanguage(here: string, language: Language): string {
  const url = new URL(here, 'http://here')
  url.searchParams.set('lang', language)
  return url.pathname + url.search
}
