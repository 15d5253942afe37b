/** A form that the module beside the page has signed with a passkey (`get`), or for which it has one made (`create`). */
import { type PasskeySite, passkeyAlgorithms } from '../keys/passkey.ts'
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
    /** What is said where scripts do not run. */
    readonly unsigned?: string
  },
  what: 'get' | 'create',
  /** As the browser wants them; what is binary as base64url. */
  options: object,
): Html {
  const { words } = visit
  const content = html`<p class="error" id="sign" data-failed hidden role="alert">${words.say('page.bank.passkey.failed')}</p>
<noscript><p class="notice">${sent.unsigned ?? words.say('page.passkey.none')}</p></noscript>
${sent.label}
<p class="hint">${words.say('page.bank.passkey.hint')}</p>`
  const data = html` data-passkey="${what}" data-options="${JSON.stringify(options)}"`
  return form(visit, sent.action, { ...sent.carried, response: '' }, content, data)
}

/** As long as it takes to find the telephone. */
const timeout = 180_000

/** Options of `get`. `known`: the passkeys that may sign, by id; none named, whoever has one chooses it. */
export function toSign({ id: rpId }: PasskeySite, challenge: string, known: readonly string[] = []): object {
  return { challenge, rpId, allowCredentials: credentials(known), userVerification: 'required', timeout }
}

/** Options of `create`. `known`: the passkeys that are there, by id: their devices make no second one. */
export function toMake(
  { id }: PasskeySite,
  challenge: string,
  made: {
    readonly house: string
    readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
    /** Whether it has to sign where nobody was asked for a name. */
    readonly residentKey: 'preferred' | 'required'
    readonly known?: readonly string[]
  },
): object {
  const { house, user, residentKey, known = [] } = made
  return {
    challenge,
    rp: { id, name: house },
    user,
    pubKeyCredParams: passkeyAlgorithms.map(alg => ({ type: 'public-key', alg })),
    authenticatorSelection: { residentKey, userVerification: 'required' },
    attestation: 'none',
    excludeCredentials: credentials(known),
    timeout,
  }
}

const credentials = (ids: readonly string[]) => ids.map(id => ({ id, type: 'public-key' }))
