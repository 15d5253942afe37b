/** Asks for a voucher's number and one of its secrets: the payment password, or the backup password. */
import type { VoucherNumber } from '../ids.ts'
import type { Money } from '../money.ts'
import type { Secret } from '../secret.ts'
import { parseByPlan } from '../voucher/voucher-number.ts'
import { asked } from './asked.ts'
import { button, form, grouped, secretField, type Trouble, textField } from './fields.ts'
import type { Form } from './form.ts'
import { type Content, html } from './html.ts'
import type { Answer, Visit } from './page.ts'

export interface Question {
  /** Where it is sent. */
  readonly action: string
  readonly title: string
  readonly lead: string
  readonly secret: 'password' | 'backup'
  /** The one thing to do. */
  readonly go: string
  readonly carried?: Readonly<Record<string, string>>
  /** For the strip, when it is known already. */
  readonly amount?: Money | undefined
  readonly notice?: string | undefined
  /** Below the form. */
  readonly after?: Content
}

/** `sent`: what was answered before; what was right stays, a secret never does. */
export function askVoucher(visit: Visit, question: Question, sent?: Form, troubles: readonly Trouble[] = []): Answer {
  const { words } = visit
  const { action, title, lead, secret, go, carried = {}, amount, notice, after } = question
  return {
    ...(amount && { amount }),
    ...asked(
      words,
      { title, troubles },
      html`${notice !== undefined && html`<p class="notice">${notice}</p>`}
<p class="lead">${lead}</p>
${form(visit, action, carried, [
  textField({
    name: 'number',
    label: words.say('page.open.number'),
    hint: words.say('page.open.number.hint'),
    value: sent === undefined ? '' : grouped(sent.digits('number')),
    inputmode: 'numeric',
    autocomplete: 'off',
    maxlength: 40,
    isGrouped: true,
    troubles,
  }),
  secretField({
    name: 'secret',
    label: words.say(secret === 'password' ? 'page.open.password' : 'page.backup'),
    ...(secret === 'backup' && { hint: words.say('page.backup.hint') }),
    maxlength: 24,
    show: words.say('page.show'),
    hide: words.say('page.hide'),
    troubles,
  }),
  button(words, go),
])}
${after}`,
    ),
  }
}

/** The number and the secret, or what is missing or mistyped. */
export function readVoucher(
  { words, merchant }: Visit,
  sent: Form,
  secret: Question['secret'],
): { readonly number: VoucherNumber; readonly secret: Secret } | Trouble {
  const typed = sent.digits('number')
  const number = parseByPlan(typed, merchant.numbers)
  if (typed === '') return { field: 'number', message: words.say('page.open.number.missing') }
  if (number === undefined) return { field: 'number', message: words.say('voucher.bad-check-digit') }
  const read = sent.secret('secret')
  const missing = secret === 'password' ? 'page.open.password.missing' : 'page.backup.missing'
  return read.length === 0 ? { field: 'secret', message: words.say(missing) } : { number, secret: read }
}

/** Why number and secret were of no use: whatever is wrong with either is one sentence. */
export function refusalOf(
  { words }: Visit,
  { outcome }: { readonly outcome: 'bad-number' | 'refused' | 'busy' | 'under-review' | 'exhausted' | 'terminated' },
  secret: Question['secret'],
): Trouble {
  switch (outcome) {
    case 'bad-number':
    case 'refused':
      return { field: 'number', message: words.say(secret === 'password' ? 'voucher.refused' : 'backup.refused') }
    case 'busy':
      return { field: 'secret', message: words.say('page.busy') }
    case 'under-review':
      return { field: 'number', message: words.say('voucher.under-review') }
    case 'exhausted':
      return { field: 'number', message: words.say('voucher.exhausted') }
    case 'terminated':
      return { field: 'number', message: words.say('voucher.terminated') }
  }
}
