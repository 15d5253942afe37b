/** Somebody of a payee at its office, and payments that they see there. */
import type { FastifyInstance } from 'fastify'
import type { Signer } from '../../src/keys/person-key.ts'
import { yuan } from '../../src/money.ts'
import { Secret } from '../../src/secret.ts'
import type { Authenticator } from './authenticator.ts'
import { aPhone, intentId } from './ids.ts'
import { officeOrigin, PaperBrowser } from './paper-browser.ts'
import { enrolPerson } from './people-by-passkey.ts'
import type { World } from './world.ts'

export const officeSite = { id: 'office.lantern.localhost', origin: officeOrigin }

export interface AtOffice {
  readonly browser: PaperBrowser
  readonly device: Authenticator
  readonly signer: Signer
}

export const officeBrowser = (app: FastifyInstance) => new PaperBrowser(app, { host: officeSite.id })

export async function comeIn(app: FastifyInstance, world: World, signer: Signer): Promise<AtOffice> {
  const device = await enrolPerson(world.lantern, world.runtime, signer, officeSite)
  const browser = officeBrowser(app)
  await browser.open('/')
  await browser.send('/', { response: device.get(browser.asked.challenge, officeSite) })
  return { browser, device, signer }
}

/** With the voucher that its buyer has confirmed. @returns the reference */
export async function payAtLantern({ merchant, vouchers }: World, name: string, whole: bigint): Promise<string> {
  const { number, password } = vouchers.confirmed
  const opened = await merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
  if (opened.outcome !== 'open') throw new Error(opened.outcome)
  const paid = await merchant.pay({ intent: intentId(name), session: opened.session, amount: yuan(whole) })
  if (paid.outcome !== 'paid') throw new Error(paid.outcome)
  return paid.reference
}
