/** A page that asks for a new secret, typed twice: a voucher's password, an account's PIN. */
import { asked } from './asked.ts'
import { button, form, secretField, type Trouble } from './fields.ts'
import { type Html, html } from './html.ts'
import type { Answer, VisitOf } from './page.ts'

export interface NewSecret {
  /** Where it is sent to, and what goes with it. */
  readonly action: string
  readonly carried: Readonly<Record<string, string>>
  readonly title: string
  readonly label: string
  readonly hint: string
  /** On the button. */
  readonly go: string
  readonly back: Html
  readonly maxlength: number
}

/** Its fields are `next` and `again`; each trouble stands beside its field. */
export function askNewSecret(
  visit: Pick<VisitOf<unknown>, 'words' | 'formToken'>,
  { action, carried, title, label, hint, go, back, maxlength }: NewSecret,
  troubles: readonly Trouble[],
): Answer {
  const { words } = visit
  const [show, hide] = [words.say('page.show'), words.say('page.hide')]
  const common = { show, hide, troubles, maxlength, autocomplete: 'new-password' } as const
  return asked(
    words,
    { title, troubles },
    html`${form(visit, action, carried, [
      secretField({ ...common, name: 'next', label, hint }),
      secretField({ ...common, name: 'again', label: words.say('page.password.again') }),
      button(words, go),
    ])}
${back}`,
  )
}
