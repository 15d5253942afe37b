/** Somebody at the page of a bank: signed in, and with a passkey that was enrolled by a code of the line. */
import { expect } from 'vitest'
import type { Authenticator } from './authenticator.ts'
import { bankOrigin, type PaperBrowser } from './paper-browser.ts'
import type { KnownCustomer, World } from './world.ts'

/** Where passkeys count. */
export const bankSite = { id: 'harbour.localhost', origin: bankOrigin }

export async function signInAtBank(browser: PaperBrowser, { account, pin }: Pick<KnownCustomer, 'account' | 'pin'>) {
  await browser.open('/')
  return browser.send('/', { account, pin })
}

export async function enrolAtBank(
  { bank }: Pick<World, 'bank'>,
  { browser, device, customer }: { browser: PaperBrowser; device: Authenticator; customer: KnownCustomer },
): Promise<void> {
  await signInAtBank(browser, customer)
  const { code } = await bank.passkeyCode(customer.account)
  await browser.open('/passkeys')
  await browser.send('/passkeys', { code: code.reveal(), name: 'My telephone' })
  expect(browser.asked).toMatchObject({ what: 'create', attestation: 'none', rp: { id: bankSite.id } })
  await browser.send('/passkeys/new', { response: device.create(browser.asked.challenge, bankSite) })
  expect(browser.text).toContain('The passkey is set up.')
}
