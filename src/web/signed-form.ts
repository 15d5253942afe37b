/** A form that the module beside the page has signed with a passkey (`get`), or for which it has one made (`create`). */
import { form } from './fields.ts'
import { type Content, type Html, html } from './html.ts'
import type { VisitOf } from './page.ts'

export function signedForm(
  visit: Pick<VisitOf<unknown>, 'formToken' | 'words'>,
  sent: {
    readonly action: string
    readonly carried: Readonly<Record<string, string>>
    /** The button. */
    readonly label: Content
  },
  what: 'get' | 'create',
  /** As the browser wants them; what is binary as base64url. */
  options: object,
): Html {
  const { words } = visit
  const content = html`<p class="error" id="sign" data-failed hidden role="alert">${words.say('page.bank.passkey.failed')}</p>
<noscript><p class="notice">${words.say('page.bank.passkey.none')}</p></noscript>
${sent.label}
<p class="hint">${words.say('page.bank.passkey.hint')}</p>`
  const data = html` data-passkey="${what}" data-options="${JSON.stringify(options)}"`
  return form(visit, sent.action, { ...sent.carried, response: '' }, content, data)
}
