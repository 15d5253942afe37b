/** The parts that forms are made of: labels above, hints below them, errors at the field and once more on top. */
import { groupsOf } from '../speech/spoken.ts'
import { type Content, type Html, html } from './html.ts'
import type { VisitOf } from './page.ts'
import type { Words } from './words.ts'

/** What is wrong, and with which field: shown at the field, and in the summary that links to it. */
export interface Trouble {
  readonly field: string
  readonly message: string
}

/** At the top, where it takes the focus. Nothing when all is well. */
export function summaryOf(words: Words, troubles: readonly Trouble[]): Html | undefined {
  if (troubles.length === 0) return undefined
  return html`<div class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="summary">
<h2 id="summary">${words.say('page.error.summary')}</h2>
<ul>${troubles.map(({ field, message }) => html`<li><a href="#${field}">${message}</a></li>`)}</ul>
</div>`
}

interface Field {
  readonly name: string
  readonly label: string
  readonly hint?: string
  readonly troubles?: readonly Trouble[]
}

interface TextField extends Field {
  /** What was right stays. A secret has none. */
  readonly value?: string
  readonly inputmode: 'numeric' | 'decimal' | 'text'
  readonly autocomplete: 'off' | 'one-time-code' | 'new-password'
  readonly maxlength: number
  /** Shown while it is typed in groups of four. */
  readonly isGrouped?: boolean
  readonly before?: string
  readonly isOptional?: boolean
}

export function textField(field: TextField): Html {
  const { name, value = '', inputmode, autocomplete, maxlength, isGrouped, before, isOptional } = field
  const input = html`<input id="${name}" name="${name}" type="text" value="${value}" inputmode="${inputmode}" autocomplete="${autocomplete}" maxlength="${maxlength}" spellcheck="false" autocapitalize="none"${isOptional !== true && html` required`}${described(field)}${isGrouped === true && html` data-groups`}>`
  return labelled(
    field,
    before === undefined ? input : html`<span class="money"><span aria-hidden="true">${before}</span>${input}</span>`,
  )
}

interface SecretField extends Field {
  readonly autocomplete?: 'off' | 'new-password'
  readonly maxlength: number
  readonly show: string
  readonly hide: string
}

/** Never filled in again. A module of ours adds the button that shows what was typed. */
export function secretField(field: SecretField): Html {
  const { name, autocomplete = 'off', maxlength, show, hide } = field
  return labelled(
    field,
    html`<span class="secret" data-show="${show}" data-hide="${hide}"><input id="${name}" name="${name}" type="password" inputmode="numeric" autocomplete="${autocomplete}" maxlength="${maxlength}" required${described(field)}></span>`,
  )
}

function described({ name, hint, troubles = [] }: Field): Html {
  const isWrong = troubles.some(({ field }) => field === name)
  const ids = [hint !== undefined && `${name}-hint`, isWrong && `${name}-error`].filter(Boolean).join(' ')
  return html`${ids !== '' && html` aria-describedby="${ids}"`}${isWrong && html` aria-invalid="true"`}`
}

function labelled({ name, label, hint, troubles = [] }: Field, input: Html): Html {
  const trouble = troubles.find(({ field }) => field === name)
  return html`<div class="field${trouble !== undefined && ' wrong'}">
<label for="${name}">${label}</label>
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${trouble !== undefined && html`<p class="error" id="${name}-error">${trouble.message}</p>`}
${input}
</div>`
}

/** A form that is sent to `action`, with the token that proves it was ours, and what it carries along. */
export function form(
  visit: Pick<VisitOf<unknown>, 'formToken'>,
  action: string,
  carried: Readonly<Record<string, string>>,
  content: Content,
  more: Content = '',
): Html {
  const hidden = Object.entries({ token: visit.formToken(action), ...carried })
  return html`<form method="post" action="${action}" novalidate autocomplete="off"${more}>
${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${content}
</form>`
}

/** The one thing to do on a page; a verb. It says that we are at it when the answer takes a while. */
/** What is read back: each fact under what it is. */
export const factList = (facts: readonly (readonly [what: string, value: string])[]): Html =>
  html`<dl class="facts">${facts.map(([what, value]) => html`<dt>${what}</dt><dd>${value}</dd>`)}</dl>`

export const button = (words: Words, label: string): Html =>
  html`<button class="primary" data-wait="${words.say('page.wait')}">${label}</button>`

/** As it was spoken: in groups of four. */
export const grouped = (digits: string): string => groupsOf(digits).join(' ')
