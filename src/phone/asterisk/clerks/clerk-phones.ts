/** The clerks of one institution: which of their telephones are registered and free, and rings them. Nobody else is ever rung. */
import { type Runtime, randomId, withDeadline } from '../../../runtime.ts'
import { CallGone, type Clerks, type OnDuty } from '../../line.ts'
import { type AriClient, AriRefused } from '../ari-client.ts'
import { Bridges } from '../bridges.ts'
import type { Channels } from '../channels.ts'
import { endpointState } from '../endpoints.ts'
import type { AriEvent } from '../events.ts'
import type { Playbacks } from '../playbacks.ts'
import { clerkAccount } from './clerk-account.ts'
import { clerkPrefix, isClerkChannel } from './clerk-channel.ts'
import { AsteriskClerkLeg } from './clerk-leg.ts'

export interface ClerkPhonesParts {
  readonly ari: AriClient
  readonly channels: Channels
  readonly playbacks: Playbacks
  readonly application: string
  readonly runtime: Runtime
  /** The allow-list: names of SIP accounts. */
  readonly accounts: readonly string[]
  readonly onFault: (error: unknown) => void
}

/** Asterisk counts whole seconds, and tells of the end a moment later. */
const lateMs = 3_000

export class ClerkPhones implements Clerks {
  readonly #parts: ClerkPhonesParts
  readonly #list: ReadonlySet<string>
  readonly #bridges: Bridges
  /** By channel id, from before Asterisk hears of it until it has ended. */
  readonly #legs = new Map<string, AsteriskClerkLeg>()

  constructor(parts: ClerkPhonesParts) {
    this.#parts = parts
    this.#list = new Set(parts.accounts)
    this.#bridges = new Bridges(parts.ari)
  }

  async onDuty(accounts: readonly string[]): Promise<OnDuty> {
    const clerks = accounts.filter(account => this.#list.has(account))
    const states = await Promise.all(clerks.map(account => endpointState(this.#parts.ari, account)))
    const those = (state: 'free' | 'busy') => clerks.filter((_, i) => states[i] === state)
    return { free: those('free'), busy: those('busy') }
  }

  async ring(account: string, forMs: number, signal: AbortSignal): Promise<AsteriskClerkLeg | undefined> {
    const { ari, channels, playbacks, application, runtime } = this.#parts
    const clerk = clerkAccount(account, this.#list)
    if ((await endpointState(ari, clerk)) !== 'free' || signal.aborted) return undefined
    const channelId = `${clerkPrefix}${application}-${randomId(runtime)}`
    const leg = new AsteriskClerkLeg({ channelId, channels, playbacks, runtime, bridges: this.#bridges })
    this.#legs.set(channelId, leg)
    void leg.gone.then(() => this.#legs.delete(channelId))
    const stop = () => void leg.hangUp().catch(this.#parts.onFault)
    signal.addEventListener('abort', stop, { once: true })
    try {
      await channels.ring(channelId, application, clerk, Math.round(forMs / 1_000))
      await withDeadline(runtime, 'a clerk', forMs + lateMs, Promise.race([leg.answered, leg.gone]))
      return leg.hasAnswered ? leg : undefined
    } catch (error) {
      await leg.hangUp()
      // Whoever has left just now is not rung.
      if (error instanceof AriRefused || error instanceof CallGone) return undefined
      throw error
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** An event of one of our channels. */
  onEvent(channelId: string, event: AriEvent): void {
    const leg = this.#legs.get(channelId)
    if (leg) leg.onEvent(event)
    // One that was given up before it answered.
    else if (event.type === 'StasisStart') this.#parts.channels.hangUp(channelId).catch(this.#parts.onFault)
  }

  /** After each opening of the event socket: `here` is every channel of the application. What a process that died has left ends. */
  async compare(here: ReadonlySet<string>): Promise<void> {
    for (const [channelId, leg] of this.#legs) if (leg.hasAnswered && !here.has(channelId)) leg.onGone()
    const name = new RegExp(`^${clerkPrefix}${this.#parts.application}-[0-9a-f]{32}$`)
    for (const bridgeId of await this.#bridges.list()) {
      if (name.test(bridgeId) && !this.#legs.has(bridgeId)) await this.#bridges.destroy(bridgeId)
    }
    for (const channelId of here) {
      if (isClerkChannel(channelId) && !this.#legs.has(channelId)) await this.#parts.channels.hangUp(channelId)
    }
  }

  /** Another process has the application now, or will take it up. */
  close(): void {
    for (const leg of this.#legs.values()) leg.onGone()
  }
}
