/**
 * The switch: one Asterisk with its configuration, ports and accounts. Started, proved to be ours, watched, started again
 * with back-off when it dies, and stopped. What the calls say is none of its business.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { AsteriskLog } from './asterisk-log.ts'
import { AsteriskProcess, allowedPriority, type Priority } from './asterisk-process.ts'
import { releaseCallers, setDrained } from './calls.ts'
import { openCertificate } from './certificate.ts'
import { userAgent, writeConfiguration } from './configuration.ts'
import { type Installation, loopback, openInstallation, type Ports } from './installation.ts'
import { isAbsence } from './manager-client.ts'
import type { Program } from './program.ts'
import { askAll, askStillThere, type Interfaces } from './readiness.ts'
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
  /** Lets these SIP accounts in from the network: by TLS with mandatory SRTP only. */
  readonly network?: { readonly host: string; readonly phones: readonly string[] }
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
  readonly tls: { readonly host: string; readonly port: number; readonly fingerprint: string } | undefined
  readonly accounts: readonly SipAccount[]
  /** Asterisk's process, unless it runs elsewhere. */
  readonly pid: number | undefined
  readonly logFile: string
  /** An institution's own account at ARI. */
  ariFor(institution: string): AriAccount
  /** New calls for this institution hear the apology from now on (or no longer); calls under way go on. */
  drain(institution: string, draining: boolean): Promise<void>
  /**
   * Lets go of the callers of an institution that is gone for good: they hear the apology. Returns how many there were.
   * Do not use it while the institution may still come back, as it takes its callers up again itself.
   */
  release(institution: string): Promise<number>
  /** Resolves when Asterisk answers again, such as after a restart. */
  ready(): Promise<void>
  stop(): Promise<void>
}

/** Starts Asterisk and returns once all of its interfaces answer as ours. Throws `PortBusy` or `SwitchFailed`. */
export async function startSwitch(options: SwitchOptions, runtime: Runtime): Promise<Switch> {
  const where = options.process ?? { where: 'here' }
  const installation = await openInstallation(
    {
      dataFolder: options.dataFolder,
      institutions: options.institutions,
      phones: [...options.phones, ...(options.network?.phones ?? [])],
      ports: options.ports ?? {},
      tlsHost: options.network?.host,
      customaryPorts: options.customaryPorts ?? false,
      trustPorts: where.where === 'elsewhere',
      onPortMoved: (what, from, to) =>
        options.log(`${what}: port ${from} is in use by another program; using ${to} from now on`),
    },
    runtime,
  )
  const switchFolder = join(options.dataFolder, 'switch')
  const runFolder = where.where === 'here' ? mkdtempSync(join(tmpdir(), 'tonebank-')) : where.runFolder
  const network = options.network && {
    ...options.network,
    certificate: await openCertificate(join(switchFolder, 'certificate'), options.tools.openssl),
  }
  const configurationFile = writeConfiguration({
    installation,
    dialplan: options.dialplan,
    phones: options.phones,
    network,
    publishedAddress: options.publishedAddress,
    places: {
      switchFolder,
      runFolder,
      templatesFolder: options.templatesFolder,
      modulesFolder: options.tools.asteriskModules,
      shippedFolder: options.tools.asteriskShare,
      soundsFolder: options.soundsFolder,
    },
  })
  const priority = where.where === 'here' ? await allowedPriority() : 'elsewhere'
  const asteriskLog = new AsteriskLog(join(switchFolder, 'log/asterisk.log'))
  const interfaces = interfacesOf(installation)
  const start =
    priority === 'elsewhere'
      ? undefined
      : () => AsteriskProcess.start(options.tools.asterisk, configurationFile, priority, runtime)
  const watch = new Watch(
    {
      start,
      askAll: () => askAll(interfaces, runtime),
      askStillThere: () => askStillThere(interfaces, runtime),
      asteriskLog,
      log: options.log,
    },
    runtime,
  )

  try {
    await watch.begin()
  } catch (error) {
    await watch.end()
    if (where.where === 'here') rmSync(runFolder, { recursive: true, force: true })
    throw error
  }
  if (priority === 'real-time') options.log('Asterisk runs with real-time priority')
  if (priority === 'ordinary') {
    options.log(
      'Asterisk runs without real-time priority, which this account may not give: speech may falter under load',
    )
  }
  const manager = {
    host: loopback,
    port: installation.ports.manager,
    user: 'switch',
    password: new Secret(installation.managerPassword),
  }
  const drained = new Map<string, boolean>()
  // Globals are gone with a process that died; what was drained stays so.
  watch.onRestarted(async () => {
    for (const [institution, draining] of drained) await setDrained(manager, institution, draining, runtime)
  })

  return {
    priority,
    sip: { host: loopback, port: installation.ports.sip },
    tls: network && { host: network.host, port: installation.ports.tls, fingerprint: network.certificate.fingerprint },
    accounts: accountsOf(installation, options),
    logFile: asteriskLog.path,
    get pid() {
      return watch.pid
    },
    ariFor(institution) {
      const password = installation.ariPasswords[institution]
      if (password === undefined) throw new Error(`the switch was not told of an institution ${institution}`)
      const url = `http://${loopback}:${installation.ports.ari}`
      return { url, user: institution, password: new Secret(password) }
    },
    async drain(institution, draining) {
      drained.set(institution, draining)
      try {
        await setDrained(manager, institution, draining, runtime)
      } catch (error) {
        // An Asterisk that is away learns it when it is back.
        if (!isAbsence(error)) throw error
      }
    },
    release: institution => releaseCallers(manager, institution, runtime),
    ready: () => watch.ready(),
    async stop() {
      await watch.end()
      if (where.where === 'here') rmSync(runFolder, { recursive: true, force: true })
    },
  }
}

function interfacesOf(installation: Installation): Interfaces {
  const [first] = Object.entries(installation.ariPasswords)
  return {
    host: loopback,
    sipPort: installation.ports.sip,
    ariPort: installation.ports.ari,
    managerPort: installation.ports.manager,
    managerPassword: new Secret(installation.managerPassword),
    ari: first && { user: first[0], password: new Secret(first[1]) },
    userAgent: userAgent(installation),
  }
}

function accountsOf(installation: Installation, options: SwitchOptions): SipAccount[] {
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
