/** Where a story at a page happens: a world whose institutions may die, a site made of the code under test, a browser, a device. */
import type { FastifyInstance } from 'fastify'
import { loadCatalogue } from '../../../../src/speech/speech.ts'
import { UnknownOutcome } from '../../../../src/store/store.ts'
import type * as Web from '../../../../src/web/web.ts'
import { bankSite } from '../../../support/at-bank.ts'
import { Authenticator } from '../../../support/authenticator.ts'
import { PaperBrowser, unhurried } from '../../../support/paper-browser.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

/** The web under test: the one in the tree, or a copy with a fault in it. */
export type WebCode = Pick<typeof Web, 'bankWeb' | 'payeeWeb'>

export const site = bankSite

const catalogue = loadCatalogue('prompts')

const changing = new Set([
  ...['sellVoucher', 'transfer', 'changePin', 'block', 'becomePayee', 'stopBeingPaid'],
  ...['pay', 'changePassword', 'endVoucher'],
])

export class Stage {
  readonly runtime = new VirtualRuntime({ seed: 21 })
  readonly device = new Authenticator('telephone')
  readonly kind: 'bank' | 'payer'
  readonly #code: WebCode
  world!: World
  app!: FastifyInstance
  browser!: PaperBrowser
  /** What the customer signs in with now. */
  pin = ''
  /** What a story remembers of itself. */
  readonly notes = new Map<string, string>()
  /** So many requests that change something are carried out, and nobody can say so. */
  doubts = 0
  /** What pages complained about to their operator. */
  readonly troubles: unknown[] = []

  constructor(kind: 'bank' | 'payer', code: WebCode) {
    this.kind = kind
    this.#code = code
  }

  async open(hosted = false): Promise<void> {
    this.world = await openWorld({ runtime: this.runtime, hosted })
    this.pin = this.world.customers.cai.pin
    await this.#serve()
    this.browser = this.anotherBrowser()
  }

  /** The process that serves the pages dies, and comes back with what was committed. */
  async die(): Promise<void> {
    await this.app.close()
    await this.world.restart(this.kind === 'bank' ? 'bank' : 'merchant')
    // Until the other institution has said what it holds of its books, little is sold.
    await this.runtime.sleep(2_000)
    await this.world.harbour.mail.idle()
    await this.world.lantern.mail.idle()
    await this.#serve()
    this.browser.moveTo(this.app)
  }

  anotherBrowser(): PaperBrowser {
    return new PaperBrowser(this.app, { host: this.kind === 'bank' ? 'harbour.localhost' : 'lantern.localhost' })
  }

  async close(): Promise<void> {
    await this.app.close()
    await this.world.close()
  }

  async #serve(): Promise<void> {
    const { harbour, lantern, runtime } = this.world
    const common = { runtime, catalogue, troubled: (error: unknown) => this.troubles.push(error) }
    this.app =
      this.kind === 'bank'
        ? this.#code.bankWeb(
            { ...unhurried, names: [site.id] },
            {
              ...harbour,
              bank: this.#doubted(harbour.bank),
              ...common,
              url: site.origin,
              formKey: await harbour.keyFor('forms'),
            },
          )
        : await this.#code.payeeWeb(unhurried, {
            ...lantern,
            ...{ merchant: this.#doubted(lantern.merchant), ...common, formKey: await lantern.keyFor('forms') },
          })
    // Making a server ready takes no virtual time, and on a busy machine more than a moment.
    await runtime.work(Promise.resolve(this.app.ready()))
  }

  #doubted<Edge extends object>(edge: Edge): Edge {
    return new Proxy(edge, {
      get: (target, method: string) => {
        const value: unknown = Reflect.get(target, method)
        if (typeof value !== 'function' || !changing.has(method)) return value
        return async (...args: unknown[]) => {
          const answer: unknown = await value.apply(target, args)
          if (this.doubts === 0) return answer
          this.doubts--
          throw new UnknownOutcome(new Error('the explorer said so'))
        }
      },
    })
  }
}
