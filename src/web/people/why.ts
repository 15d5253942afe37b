/** Why somebody does what they sign: it stands in the books beside their name. */
import { isPlainText } from '../../languages.ts'
import { type Trouble, textField } from '../fields.ts'
import type { Form } from '../form.ts'
import type { Html } from '../html.ts'
import type { Words } from '../words.ts'

const longest = 500

/** `most` characters, where what it stands in holds no more. */
export function readWhy(
  words: Words,
  sent: Form,
  most = longest,
): {
  readonly text: string
  readonly troubles: readonly Trouble[]
} {
  const text = sent.text('why').normalize('NFC')
  if (text === '') return { text, troubles: [{ field: 'why', message: words.say('page.counter.why.missing') }] }
  if (isPlainText(text) && text.length <= most) return { text, troubles: [] }
  return { text, troubles: [{ field: 'why', message: words.say('page.counter.unseen') }] }
}

export function whyField(
  words: Words,
  field: { readonly value: string; readonly troubles: readonly Trouble[]; readonly hint?: string },
): Html {
  const label = words.say('page.counter.why')
  return textField({ name: 'why', label, inputmode: 'text', autocomplete: 'off', maxlength: longest, ...field })
}
