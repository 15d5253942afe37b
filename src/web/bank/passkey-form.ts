/**
 * A form that a passkey signs. The module beside the page asks the browser for the signature and sends it along; what it needs to know
 * stands at the form. Where scripts do not run, the form says so.
 */

import type { Customer } from '../../bank/bank.ts'
import { type Content, type Html, html } from '../html.ts'
import { signedForm, toMake, toSign } from '../signed-form.ts'
import type { BankVisit } from './visit.ts'

interface Signed {
  readonly action: string
  readonly carried: Readonly<Record<string, string>>
  readonly challenge: string
  readonly label: Content
}

/** Whoever has no passkey yet is told how to come to one. */
export async function passkeyForm(visit: BankVisit, { action, carried, challenge, label }: Signed): Promise<Html> {
  const { passkeys, session, site, words } = visit
  const known = session === undefined ? [] : await passkeys.list(session.customer.account)
  if (known.length === 0) {
    return html`<p class="notice">${words.say('page.bank.read-only')}</p>
<p><a class="primary" href="/passkeys">${words.say('page.bank.passkeys.add')}</a></p>`
  }
  const options = toSign(
    site,
    challenge,
    known.map(({ id }) => id),
  )
  return signedForm(visit, { action, carried, label, unsigned: unsigned(visit) }, 'get', options)
}

/** Makes a new passkey of the customer's on this device, or on one beside it. */
export async function newPasskeyForm(
  visit: BankVisit,
  { account, name }: Customer,
  { action, carried, challenge, label }: Signed,
): Promise<Html> {
  const { passkeys, site, words, bank } = visit
  const holder = Buffer.from(await passkeys.holder(account), 'hex').toString('base64url')
  const options = toMake(site, challenge, {
    house: words.name(bank.name),
    user: { id: holder, name: account, displayName: words.name(name) },
    residentKey: 'preferred',
    known: (await passkeys.list(account)).map(({ id }) => id),
  })
  return signedForm(visit, { action, carried, label, unsigned: unsigned(visit) }, 'create', options)
}

/** What a customer's page cannot do, the line does. */
const unsigned = ({ words }: BankVisit) => words.say('page.bank.passkey.none')
