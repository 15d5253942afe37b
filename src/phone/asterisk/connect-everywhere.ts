/**
 * Joins an institution's application at each Asterisk of its installation: callers come by any of them. One that is away is waited for
 * while the others serve; with one alone this is `connectApplication`.
 */
import { BackOff } from '../../back-off.ts'
import { Cancellation } from '../../runtime.ts'
import type { AriAddress } from './ari-client.ts'
import {
  type ApplicationNotice,
  type ConnectApplicationOptions,
  type ConnectedApplication,
  connectApplication,
} from './connect-application.ts'

export interface AsteriskAt {
  /** As operators know it: `1`, `2`, … */
  readonly name: string
  readonly ari: AriAddress
}

/** `asterisk`: which one is meant, where there are several. */
export type EverywhereNotice =
  | (ApplicationNotice & { readonly asterisk?: string })
  | { readonly notice: 'away'; readonly asterisk: string; readonly error: string }

export interface ConnectEverywhereOptions extends Omit<ConnectApplicationOptions, 'ari' | 'onNotice'> {
  readonly asterisks: readonly AsteriskAt[]
  readonly onNotice?: (notice: EverywhereNotice) => void
}

/** What is needed of each connection. */
export type Connected = Pick<
  ConnectedApplication,
  'calls' | 'isConnected' | 'soundQualities' | 'turnAway' | 'allEnded' | 'drain' | 'close' | 'replaced'
>

export type Connect = (options: ConnectApplicationOptions) => Promise<Connected>

const pauses = { firstMs: 200, mostMs: 5_000 }
/** Once the first serves, the others have this long before it is said that all is ready: a caller may come by any of them. */
const graceMs = 3_000

/**
 * Resolves once one serves and the others do, too, or are away. Throws as `connectApplication` does where none can be joined.
 * @param connect joins one of them
 */
export async function connectEverywhere(
  options: ConnectEverywhereOptions,
  connect: Connect = connectApplication,
): Promise<ConnectedEverywhere> {
  const everywhere = new ConnectedEverywhere(options, connect)
  const joined = options.asterisks.map(each => everywhere.join(each))
  try {
    await Promise.any(joined)
  } catch (error) {
    everywhere.close()
    throw error instanceof AggregateError ? error.errors[0] : error
  }
  const waited = new Cancellation()
  const late = options.runtime.sleep(graceMs, waited).catch(() => {})
  await Promise.race([Promise.allSettled(joined), late])
  waited.cancel('all have been tried')
  return everywhere
}

export class ConnectedEverywhere {
  readonly #options: ConnectEverywhereOptions
  readonly #connect: Connect
  readonly #connected = new Map<string, Connected>()
  readonly #closing = new AbortController()
  #isTurningAway = false
  #nowReplaced: () => void = () => {}
  /** Resolves when another process has taken the application over, at any of them. */
  readonly replaced: Promise<void> = new Promise(resolve => {
    this.#nowReplaced = resolve
  })

  constructor(options: ConnectEverywhereOptions, connect: Connect) {
    this.#options = options
    this.#connect = connect
  }

  /** Rejects when it cannot be joined now; it is tried again all the same until it works, or `close`. */
  async join(asterisk: AsteriskAt): Promise<void> {
    try {
      await this.#joinOnce(asterisk)
    } catch (error) {
      void this.#keepJoining(asterisk)
      throw error
    }
  }

  get calls(): number {
    return this.#all().reduce((sum, { calls }) => sum + calls, 0)
  }

  /** At least one sends us its callers. */
  get isConnected(): boolean {
    return this.#all().some(({ isConnected }) => isConnected)
  }

  /** Names of those that send us nobody. */
  get away(): readonly string[] {
    const names = this.#options.asterisks.map(({ name }) => name)
    return names.filter(name => this.#connected.get(name)?.isConnected !== true)
  }

  /** How well the sound of each call comes in, by call. */
  async soundQualities(): ReturnType<ConnectedApplication['soundQualities']> {
    const each = await Promise.all(this.#all().map(one => one.soundQualities()))
    return new Map(each.flatMap(qualities => [...qualities]))
  }

  /** Asks every dialplan to turn new calls away from now on; of one that is away as soon as it is back. Never rejects. */
  async turnAway(): Promise<void> {
    this.#isTurningAway = true
    await Promise.all(this.#all().map(each => each.turnAway()))
  }

  /** Resolves when no call is in progress at any of them. */
  async allEnded(): Promise<void> {
    do await Promise.all(this.#all().map(each => each.allEnded()))
    while (this.calls > 0)
  }

  /** Takes no new call, lets those in progress come to their own end, then lets go of the application everywhere. */
  async drain(): Promise<void> {
    await this.turnAway()
    await this.allEnded()
    this.close()
  }

  /** Lets go at once, as a crash would: calls stay with their Asterisk, for the next process to take up. */
  close(): void {
    this.#closing.abort()
    for (const each of this.#all()) each.close()
  }

  #all(): Connected[] {
    return [...this.#connected.values()]
  }

  async #joinOnce({ name, ari }: AsteriskAt): Promise<void> {
    const { asterisks: _, onNotice: __, ...options } = this.#options
    const application = await this.#connect({
      ...options,
      ari,
      isDraining: () => this.#isTurningAway || options.isDraining?.() === true,
      onNotice: notice => this.#tell(this.#isAlone ? notice : { ...notice, asterisk: name }),
    })
    if (this.#closing.signal.aborted) return application.close()
    this.#connected.set(name, application)
    void application.replaced.then(() => this.#nowReplaced())
  }

  async #keepJoining(asterisk: AsteriskAt): Promise<void> {
    const backOff = new BackOff(this.#options.runtime, pauses)
    let said = ''
    while (await backOff.pause(this.#closing.signal)) {
      try {
        return await this.#joinOnce(asterisk)
      } catch (error) {
        const why = String(error)
        if (why !== said) this.#tell({ notice: 'away', asterisk: asterisk.name, error: why })
        said = why
      }
    }
  }

  get #isAlone(): boolean {
    return this.#options.asterisks.length === 1
  }

  #tell(notice: EverywhereNotice): void {
    this.#options.onNotice?.(notice)
  }
}
