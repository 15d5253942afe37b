/**
 * An installation that runs: one switch, every institution as its own process beside it, and one file that says what they
 * are. When the file was changed it is read again, and only what it changes is started anew.
 */

import { z } from 'zod'
import { languages } from '../languages.ts'
import type { Secret } from '../secret.ts'
import { ariBrief, entryBrief, keeperBrief, mailServerBrief, type WebBrief, webBrief, webUrl } from './brief.ts'
import { CannotDo } from './cannot-do.ts'
import type { Caption } from './captions.ts'
import { cardText, type KnownCustomer, type PhoneAccess, writeCard } from './card.ts'
import { folderOf, type Installation, linesOf, numbersOf, readInstallation } from './installation/file.ts'
import { spokenIn } from './installation/names.ts'
import type { InstitutionEntry, WebSettings } from './installation/schema.ts'
import { keeperPlaceOf } from './keeping.ts'
import { mailServerOf } from './mail-server.ts'
import { askOwner } from './owner/ask.ts'
import { contract } from './owner/contract.ts'
import { cardIn } from './places.ts'
import type { ToSpeak } from './prompts.ts'
import type { Drained, InstitutionOverview, Standing } from './shown.ts'
import { standingIn } from './standing.ts'
import { type Supervised, type Supervisor, supervise, type Watching } from './supervisor.ts'

/** What the switch is made from. */
export interface Plan {
  readonly lines: ReturnType<typeof linesOf>
  readonly institutions: readonly string[]
  /** The generation of prompts; undefined while they are still made. */
  readonly prompts: string | undefined
}

/** The switch, as far as an installation needs it. */
export interface Exchange extends PhoneAccess {
  readonly asterisks: readonly { readonly name: string }[]
  /** Its account at one of them. */
  ariFor(
    institution: string,
    asterisk: string,
  ): { readonly url: string; readonly user: string; readonly password: Secret }
  release(institution: string): Promise<number>
  /** New callers hear that the lines are busy, or no longer. */
  drain(institution: string, draining: boolean): Promise<void>
}

export interface Outfit {
  readonly makePrompts: (what: ToSpeak) => Promise<string>
  readonly openExchange: (plan: Plan) => Promise<Exchange>
  readonly reconfigure: (plan: Plan) => Promise<void>
  /** A port of the loopback where nobody listens. */
  readonly freePort: () => Promise<number>
  readonly customers: readonly KnownCustomer[]
  /** @throws CannotDo when the installation gives a number to a line that nobody has written */
  readonly haveScripts: (installation: Installation) => void
  readonly watching: Omit<Watching, 'onAway' | 'onDraining'>
}

/** Captions are a convenience: of the connections that an owner takes they leave most to whoever operates it. */
const mostCaptionRequests = 24

const captionSchema = z.object({ language: z.enum(languages), text: z.string() })

export class RunningInstallation {
  readonly #outfit: Outfit
  #installation: Installation
  #exchange: Exchange | undefined
  #supervisor: Supervisor | undefined
  /** Where each institution listens for letters: the same port for as long as the installation runs. */
  readonly #ports = new Map<string, number>()
  readonly #webs = new Map<string, WebBrief>()
  /** Of their people: a bank's counter, a payee's office. */
  readonly #desks = new Map<string, WebBrief>()
  /** Where each answers operators. */
  readonly #operations = new Map<string, number>()
  /** By institution, how many requests for captions are open. */
  readonly #captionRequests = new Map<string, number>()

  constructor(installation: Installation, outfit: Outfit) {
    this.#installation = installation
    this.#outfit = outfit
  }

  /**
   * Resolves, with the card, once every institution is ready. The switch comes before the prompts, which take minutes where none are made
   * yet: an Asterisk in a container of its own waits for its configuration, and one that cannot start is known of at once.
   */
  async start(): Promise<string> {
    const plan = this.#plan(this.#installation)
    const exchange = await this.#outfit.openExchange(plan)
    this.#exchange = exchange
    const prompts = await this.#makePrompts(this.#installation)
    await this.#outfit.reconfigure({ ...plan, prompts })
    const { say } = this.#outfit.watching
    this.#supervisor = await supervise(await this.#briefs(this.#installation, prompts, exchange), {
      ...this.#outfit.watching,
      onAway: async name => {
        const told = await exchange.release(name)
        if (told > 0) say(`${name} is away: ${told} caller(s) were told to call again`)
      },
      onDraining: (name, draining) => exchange.drain(name, draining),
    })
    return this.#writeCard()
  }

  /** Reads the file again and becomes what it says. What is wrong in it changes nothing. @throws CannotDo */
  async reload(): Promise<void> {
    if (this.#exchange === undefined || this.#supervisor === undefined)
      throw new Error('the installation has not started')
    // Before anything is changed: whoever came back now would take new calls.
    if (this.#supervisor.isDraining) throw new CannotDo('everything drains and ends: start it again afterwards')
    const next = readInstallation(this.#installation.file)
    const plan = this.#plan(next)
    const prompts = await this.#makePrompts(next)
    await this.#outfit.reconfigure({ ...plan, prompts })
    this.#installation = next
    const briefs = await this.#briefs(next, prompts, this.#exchange)
    this.#writeCard()
    await this.#supervisor.change(briefs)
  }

  /** What there is now, for the page that it starts with. */
  overview() {
    const { demonstration, institutions } = this.#installation
    const phones = this.#exchange
    return {
      demonstration,
      institutions: institutions.map(entry => {
        const { id, name, kind, rings } = entry
        const web = this.#webs.get(id)
        const desk = this.#desks.get(id)
        const ringsOthers = Object.values(entry.lines).flat()
        return { id, name, kind, rings, ringsOthers, url: web && webUrl(web), desk: desk && webUrl(desk) }
      }),
      customers: this.#outfit.customers,
      softphone: phones && {
        ...phones.sip,
        accounts: phones.accounts.filter(({ reach }) => reach === 'this-machine'),
      },
    }
  }

  /**
   * Tells what is said in the call that a page placed to this number, as it is said. `key`: of that call. Resolves when it has
   * ended, `over` says that it has, nobody says anything in it, or too many calls have captions already.
   */
  async captions(number: string, key: string, tell: (caption: Caption) => void, over: AbortSignal): Promise<void> {
    const { runtime } = this.#outfit.watching
    const entry = this.#installation.institutions.find(each => numbersOf(each).includes(number))
    if (entry === undefined) return
    const open = this.#captionRequests.get(entry.id) ?? 0
    if (open >= mostCaptionRequests) return
    this.#captionRequests.set(entry.id, open + 1)
    try {
      await askOwner(folderOf(this.#installation, entry), runtime, {
        ...{ kind: 'captions', operation: contract.captions, request: { key }, left: over },
        talk: {
          began: () => {},
          heard: message => {
            const caption = captionSchema.safeParse(message)
            if (caption.success) tell(caption.data)
          },
        },
      })
    } catch (error) {
      if (!over.aborted) throw error
    } finally {
      this.#captionRequests.set(entry.id, (this.#captionRequests.get(entry.id) ?? 1) - 1)
    }
  }

  /** How each stands, by its own word: those of the file, those that do not answer too. */
  async standings(): Promise<readonly (Standing & { readonly institution: string; readonly port: number })[]> {
    return Promise.all(
      this.#installation.institutions.map(async entry => ({
        ...(await standingIn(folderOf(this.#installation, entry), this.#outfit.watching.runtime)),
        institution: entry.id,
        port: this.#operations.get(entry.id) ?? 0,
      })),
    )
  }

  /** What operators look at: of each institution of the file; `shown` is undefined where its process does not answer. */
  async overviews() {
    const { runtime } = this.#outfit.watching
    return Promise.all(
      this.#installation.institutions.map(async entry => {
        const { id, name, kind } = entry
        const asked = { kind: 'overview', operation: contract.overview, request: {} }
        const shown = askOwner(folderOf(this.#installation, entry), runtime, asked).catch(() => undefined)
        return { id, name, kind, shown: (await shown) as InstitutionOverview | undefined }
      }),
    )
  }

  /** No institution takes new calls from now on. Resolves when the last call anywhere has ended, or the time is up: until then each serves the others. */
  async drain(): Promise<Drained> {
    await this.#supervisor?.drain()
    const calls = await this.calls()
    return { outcome: calls === 0 ? 'ended' : 'cut', calls }
  }

  /** In progress, at all institutions together. */
  async calls(): Promise<number> {
    return (await this.standings()).reduce((sum, { calls }) => sum + calls, 0)
  }

  async stop(): Promise<void> {
    await this.#supervisor?.stop()
  }

  #plan(installation: Installation): Plan {
    this.#outfit.haveScripts(installation)
    const institutions = installation.institutions.map(({ id }) => id)
    return { lines: linesOf(installation), institutions, prompts: undefined }
  }

  async #makePrompts(installation: Installation): Promise<string> {
    return this.#outfit.makePrompts(await spokenIn(installation))
  }

  async #briefs(installation: Installation, prompts: string, exchange: Exchange): Promise<Supervised[]> {
    for (const { id, mail, operations } of installation.institutions) {
      const port = mail.port ?? this.#ports.get(id)
      this.#ports.set(id, port ?? (await this.#outfit.freePort()))
      const asked = operations.port ?? this.#operations.get(id)
      this.#operations.set(id, asked ?? (await this.#outfit.freePort()))
    }
    await this.#placeWebs(installation)
    const keeper = keeperBrief(keeperPlaceOf(installation))
    const here = Object.fromEntries([...this.#ports].map(([id, port]) => [id, `https://127.0.0.1:${port}`]))
    return installation.institutions.map(entry => ({
      name: entry.id,
      brief: {
        entry: entryBrief(entry),
        folder: folderOf(installation, entry),
        prompts,
        keeper,
        mailServer: mailServerBrief(mailServerOf(entry, installation.dataFolder)),
        asterisks: exchange.asterisks.map(({ name }) => ({ name, ...ariBrief(exchange.ariFor(entry.id, name)) })),
        operations: {
          port: this.#operations.get(entry.id) ?? 0,
          drainMs: installation.operations.drainSeconds * 1_000,
        },
        web: this.#webs.get(entry.id),
        desk: this.#desks.get(entry.id),
        clearing: { port: this.#ports.get(entry.id) ?? 0, peers: { ...here, ...entry.mail.peers } },
      },
    }))
  }

  async #placeWebs({ institutions, dataFolder }: Installation): Promise<void> {
    const briefs = async (
      known: Map<string, WebBrief>,
      placeOf: (entry: InstitutionEntry) => WebSettings | undefined,
    ) => {
      const before = new Map(known)
      known.clear()
      for (const entry of institutions) {
        const place = placeOf(entry)
        if (place === undefined) continue
        const port = place.port ?? before.get(entry.id)?.port ?? (await this.#outfit.freePort())
        known.set(entry.id, webBrief(place, port, dataFolder))
      }
    }
    await briefs(this.#webs, entry => entry.web)
    await briefs(this.#desks, deskOf)
  }

  #writeCard(): string {
    const pages = new Map([...this.#webs].map(([id, web]) => [id, webUrl(web)]))
    const desks = new Map([...this.#desks].map(([id, web]) => [id, webUrl(web)]))
    const card = cardText(this.#installation, this.#outfit.customers, this.#exchange, pages, desks)
    writeCard(cardIn(this.#installation.dataFolder), card)
    return card
  }
}

/** Where its people come in. */
function deskOf(entry: InstitutionEntry): WebSettings | undefined {
  if (entry.kind === 'bank') return entry.counter
  return entry.kind === 'merchant' ? entry.office : undefined
}
