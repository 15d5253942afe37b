/** What an installation has to show to whoever begins with it: all of it on this machine, and to its network what is no secret. */
import type { SpokenName } from '../../languages.ts'
import type { Money } from '../../money.ts'
import type { Secret } from '../../secret.ts'

/** What there is, as it is when somebody looks. */
export interface Overview {
  /** Whoever tries it is shown accounts and PINs: play money needs no secret. */
  readonly demonstration: boolean
  readonly institutions: readonly {
    readonly id: string
    readonly name: SpokenName
    /** `host`: it speaks for private payees. */
    readonly kind: 'bank' | 'merchant' | 'host' | 'securities'
    /** The numbers of the line of its kind. */
    readonly rings: readonly string[]
    /** Those of its other lines, if it has any. */
    readonly ringsOthers?: readonly string[]
    /** Where its pages are. */
    readonly url?: string | undefined
    /** Where the pages of its people are: a bank's counter, a payee's office. */
    readonly desk?: string | undefined
  }[]
  readonly customers: readonly {
    readonly bank: string
    readonly account: string
    /** Of whoever looks at this machine. */
    readonly pin?: Secret | undefined
    readonly name: SpokenName
    readonly paidIn: Money
    /** Its holder's secrets, beside its PIN. */
    readonly card?: { readonly number: string; readonly pin: Secret; readonly password: Secret } | undefined
  }[]
  /** Of this machine, where softphones call. */
  readonly softphone?:
    | {
        readonly host: string
        readonly port: number
        readonly accounts: readonly { readonly user: string; readonly password: Secret }[]
      }
    | undefined
}

/** Without what opens an account or a line, without its people's pages, and without pages that only this machine's browsers find. */
export function forTheNetwork({ demonstration, institutions, customers }: Overview): Overview {
  return {
    demonstration,
    institutions: institutions.map(({ url, desk: _, ...each }) => (isOfThisMachine(url) ? each : { ...each, url })),
    customers: customers.map(({ bank, account, name, paidIn }) => ({ bank, account, name, paidIn })),
  }
}

/** RFC 6761, section 6.3: such names lead nowhere else. */
function isOfThisMachine(url: string | undefined): boolean {
  const { hostname } = new URL(url ?? 'http://localhost')
  return /(^|\.)localhost$/.test(hostname) || hostname.startsWith('127.')
}
