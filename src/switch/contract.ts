/** What the switch is started with, and what others have of it. */
import type { Secret } from '../secret.ts'
import type { BrowserEdge } from './browser-edge/browser-edge.ts'
import type { Ports } from './installation.ts'
import type { Program } from './program.ts'
import type { Priority } from './program-process.ts'
import type { Security } from './tls-edge/tls-edge.ts'
import type { Trunk, TrunkStanding } from './trunk-edge/trunk.ts'

export interface SwitchOptions {
  /** The installation's data folder; the switch keeps everything in `switch/` below it. */
  readonly dataFolder: string
  /** `asterisk-conf/` of the checkout. */
  readonly templatesFolder: string
  /** As `.cache/tools.json` names them. */
  readonly tools: {
    readonly asterisk: Program
    readonly openssl: Program
    readonly asteriskModules: string
    readonly asteriskShare: string
  }
  /**
   * Rendered prompts, as `<language>/<clip>.alaw`; Asterisk plays them as `tonebank/<language>/<clip>`. Undefined while they are made: it
   * plays those of the last start, if there was one.
   */
  readonly soundsFolder: string | undefined
  /** The whole of extensions.conf; its context `callers` is where phones arrive. */
  readonly dialplan: string
  /** Ids of the institutions: each has its own ARI account, and its Stasis application is named after it. */
  readonly institutions: readonly string[]
  /** Names of the SIP accounts on this machine. */
  readonly phones: readonly string[]
  /** How many pages may have a telephone at the same time; none unless it is said. */
  readonly browsers?: number
  /** Lets these SIP accounts in from the network: by TLS with mandatory SRTP only. */
  readonly network?: { readonly host: string; readonly phones: readonly string[] }
  /** By which ordinary telephones call; the dialplan's context `trunks` is where they arrive. */
  readonly trunks?: readonly Trunk[]
  /** How many Asterisk. Where there are several, Kamailio stands in front of them. One, unless it is said. */
  readonly asterisks?: {
    readonly count: number
    /** At the same time: of a telephone at all of them together, and of all telephones at each. */
    readonly callsPerPhone: number
    readonly callsEach: number
    /** Numbers that are called however many calls there are. */
    readonly emergencyNumbers: readonly string[]
  }
  /** Ports that the operator chose. */
  readonly ports?: Partial<Ports>
  /** Try 5060, 8088, … when ports are drawn for the first time. */
  readonly customaryPorts?: boolean
  /** `elsewhere`: another container runs Asterisk from the configuration that we write; `runFolder` is then its own. */
  readonly process?: { readonly where: 'here' } | { readonly where: 'elsewhere'; readonly runFolder: string }
  /** Offered as the address of SIP and media where a container's ports are published. */
  readonly publishedAddress?: string
  /** Told in one line each of what an operator wants to know. */
  readonly log: (line: string) => void
}

export interface SipAccount {
  readonly user: string
  readonly password: Secret
  readonly reach: 'this-machine' | 'network'
}

export interface AriAccount {
  readonly url: string
  readonly user: string
  readonly password: Secret
}

export interface AsteriskStanding {
  /** `1`, `2`, … */
  readonly name: string
  /** By ARI and AMI, when it was last asked: within seconds. */
  readonly isAnswering: boolean
  /** It is given no new call. */
  readonly isDrained: boolean
  /** Its process, unless it runs elsewhere. */
  readonly pid: number | undefined
}

export interface Switch {
  readonly priority: Priority | 'elsewhere'
  readonly sip: { readonly host: string; readonly port: number }
  /** Where phones of the network call, and what they check. */
  readonly tls:
    | {
        readonly host: string
        readonly port: number
        readonly fingerprint: string
        /** Paths of PEM files. */
        readonly files: { readonly certificate: string; readonly key: string }
      }
    | undefined
  readonly accounts: readonly SipAccount[]
  /** For telephones in browsers, where there may be any. */
  readonly browsers: BrowserEdge | undefined
  /** The first Asterisk's process, unless it runs elsewhere. */
  readonly pid: number | undefined
  readonly logFile: string
  /** What the edge of the network kept off; undefined where the network is not let in. */
  security(): Security | undefined
  trunks(): readonly TrunkStanding[]
  /** Whether callers are served: an Asterisk answers and, of several, what stands in front of them. */
  readonly isAnswering: boolean
  readonly asterisks: readonly AsteriskStanding[]
  /** An institution's own account at ARI: of the first Asterisk, unless another is named. */
  ariFor(institution: string, asterisk?: string): AriAccount
  /** New callers of this institution hear that its lines are busy from now on (or no longer); calls under way go on. */
  drain(institution: string, draining: boolean): Promise<void>
  /**
   * One of several Asterisk is given no new call from now on, or is again; calls that it has go on.
   * `unknown`: there is none of this name. `no-other`: nobody else would take the calls.
   */
  drainAsterisk(asterisk: string, draining: boolean): Promise<'told' | 'unknown' | 'no-other'>
  /** How many callers an Asterisk has, those that are on their way to it among them; undefined where nobody says. */
  callersAt(asterisk: string): Promise<number | undefined>
  /**
   * Lets go of the callers of an institution that is gone for good: they hear the apology. Returns how many there were.
   * Do not use it while the institution may still come back, as it takes its callers up again itself.
   */
  release(institution: string): Promise<number>
  /** Another dialplan, other institutions, other sounds from now on. Calls under way go on. */
  reconfigure(change: Pick<SwitchOptions, 'dialplan' | 'institutions' | 'soundsFolder'>): Promise<void>
  /** Resolves when every Asterisk answers again, such as after a restart. */
  ready(): Promise<void>
  stop(): Promise<void>
}
