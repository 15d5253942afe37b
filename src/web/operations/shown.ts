/** What the operators' page shows, as the process that serves it is told by the institutions. */
import type { AlarmKind } from '../../alarm.ts'
import type { SpokenName } from '../../languages.ts'
import type { Money } from '../../money.ts'

export interface Overview {
  readonly isAsteriskAnswering: boolean
  /** What the edge of the network kept off; undefined where no telephone of the network is let in. */
  readonly network: NetworkSecurity | undefined
  /** Lines of providers, by which ordinary telephones call. */
  readonly trunks?: readonly TrunkShown[]
  readonly institutions: readonly Institution[]
}

export interface TrunkShown {
  readonly name: string
  readonly state: 'registered' | 'reachable' | 'refused' | 'unreachable'
}

export interface NetworkSecurity {
  /** How often since the start, by what was wrong. */
  readonly offences: ReadonlyMap<string, number>
  /** Addresses that are shut out now. */
  readonly blocks: readonly { readonly address: string; readonly why: string; readonly secondsLeft: number }[]
}

export interface Institution {
  readonly id: string
  readonly name: SpokenName
  /** Undefined: its process does not answer. */
  readonly shown: Shown | undefined
}

export interface Shown {
  readonly standing: { readonly state: 'serving' | 'draining' | 'no-asterisk' | 'away' }
  /** Whether its books take what is written. */
  readonly isWritable: boolean
  readonly calls: readonly {
    readonly line: string
    /** What was asked last, by its name in the call script. */
    readonly step?: string | undefined
    readonly callMs: number
    readonly stepMs: number
    readonly lossPercent?: number | undefined
    readonly jitterMs?: number | undefined
  }[]
  readonly givenUp: readonly { readonly line: string; readonly step: string; readonly count: number }[]
  readonly stock: readonly {
    readonly payee: string
    readonly amount: Money
    readonly count: number
    readonly isLow: boolean
  }[]
  /** Assets in which debits and credits differ. */
  readonly uneven: readonly { readonly asset: string }[]
  readonly callRecords?: { readonly keepDays: number; readonly oldest?: string | undefined } | undefined
  /** `since`: Unix time in ms of the oldest. */
  readonly callBacks?: { readonly count: number; readonly since?: number | undefined } | undefined
  /** Mails to customers: how many wait, since when the oldest does that is late, and how many were given up. */
  readonly confirmations?:
    | { readonly count: number; readonly since?: number | undefined; readonly givenUp: number }
    | undefined
  readonly audit?: { readonly at: number; readonly findings: number } | undefined
  readonly dayEnds: readonly {
    readonly peer: string
    readonly date: string
    readonly state: string
    readonly breaks: number
  }[]
  readonly alarms: readonly {
    readonly kind: AlarmKind
    readonly peer: string
    readonly detail: string
    readonly at: number
  }[]
}
