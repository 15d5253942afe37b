/** A trunk: the line of a provider by which ordinary telephones reach this installation. Nothing is ever dialled out through one. */
import type { SipAccountOf } from '../../sip-digest.ts'
import type { Address } from '../sip-edge/translation.ts'

export interface Trunk {
  /** Of small letters, digits and hyphens. */
  readonly name: string
  readonly provider: {
    /** A host name or an IPv4 address. */
    readonly host: string
    readonly port: number
    /** `udp`: calls come to `own`. `tcp`, `tls`: they come by the connection that we keep open to the provider. */
    readonly transport: 'udp' | 'tcp' | 'tls'
    /** Certificates (PEM) of who may vouch for the provider; without it those that Node knows. */
    readonly authority?: string | undefined
  }
  /** The IPv4 address of this machine by which the provider finds it, for calls and their sound. */
  readonly own: Address
  /** IPv4 addresses and networks (`203.0.113.0/24`) that calls may come from by UDP, besides the provider's host. */
  readonly addresses: readonly string[]
  /** Undefined where the provider knows us by our address. */
  readonly register: { readonly account: SipAccountOf; readonly seconds: number } | undefined
  /** The numbers that callers dial, as the provider writes them, and the numbers of this installation that they ring. */
  readonly numbers: Readonly<Record<string, string>>
  /** Whether its provider vouches for the number of who calls. */
  readonly attested: boolean
  readonly calls: {
    readonly mostAtOnce: number
    readonly rate: { readonly burst: number; readonly perMinute: number }
  }
  /**
   * Of letters and digits, anew at each start: the dialplan knows each number of the trunk by a name that begins with it, so that nobody
   * but the trunk's edge can place a call as if it came from there.
   */
  readonly key: string
}

/** `registered` and `reachable` take calls. `refused`: the provider does not take our account. */
export type TrunkState = 'registered' | 'reachable' | 'refused' | 'unreachable'

export interface TrunkStanding {
  readonly name: string
  readonly state: TrunkState
}

/** Asterisk's accounts of trunks are served each to one address of the loopback, which its edge calls from. */
export const trunkLoopback = (index: number): string => `127.0.1.${index + 1}`

/** What the dialplan calls a number of a trunk, by whether the provider vouches for who calls. */
export const trunkExtension = ({ key }: Pick<Trunk, 'key'>, number: string, isAttested: boolean): string =>
  `${key}${isAttested ? 'y' : 'n'}${number}`
