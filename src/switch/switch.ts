/**
 * The switch: one Asterisk with its configuration, ports and accounts, and the edge that telephones call in front of it.
 * Started, proved to be ours, watched, started again with back-off when it dies, and stopped. What the calls say is none of
 * its business.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { AsteriskLog } from './asterisk-log.ts'
import { AsteriskProcess, allowedPriority, type Priority } from './asterisk-process.ts'
import type { BrowserEdge } from './browser-edge/browser-edge.ts'
import { releaseCallers, reload, setDrained } from './calls.ts'
import { openCertificate } from './certificate.ts'
import { type Network, writeConfiguration } from './configuration.ts'
import { openBrowserEdge, openNetworkEdge, openTelephoneEdge, openTrunkEdges } from './edges.ts'
import {
  type AsteriskInstallation,
  admit,
  type InstallationWishes,
  loopback,
  openInstallation,
  type Ports,
} from './installation.ts'
import { isAbsence, type ManagerAddress } from './manager-client.ts'
import { isTaken } from './ports.ts'
import type { Program } from './program.ts'
import { askAll, askStillThere, interfacesOf, PortTaken } from './readiness.ts'
import type { SipEdge } from './sip-edge/sip-edge.ts'
import type { Security, TlsEdge } from './tls-edge/tls-edge.ts'
import type { Trunk, TrunkStanding } from './trunk-edge/trunk.ts'
import type { TrunkEdge } from './trunk-edge/trunk-edge.ts'
import { Watch } from './watch.ts'

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
  /** Rendered prompts, as `<language>/<clip>.alaw`; Asterisk plays them as `tonebank/<language>/<clip>`. */
  readonly soundsFolder: string
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
  /** Asterisk's process, unless it runs elsewhere. */
  readonly pid: number | undefined
  readonly logFile: string
  /** What the edge of the network kept off; undefined where the network is not let in. */
  security(): Security | undefined
  trunks(): readonly TrunkStanding[]
  /** Whether Asterisk answered, by ARI and AMI, when it was last asked: within seconds. */
  readonly isAnswering: boolean
  /** An institution's own account at ARI. */
  ariFor(institution: string): AriAccount
  /** New callers of this institution hear that its lines are busy from now on (or no longer); calls under way go on. */
  drain(institution: string, draining: boolean): Promise<void>
  /**
   * Lets go of the callers of an institution that is gone for good: they hear the apology. Returns how many there were.
   * Do not use it while the institution may still come back, as it takes its callers up again itself.
   */
  release(institution: string): Promise<number>
  /** Another dialplan, other institutions, other sounds from now on. Calls under way go on. */
  reconfigure(change: Pick<SwitchOptions, 'dialplan' | 'institutions' | 'soundsFolder'>): Promise<void>
  /** Resolves when Asterisk answers again, such as after a restart. */
  ready(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts Asterisk and returns once all of its interfaces answer as ours. Throws `PortBusy` or `SwitchFailed`. A port that
 * another program takes between our look and our use is replaced, as one that was taken before.
 */
export async function startSwitch(options: SwitchOptions, runtime: Runtime): Promise<Switch> {
  for (let tries = 1; ; tries++) {
    const installation = await openInstallation(wishesOf(options), runtime)
    try {
      return await startWith(installation, options, runtime)
    } catch (error) {
      if (!isTakenMeanwhile(error) || tries === 5) throw error
    }
  }
}

const isTakenMeanwhile = (error: unknown) => error instanceof PortTaken || isTaken(error)

async function startWith(
  installation: AsteriskInstallation,
  options: SwitchOptions,
  runtime: Runtime,
): Promise<Switch> {
  const here = options.process?.where !== 'elsewhere'
  const runFolder = options.process?.where === 'elsewhere' ? options.process.runFolder : mkdtempSync(shortPrefix)
  let edge: SipEdge | undefined
  let networkEdge: TlsEdge | undefined
  let trunkEdges: readonly TrunkEdge[] = []
  const release = async () => {
    edge?.close()
    networkEdge?.close()
    await Promise.all(trunkEdges.map(each => each.close()))
    if (here) rmSync(runFolder, { recursive: true, force: true })
  }
  try {
    edge = await openTelephoneEdge(installation, options.publishedAddress, runtime)
    const network = await openNetwork(options)
    networkEdge = await openNetworkEdge(installation, network, options.log, runtime)
    trunkEdges = await openTrunkEdges(installation, options.trunks ?? [], options, runtime)
    const configurationFile = configure(options, installation, runFolder, network)
    const priority = here ? await allowedPriority() : 'elsewhere'
    const asteriskLog = new AsteriskLog(join(switchFolderOf(options), 'log/asterisk.log'))
    const interfaces = interfacesOf(installation)
    const watch = new Watch(
      {
        start:
          priority === 'elsewhere'
            ? undefined
            : () => AsteriskProcess.start(options.tools.asterisk, configurationFile, priority, runtime),
        askAll: () => askAll(interfaces, runtime),
        askStillThere: () => askStillThere(interfaces, runtime),
        asteriskLog,
        log: options.log,
      },
      runtime,
    )
    await watch.begin()
    if (priority !== 'elsewhere') options.log(priorityLine[priority])
    return new RunningSwitch({
      options,
      installation,
      runFolder,
      network,
      priority,
      asteriskLog,
      watch,
      edge,
      networkEdge,
      trunkEdges,
      release,
      runtime,
    })
  } catch (error) {
    await release()
    throw error
  }
}

/** A socket's name ends at 107 bytes, and a data folder may lie deep: the sockets get a short path of their own. */
const shortPrefix = join(tmpdir(), 'tonebank-')

const priorityLine: Readonly<Record<Priority, string>> = {
  'real-time': 'Asterisk runs with real-time priority',
  ordinary: 'Asterisk runs without real-time priority, which this account may not give: speech may falter under load',
}

const switchFolderOf = (options: SwitchOptions) => join(options.dataFolder, 'switch')

function wishesOf(options: SwitchOptions): InstallationWishes {
  return {
    dataFolder: options.dataFolder,
    institutions: options.institutions,
    phones: [...options.phones, ...(options.network?.phones ?? []), ...browsersOf(options)],
    ports: options.ports ?? {},
    tlsHost: options.network?.host,
    customaryPorts: options.customaryPorts ?? false,
    trustKeptPorts: options.process?.where === 'elsewhere',
    onPortMoved: (what, from, to) =>
      options.log(`${what}: port ${from} is in use by another program; using ${to} from now on`),
  }
}

/** Names that no file of an installation gives to a phone; a line knows a browser by it. */
const browsersOf = ({ browsers = 0 }: SwitchOptions): string[] =>
  Array.from({ length: browsers }, (_, i) => `web-${i + 1}`)

async function openNetwork({ network, tools, ...options }: SwitchOptions): Promise<Network | undefined> {
  if (!network) return undefined
  const folder = join(options.dataFolder, 'switch/certificate')
  return { ...network, certificate: await openCertificate(folder, network.host, tools.openssl) }
}

/** @returns the path of asterisk.conf */
function configure(
  options: SwitchOptions,
  installation: AsteriskInstallation,
  runFolder: string,
  network: Network | undefined,
): string {
  return writeConfiguration({
    installation,
    dialplan: options.dialplan,
    phones: options.phones,
    browsers: browsersOf(options),
    network,
    trunks: options.trunks ?? [],
    publishedAddress: options.publishedAddress,
    places: {
      switchFolder: switchFolderOf(options),
      runFolder,
      templatesFolder: options.templatesFolder,
      modulesFolder: options.tools.asteriskModules,
      shippedFolder: options.tools.asteriskShare,
      soundsFolder: options.soundsFolder,
    },
  })
}

interface Running {
  readonly options: SwitchOptions
  readonly installation: AsteriskInstallation
  readonly runFolder: string
  readonly network: Network | undefined
  readonly priority: Priority | 'elsewhere'
  readonly asteriskLog: AsteriskLog
  readonly watch: Watch
  readonly edge: SipEdge
  readonly networkEdge: TlsEdge | undefined
  readonly trunkEdges: readonly TrunkEdge[]
  /** Gives back what start took outside the data folder, its ports with it. */
  readonly release: () => Promise<void>
  readonly runtime: Runtime
}

class RunningSwitch implements Switch {
  #running: Running
  readonly #manager: ManagerAddress
  readonly browsers: BrowserEdge | undefined
  readonly #drained = new Map<string, boolean>()

  constructor(running: Running) {
    this.#running = running
    const { installation, options, runtime } = running
    const { managerPassword, ports } = installation
    this.#manager = { host: loopback, port: ports.manager, user: 'switch', password: new Secret(managerPassword) }
    this.browsers = openBrowserEdge(installation, browsersOf(options), runtime)
    // Asterisk's globals are gone with a process that died; what was drained stays so.
    running.watch.onRestarted(async () => {
      running.edge.forgetCalls()
      running.networkEdge?.forgetCalls()
      for (const each of running.trunkEdges) each.forgetCalls()
      await this.#drainAgain()
    })
  }

  async reconfigure(change: Parameters<Switch['reconfigure']>[0]): Promise<void> {
    const { runFolder, network, runtime } = this.#running
    const options = { ...this.#running.options, ...change }
    const installation = admit(this.#running.installation, options, runtime)
    this.#running = { ...this.#running, options, installation }
    configure(options, installation, runFolder, network)
    try {
      await reload(this.#manager, runtime)
      // The dialplan's reload sets the globals that it names.
      await this.#drainAgain()
    } catch (error) {
      // An Asterisk that is away reads everything when it is back.
      if (!isAbsence(error)) throw error
    }
  }

  async #drainAgain(): Promise<void> {
    for (const [institution, draining] of this.#drained) {
      await setDrained(this.#manager, institution, draining, this.#running.runtime)
    }
  }

  get priority(): Switch['priority'] {
    return this.#running.priority
  }

  get sip(): Switch['sip'] {
    return { host: loopback, port: this.#running.installation.ports.sip }
  }

  get tls(): Switch['tls'] {
    const { network, installation } = this.#running
    if (network === undefined) return undefined
    const { fingerprint, certificateFile, privateKeyFile } = network.certificate
    const files = { certificate: certificateFile, key: privateKeyFile }
    return { host: network.host, port: installation.ports.tls, fingerprint, files }
  }

  get accounts(): readonly SipAccount[] {
    return accountsOf(this.#running.installation, this.#running.options)
  }

  get pid(): number | undefined {
    return this.#running.watch.pid
  }

  get logFile(): string {
    return this.#running.asteriskLog.path
  }

  get isAnswering(): boolean {
    return this.#running.watch.isAnswering
  }

  security(): Security | undefined {
    return this.#running.networkEdge?.security()
  }

  trunks(): readonly TrunkStanding[] {
    return this.#running.trunkEdges.map(each => each.standing())
  }

  ariFor(institution: string): AriAccount {
    const { ariPasswords, ports } = this.#running.installation
    const password = ariPasswords[institution]
    if (password === undefined) throw new Error(`the switch was not told of an institution ${institution}`)
    return { url: `http://${loopback}:${ports.ari}`, user: institution, password: new Secret(password) }
  }

  async drain(institution: string, draining: boolean): Promise<void> {
    this.#drained.set(institution, draining)
    try {
      await setDrained(this.#manager, institution, draining, this.#running.runtime)
    } catch (error) {
      // An Asterisk that is away learns it when it is back.
      if (!isAbsence(error)) throw error
    }
  }

  release(institution: string): Promise<number> {
    return releaseCallers(this.#manager, institution, this.#running.runtime)
  }

  ready(): Promise<void> {
    return this.#running.watch.ready()
  }

  async stop(): Promise<void> {
    this.browsers?.close()
    await this.#running.watch.end()
    await this.#running.release()
  }
}

function accountsOf(installation: AsteriskInstallation, options: SwitchOptions): SipAccount[] {
  const account = (user: string, reach: SipAccount['reach']): SipAccount => ({
    user,
    reach,
    password: new Secret(installation.phonePasswords[user] ?? ''),
  })
  return [
    ...options.phones.map(user => account(user, 'this-machine')),
    ...(options.network?.phones ?? []).map(user => account(user, 'network')),
  ]
}
