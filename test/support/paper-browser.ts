/**
 * A browser without scripts, made of `fastify.inject`: it keeps cookies, follows redirects, and sends the form that is on
 * its page, with everything hidden in it.
 */
import type { FastifyInstance } from 'fastify'
import { CNY } from '../../src/money.ts'
import { loadCatalogue } from '../../src/speech/speech.ts'
import type { WebPlace } from '../../src/web/server.ts'
import { bankWeb, counterWeb, officeWeb, payeeWeb } from '../../src/web/web.ts'
import type { World } from './world.ts'

const unlimited = { burst: 1_000_000, perMinute: 1_000_000 }
/** At a free port, and with no limits on how often anybody comes. */
export const unhurried: WebPlace = {
  host: '127.0.0.1',
  port: 0,
  names: ['lantern.localhost'],
  proxies: [],
  isHttps: false,
  rates: { caller: unlimited, withheld: unlimited },
}

export async function webOf(world: World, place: Partial<WebPlace> = {}, troubled = (error: unknown) => fail(error)) {
  return payeeWeb(
    { ...unhurried, ...place },
    {
      ...world.lantern,
      runtime: world.runtime,
      catalogue: loadCatalogue('prompts'),
      formKey: await world.lantern.keyFor('forms'),
      troubled,
    },
  )
}

/** Where a bank's pages are in tests: passkeys sign for this origin. */
export const bankOrigin = 'http://harbour.localhost'

export async function bankWebOf(world: World, place: Partial<WebPlace> = {}, url = bankOrigin) {
  const { harbour, runtime } = world
  const catalogue = loadCatalogue('prompts')
  const parts = { ...harbour, url, runtime, catalogue, formKey: await harbour.keyFor('forms'), troubled: fail }
  return bankWeb({ ...unhurried, names: ['harbour.localhost'], ...place }, parts)
}

/** Where a bank's clerks have theirs. */
export const counterOrigin = 'http://counter.harbour.localhost'

export async function counterWebOf(world: World) {
  const { harbour, runtime } = world
  const parts = { ...harbour, url: counterOrigin, runtime, catalogue: loadCatalogue('prompts'), currency: CNY }
  const app = counterWeb(
    { ...unhurried, names: ['counter.harbour.localhost'] },
    { ...parts, formKey: await harbour.keyFor('counter forms'), troubled: fail },
  )
  harbour.peoplePasskeys.servedAt(counterOrigin)
  return app
}

/** Where a payee's people have theirs. */
export const officeOrigin = 'http://office.lantern.localhost'

export async function officeWebOf(world: World) {
  const { lantern, runtime } = world
  const parts = { ...lantern, url: officeOrigin, runtime, catalogue: loadCatalogue('prompts') }
  const app = officeWeb(
    { ...unhurried, names: ['office.lantern.localhost'] },
    { ...parts, formKey: await lantern.keyFor('office forms'), troubled: fail },
  )
  lantern.peoplePasskeys.servedAt(officeOrigin)
  return app
}

function fail(error: unknown): never {
  throw error
}

export class PaperBrowser {
  #app: FastifyInstance
  readonly #cookies = new Map<string, string>()
  readonly #headers: Readonly<Record<string, string>>
  /** What it shows now. */
  url = ''
  status = 0
  body = ''
  headers: Readonly<Record<string, unknown>> = {}
  /** Every address that it was at, and everything that it was sent to. */
  readonly addresses: string[] = []

  constructor(app: FastifyInstance, headers: Readonly<Record<string, string>> = {}) {
    this.#app = app
    this.#headers = { host: 'lantern.localhost', ...headers }
  }

  /** Its server was started anew. */
  moveTo(app: FastifyInstance): void {
    this.#app = app
  }

  /** Another window of the same browser, with the same page in it. */
  anotherTab(): PaperBrowser {
    const tab = new PaperBrowser(this.#app, this.#headers)
    for (const [name, value] of this.#cookies) tab.#cookies.set(name, value)
    Object.assign(tab, { url: this.url, status: this.status, body: this.body })
    return tab
  }

  has(action: string): boolean {
    return this.body.includes(` action="${action}"`)
  }

  methodOf(action: string): string {
    return this.#form(action)[0]
  }

  open(url: string): Promise<this> {
    return this.#go('GET', url)
  }

  /** Sends the form that goes to `action`, with its hidden fields. */
  send(action: string, fields: Readonly<Record<string, string>> = {}): Promise<this> {
    const [method, form] = this.#form(action)
    const body = new URLSearchParams({ ...form, ...fields })
    return method === 'post' ? this.#go('POST', action, body) : this.#go('GET', `${action}?${body}`)
  }

  /** What is hidden in the form that goes to `action`. */
  hidden(action: string): Readonly<Record<string, string>> {
    return this.#form(action)[1]
  }

  /** What stands at the form that a passkey signs. */
  get asked(): { readonly what: string; readonly challenge: string; readonly [more: string]: unknown } {
    const [, what = '', options] = /data-passkey="(\w+)" data-options="([^"]*)"/.exec(this.body) ?? []
    if (options === undefined) throw new Error(`nothing is to be signed: ${this.text}`)
    return { what, ...JSON.parse(unescaped(options)) }
  }

  post(url: string, body: URLSearchParams): Promise<this> {
    return this.#go('POST', url, body)
  }

  /** Of the page and of everything that it loads, in bytes. */
  async weight(): Promise<number> {
    let bytes = Buffer.byteLength(this.body)
    for (const [, url = ''] of this.body.matchAll(/(?:href|src)="(\/files\/[^"]*)"/g)) {
      const file = await this.#app.inject({ url, headers: this.#headers })
      if (file.statusCode !== 200) throw new Error(`${url} is not there`)
      bytes += file.rawPayload.length
    }
    return bytes
  }

  /** The page as one reads it. */
  get text(): string {
    return unescaped(
      this.body
        .slice(this.body.indexOf('<main'))
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' '),
    ).trim()
  }

  get title(): string {
    return unescaped(/<title>([^<]*)/.exec(this.body)?.[1] ?? '')
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name)
  }

  #form(action: string): [method: string, hidden: Record<string, string>] {
    const found = new RegExp(`<form method="(\\w+)" action="${action}"[^>]*>(.*?)</form>`, 's').exec(this.body)
    if (found === null) throw new Error(`no form goes to ${action}: ${this.text}`)
    const [, method = '', content = ''] = found
    const hidden = [...content.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
    return [method, Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, unescaped(value)]))]
  }

  async #go(method: 'GET' | 'POST', url: string, body?: URLSearchParams): Promise<this> {
    this.addresses.push(url)
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await this.#app.inject({
      method,
      url,
      headers: {
        ...this.#headers,
        ...(cookie !== '' && { cookie }),
        ...(body && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(body && { payload: body.toString() }),
    })
    for (const { name, value } of answer.cookies) this.#cookies.set(name, value)
    const { location } = answer.headers
    if (answer.statusCode === 303 && typeof location === 'string') return this.#go('GET', location)
    this.url = url
    this.status = answer.statusCode
    this.body = answer.body
    this.headers = answer.headers
    return this
  }
}

function unescaped(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
}
