/** Opens the web of an institution on a server of its own: its pages, and a payee's API for its shops and what carries notices to them. */
import type { FastifyInstance } from 'fastify'
import type { Bank } from '../bank/bank.ts'
import type { PasskeyDesk } from '../bank/passkeys.ts'
import type { Language } from '../languages.ts'
import type { Notices } from '../merchant/till/notices.ts'
import { randomId } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { type ApiParts, serveApi } from './api/serve-api.ts'
import { bankSite } from './bank/site.ts'
import type { CertificateFiles } from './certificate-files.ts'
import { type CounterSiteParts, counterSite } from './counter/site.ts'
import { LiveSections } from './live-sections.ts'
import { sectionsOf, watching } from './office/desk.ts'
import { type OfficeSiteParts, officeSite } from './office/site.ts'
import { type Installed, serveInstalled } from './operations/installed.ts'
import { serveLive } from './operations/live.ts'
import { operationsSite } from './operations/page.ts'
import { type Probes, serveProbes } from './operations/probes.ts'
import type { Overview } from './operations/shown.ts'
import { payeeSite } from './pages/pages.ts'
import { type SiteParts, servePages } from './serve-pages.ts'
import { bareServer, listen, type OpenServer, type WebPlace } from './server.ts'
import { type CardHere, serveCard } from './start/card-reader.ts'
import type { Overview as StartOverview } from './start/overview.ts'
import { startSite } from './start/start-page.ts'
import { serveTelephone, type Telephones } from './start/telephone-line.ts'
import { Webhooks } from './webhooks.ts'
import { Words } from './words.ts'

export type { OpenServer, WebPlace } from './server.ts'
export type { CardHere } from './start/card-reader.ts'
export type { Telephones } from './start/telephone-line.ts'

export interface PayeeParts extends Omit<SiteParts, 'isHttps'>, Omit<ApiParts, 'url'> {
  readonly notices: Notices
  /** Where browsers and programs find it. */
  readonly url?: string
}

export interface BankParts extends Omit<SiteParts, 'isHttps'> {
  readonly bank: Bank
  readonly passkeys: PasskeyDesk
  /** Where browsers find it: the origin that passkeys sign for. */
  readonly url: string
}

export async function openPayeeWeb(place: WebPlace, parts: PayeeParts): Promise<OpenServer> {
  const server = await listen(await payeeWeb(place, parts), place, parts)
  const webhooks = new Webhooks(parts)
  return {
    url: server.url,
    close: async () => {
      await webhooks.close()
      await server.close()
    },
  }
}

/** Its pages and its API, listening nowhere. */
export async function payeeWeb(place: WebPlace, parts: PayeeParts): Promise<FastifyInstance> {
  const app = bareServer(place, parts.runtime)
  servePages(app, payeeSite(parts.merchant), { ...parts, isHttps: place.isHttps })
  await serveApi(app, { ...parts, url: parts.url ?? `${place.isHttps ? 'https' : 'http'}://${place.names[0]}` })
  return app
}

export async function openBankWeb(place: WebPlace, parts: BankParts): Promise<OpenServer> {
  return listen(bankWeb(place, parts), place, parts)
}

export interface StartParts extends Omit<SiteParts, 'isHttps' | 'formKey'> {
  /** With the script that makes a page a telephone. */
  readonly telephones?: Telephones | undefined
  /** Of the demonstration: a card that pages of this machine pay by. */
  readonly card?: CardHere | undefined
}

/** The page that an installation starts with, as this machine or its network sees it. */
export async function openStartPage(
  place: WebPlace,
  overview: () => StartOverview,
  parts: StartParts,
): Promise<OpenServer> {
  return listen(startWeb(place, overview, parts), place, parts)
}

const anyNumber = { burst: 300, perMinute: 3_000 }

/** What machines ask of one institution. */
export async function openProbes(
  port: number,
  probes: Probes,
  parts: Parameters<typeof listen>[2],
): Promise<OpenServer> {
  const place = operationsPlace(port)
  const app = bareServer(place, parts.runtime)
  serveProbes(app, probes)
  return listen(app, place, parts)
}

export interface OperationsParts extends Omit<SiteParts, 'isHttps' | 'formKey'> {
  readonly installed: Installed
  readonly overview: () => Promise<Overview>
  /** IANA name, of the times on its page. */
  readonly timeZone: string
}

/** What machines and people ask of an installation as a whole. */
export async function openOperations(port: number, parts: OperationsParts): Promise<OpenServer> {
  const place = { ...operationsPlace(port), isLive: true }
  const { runtime, catalogue, installed, overview, timeZone } = parts
  const app = bareServer(place, runtime)
  serveInstalled(app, installed)
  const wordsIn = (language: Language) => new Words(catalogue, language, timeZone)
  serveLive(app, { ...parts, words: { en: wordsIn('en'), zh: wordsIn('zh') } })
  servePages(app, operationsSite(overview, timeZone), {
    ...parts,
    isHttps: false,
    formKey: new Secret(randomId(runtime)),
  })
  return listen(app, place, parts)
}

/** On the loopback, under both of its names: programs say the number. */
const operationsPlace = (port: number): WebPlace => ({ ...startPlace(port), names: ['localhost', '127.0.0.1'] })

/** Nobody else's machine is let in: it shows PINs. */
export const startPlace = (port: number): WebPlace => ({
  ...{ host: '127.0.0.1', port, names: ['localhost'], proxies: [], isHttps: false },
  rates: { caller: anyNumber, withheld: anyNumber },
})

/** A page has five files, and a call asks for three things more. */
const aFew = { burst: 100, perMinute: 300 }

/** For the machines of its network, which are shown no secret, by the name or the address that the certificate has. */
export const networkPlace = (host: string, port: number, name: string, https: CertificateFiles): WebPlace => ({
  ...{ host, port, names: [host, name], proxies: [], isHttps: true, https },
  rates: { caller: aFew, withheld: aFew },
})

export function startWeb(place: WebPlace, overview: () => StartOverview, parts: StartParts): FastifyInstance {
  const { telephones, telephoneScripts, card } = parts
  const hasTelephone = telephones !== undefined && telephoneScripts !== undefined
  const app = bareServer({ ...place, hasTelephone }, parts.runtime)
  if (hasTelephone) serveTelephone(app, place, telephones, parts.runtime)
  const isHere = place.host === startPlace(0).host
  const hasCard = hasTelephone && isHere && card !== undefined
  if (hasCard) serveCard(app, place, card, parts.runtime)
  // It has no form but the one that every site has.
  servePages(app, startSite(overview, { isHere, hasTelephone, hasCard }), {
    ...parts,
    isHttps: place.isHttps,
    formKey: new Secret(randomId(parts.runtime)),
  })
  return app
}

/** A bank's pages, listening nowhere. */
export function bankWeb(place: WebPlace, parts: BankParts): FastifyInstance {
  const app = bareServer(place, parts.runtime)
  const { origin, hostname } = new URL(parts.url)
  const site = { id: hostname, origin }
  servePages(app, bankSite({ ...parts, site }), { ...parts, isHttps: place.isHttps })
  return app
}

export interface CounterParts extends Omit<SiteParts, 'isHttps'>, CounterSiteParts {
  /** Where browsers find it: the origin that clerks' passkeys sign for. */
  readonly url: string
}

/** A bank's page for its clerks, at an address of its own. */
export async function openCounterWeb(place: WebPlace, parts: CounterParts): Promise<OpenServer> {
  const server = await listen(counterWeb(place, parts), place, parts)
  parts.peoplePasskeys.servedAt(parts.url)
  return server
}

/** The same, listening nowhere. */
export function counterWeb(place: WebPlace, parts: CounterParts): FastifyInstance {
  const app = bareServer(place, parts.runtime)
  const { origin, hostname } = new URL(parts.url)
  servePages(app, counterSite({ ...parts, site: { id: hostname, origin } }), { ...parts, isHttps: place.isHttps })
  return app
}

export interface OfficeParts extends Omit<SiteParts, 'isHttps'>, OfficeSiteParts {
  /** Where browsers find it: the origin that its people's passkeys sign for. */
  readonly url: string
}

/** A payee's page for its people, at an address of its own. */
export async function openOfficeWeb(place: WebPlace, parts: OfficeParts): Promise<OpenServer> {
  const server = await listen(officeWeb(place, parts), place, parts)
  parts.peoplePasskeys.servedAt(parts.url)
  return server
}

/** The same, listening nowhere. */
export function officeWeb(place: WebPlace, parts: OfficeParts): FastifyInstance {
  const { office, runtime, troubled } = parts
  const app = bareServer({ ...place, isLive: true }, runtime)
  const { origin, hostname } = new URL(parts.url)
  const live = new LiveSections({ runtime, troubled, seen: watching(office, runtime), sectionsOf })
  app.addHook('preClose', async () => live.close())
  servePages(app, officeSite({ ...parts, site: { id: hostname, origin }, live }), { ...parts, isHttps: place.isHttps })
  return app
}
