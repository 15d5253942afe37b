/**
 * The switch: one Asterisk, or several behind Kamailio, with configuration, ports and accounts, and the edges that telephones call in
 * front of it. Started, proved to be ours, watched, started again with back-off when something dies, and stopped. What the calls say is
 * none of its business.
 */
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Balancer } from './balancer/balancer.ts'
import type { BrowserEdge } from './browser-edge/browser-edge.ts'
import type { AriAccount, AsteriskStanding, SipAccount, Switch, SwitchOptions } from './contract.ts'
import { openBrowserEdge, openNetworkEdge, openTelephoneEdge, openTrunkEdges } from './edges.ts'
import { type AsteriskInstallation, admit, loopback, openInstallation } from './installation.ts'
import type { OneAsterisk } from './one-asterisk.ts'
import { browsersOf, openAsterisks, openBalancer, openNetwork, sharedConfiguration, wishesOf } from './parts.ts'
import type { Network } from './pjsip.ts'
import { isTaken } from './ports.ts'
import { allowedPriority, type Priority } from './program-process.ts'
import { PortTaken } from './readiness.ts'
import type { SipEdge } from './sip-edge/sip-edge.ts'
import { SwitchFailed } from './switch-failed.ts'
import type { Security, TlsEdge } from './tls-edge/tls-edge.ts'
import type { TrunkStanding } from './trunk-edge/trunk.ts'
import type { TrunkEdge } from './trunk-edge/trunk-edge.ts'

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
  const toClose: (() => Promise<void> | void)[] = []
  const release = async () => {
    for (const close of toClose.splice(0).reverse()) await close()
  }
  try {
    const edge = await openTelephoneEdge(installation, options.publishedAddress, runtime)
    toClose.push(() => edge.close())
    const network = await openNetwork(options)
    const networkEdge = await openNetworkEdge(installation, network, options.log, runtime)
    toClose.push(() => networkEdge?.close())
    const trunkEdges = await openTrunkEdges(installation, options.trunks ?? [], options, runtime)
    toClose.push(async () => void (await Promise.all(trunkEdges.map(each => each.close()))))
    const priority = options.process?.where === 'elsewhere' ? 'elsewhere' : await allowedPriority()
    const asterisks = openAsterisks(options, installation, priority, runtime)
    const balancer = openBalancer(options, installation, runtime)
    // Whoever is in a call hears by Kamailio that an Asterisk ends.
    if (balancer) toClose.push(() => balancer.end())
    toClose.push(async () => void (await Promise.all(asterisks.map(each => each.end()))))
    const shared = sharedConfiguration(options, installation, network)
    await Promise.all(asterisks.map(each => each.begin(shared)))
    await balancer?.begin()
    if (priority !== 'elsewhere') options.log(priorityLine[priority])
    const edges = { edge, networkEdge, trunkEdges }
    return new RunningSwitch({
      ...{ options, installation, network, priority, asterisks, balancer, edges, release, runtime },
    })
  } catch (error) {
    await release()
    throw error
  }
}

const priorityLine: Readonly<Record<Priority, string>> = {
  'real-time': 'Asterisk runs with real-time priority',
  ordinary: 'Asterisk runs without real-time priority, which this account may not give: speech may falter under load',
}

interface Running {
  readonly options: SwitchOptions
  readonly installation: AsteriskInstallation
  readonly network: Network | undefined
  readonly priority: Priority | 'elsewhere'
  readonly asterisks: readonly OneAsterisk[]
  readonly balancer: Balancer | undefined
  readonly edges: {
    readonly edge: SipEdge
    readonly networkEdge: TlsEdge | undefined
    readonly trunkEdges: readonly TrunkEdge[]
  }
  /** Ends what was started, in the opposite order, and gives back what start took outside the data folder, its ports with it. */
  readonly release: () => Promise<void>
  readonly runtime: Runtime
}

class RunningSwitch implements Switch {
  #running: Running
  readonly browsers: BrowserEdge | undefined
  readonly #drained = new Set<string>()
  #pages = 0

  constructor(running: Running) {
    this.#running = running
    const { installation, options, asterisks, balancer, edges, runtime } = running
    this.browsers = openBrowserEdge(installation, browsersOf(options), () => this.#nextForPages().ports.ari, runtime)
    // Of several, who forgot its calls is not known at the edges: Kamailio ends them.
    const [alone] = asterisks.length === 1 ? asterisks : []
    alone?.onRestarted(() => {
      for (const each of [edges.edge, edges.networkEdge, ...edges.trunkEdges]) each?.forgetCalls()
    })
    for (const each of alone ? [] : asterisks) {
      const orSay = (told: Promise<void> | undefined) => void told?.catch(error => options.log(String(error)))
      each.onRestarted(() => orSay(balancer?.back(each.ports)))
      each.onLost(() => orSay(balancer?.lost(each.ports)))
    }
  }

  async reconfigure(change: Parameters<Switch['reconfigure']>[0]): Promise<void> {
    const { network, asterisks, runtime } = this.#running
    const options = { ...this.#running.options, ...change }
    const installation = admit(this.#running.installation, options, runtime)
    this.#running = { ...this.#running, options, installation }
    const shared = sharedConfiguration(options, installation, network)
    await Promise.all(asterisks.map(each => each.reconfigure(shared)))
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

  get asterisks(): readonly AsteriskStanding[] {
    return this.#running.asterisks.map(({ name, isAnswering, pid }) => ({
      ...{ name, isAnswering, pid },
      isDrained: this.#drained.has(name),
    }))
  }

  get pid(): number | undefined {
    return this.#running.asterisks[0]?.pid
  }

  get logFile(): string {
    return this.#running.asterisks[0]?.logFile ?? ''
  }

  get isAnswering(): boolean {
    const { asterisks, balancer } = this.#running
    return asterisks.some(each => each.isAnswering) && balancer?.isAnswering !== false
  }

  security(): Security | undefined {
    return this.#running.edges.networkEdge?.security()
  }

  trunks(): readonly TrunkStanding[] {
    return this.#running.edges.trunkEdges.map(each => each.standing())
  }

  ariFor(institution: string, asterisk = '1'): AriAccount {
    const password = this.#running.installation.ariPasswords[institution]
    if (password === undefined) throw new Error(`the switch was not told of an institution ${institution}`)
    const { ports } = this.#called(asterisk)
    return { url: `http://${loopback}:${ports.ari}`, user: institution, password: new Secret(password) }
  }

  async drain(institution: string, draining: boolean): Promise<void> {
    await Promise.all(this.#running.asterisks.map(each => each.drain(institution, draining)))
  }

  async drainAsterisk(asterisk: string, draining: boolean): ReturnType<Switch['drainAsterisk']> {
    const { balancer, asterisks } = this.#running
    const found = asterisks.find(({ name }) => name === asterisk)
    if (found === undefined) return 'unknown'
    const others = this.asterisks.filter(({ name, isDrained }) => name !== asterisk && !isDrained)
    if (balancer === undefined || (draining && others.length === 0)) return 'no-other'
    await balancer.drain(found.ports, draining)
    if (draining) this.#drained.add(asterisk)
    else this.#drained.delete(asterisk)
    return 'told'
  }

  async callersAt(asterisk: string): Promise<number | undefined> {
    const { balancer } = this.#running
    const called = this.#called(asterisk)
    const [here, onTheWay] = await Promise.all([called.callers(), balancer?.calls(called.ports) ?? 0])
    return here === undefined || onTheWay === undefined ? undefined : Math.max(here, onTheWay)
  }

  async release(institution: string): Promise<number> {
    const { asterisks } = this.#running
    // One that is away has nobody.
    const present = asterisks.length === 1 ? asterisks : asterisks.filter(each => each.isAnswering)
    const released = await Promise.all(present.map(each => each.release(institution)))
    return released.reduce((sum, count) => sum + count, 0)
  }

  async ready(): Promise<void> {
    const { asterisks, balancer } = this.#running
    await Promise.all([...asterisks, ...(balancer ? [balancer] : [])].map(each => each.ready()))
  }

  async stop(): Promise<void> {
    this.browsers?.close()
    await this.#running.release()
  }

  /** @throws SwitchFailed where there is none of this name */
  #called(asterisk: string): OneAsterisk {
    const { asterisks } = this.#running
    const found = asterisks.find(({ name }) => name === asterisk)
    if (found) return found
    throw new SwitchFailed(
      `there is no Asterisk ${asterisk}: there are ${asterisks.map(({ name }) => name).join(', ')}`,
    )
  }

  /** In turn; of those that answer and take new calls, if there are any. */
  #nextForPages(): OneAsterisk {
    const { asterisks } = this.#running
    const able = asterisks.filter(({ name, isAnswering }) => isAnswering && !this.#drained.has(name))
    const [first] = asterisks
    const next = able[this.#pages++ % Math.max(able.length, 1)] ?? first
    if (next === undefined) throw new SwitchFailed('there is no Asterisk')
    return next
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
