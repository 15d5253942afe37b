/** One Asterisk of the switch: alone, or one of several behind Kamailio. Started, proved to be ours, watched, told, and stopped. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { AsteriskLog } from './asterisk-log.ts'
import { callersIn, releaseCallers, reload, setDrained } from './calls.ts'
import { type Configuration, writeConfiguration } from './configuration.ts'
import { type AsteriskInstallation, type AsteriskPorts, loopback } from './installation.ts'
import { isAbsence, type ManagerAddress } from './manager-client.ts'
import type { Program } from './program.ts'
import { type Priority, ProgramProcess } from './program-process.ts'
import { askAll, askStillThere, interfacesOf } from './readiness.ts'
import { Watch } from './watch.ts'

/** What it is configured with besides what is its own; may be another after a reload. */
export type SharedConfiguration = Omit<Configuration, 'asterisk' | 'balancer' | 'places'> & {
  readonly places: Omit<Configuration['places'], 'switchFolder' | 'runFolder'>
}

export interface OneAsteriskOptions {
  /** `1`, `2`, … */
  readonly name: string
  /** One of several. */
  readonly isOneOfSeveral: boolean
  /** By which it knows Kamailio, where that stands in front of it. */
  readonly balancerKey: string | undefined
  readonly ports: AsteriskPorts
  /** Everything of its own lies below. */
  readonly folder: string
  readonly program: Program
  /** `elsewhere`: another container runs it from the configuration that we write; `runFolder` is then its own. */
  readonly place:
    | { readonly where: 'here'; readonly priority: Priority }
    | { readonly where: 'elsewhere'; readonly runFolder: string }
  readonly log: (line: string) => void
}

/** A socket's name ends at 107 bytes, and a data folder may lie deep: the sockets get a short path of their own. */
export const shortFolder = () => mkdtempSync(join(tmpdir(), 'tonebank-'))

export class OneAsterisk {
  readonly name: string
  readonly ports: AsteriskPorts
  readonly #options: OneAsteriskOptions
  readonly #runtime: Runtime
  readonly #runFolder: string
  readonly #log: AsteriskLog
  readonly #manager: ManagerAddress
  readonly #watch: Watch
  readonly #drained = new Map<string, boolean>()

  constructor(options: OneAsteriskOptions, installation: AsteriskInstallation, runtime: Runtime) {
    const { name, isOneOfSeveral, ports, folder, program, place, log } = options
    this.name = name
    this.ports = ports
    this.#options = options
    this.#runtime = runtime
    this.#runFolder = place.where === 'here' ? shortFolder() : place.runFolder
    this.#log = new AsteriskLog(join(folder, 'log/asterisk.log'))
    const password = new Secret(installation.managerPassword)
    this.#manager = { host: loopback, port: ports.manager, user: 'switch', password }
    const interfaces = interfacesOf(installation, ports, isOneOfSeveral ? ports.sip : installation.ports.sip)
    const watched = {
      name: isOneOfSeveral ? `Asterisk ${name}` : 'Asterisk',
      start:
        place.where === 'elsewhere'
          ? undefined
          : () => {
              const own = ['-f', ...(place.priority === 'real-time' ? ['-p'] : []), '-C', this.#configurationFile]
              return ProgramProcess.start(program, own, runtime)
            },
      askAll: () => askAll(interfaces, runtime),
      askStillThere: () => askStillThere(interfaces, runtime),
      errorLog: this.#log,
      log,
    }
    this.#watch = new Watch(watched, runtime)
  }

  get pid(): number | undefined {
    return this.#watch.pid
  }

  /** Whether it answered, by ARI and AMI, when it was last asked: within seconds. */
  get isAnswering(): boolean {
    return this.#watch.isAnswering
  }

  get logFile(): string {
    return this.#log.path
  }

  /** Resolves once all of its interfaces answer as ours. @throws SwitchFailed @throws PortTaken */
  async begin(shared: SharedConfiguration): Promise<void> {
    this.#configure(shared)
    await this.#watch.begin()
  }

  /** @param work what else is to be done each time after a restart, once it answers */
  onRestarted(work: () => void): void {
    this.#watch.onRestarted(async () => {
      work()
      // Its globals are gone with the process that died; what was drained stays so.
      await this.#drainAgain()
    })
  }

  /** @param work what is to be done each time that it has died */
  onLost(work: () => void): void {
    this.#watch.onLost(work)
  }

  async reconfigure(shared: SharedConfiguration): Promise<void> {
    this.#configure(shared)
    await this.#unlessAway(async () => {
      await reload(this.#manager, this.#runtime)
      // The dialplan's reload sets the globals that it names.
      await this.#drainAgain()
    })
  }

  async drain(institution: string, draining: boolean): Promise<void> {
    this.#drained.set(institution, draining)
    await this.#unlessAway(() => setDrained(this.#manager, institution, draining, this.#runtime))
  }

  /** Lets go of the callers of an institution that is gone for good, and counts them. */
  release(institution: string): Promise<number> {
    return releaseCallers(this.#manager, institution, this.#runtime)
  }

  /** How many callers it has; undefined where it does not say. */
  async callers(): Promise<number | undefined> {
    let count: number | undefined
    await this.#unlessAway(async () => {
      count = await callersIn(this.#manager, this.#runtime)
    })
    return count
  }

  ready(): Promise<void> {
    return this.#watch.ready()
  }

  async end(): Promise<void> {
    await this.#watch.end()
    this.giveBack()
  }

  /** Of one that has not begun, or has ended. */
  giveBack(): void {
    if (this.#options.place.where === 'here') rmSync(this.#runFolder, { recursive: true, force: true })
  }

  get #configurationFile(): string {
    return join(this.#options.folder, 'conf/asterisk.conf')
  }

  #configure({ places, ...shared }: SharedConfiguration): void {
    const { folder, ports, balancerKey } = this.#options
    writeConfiguration({
      ...shared,
      asterisk: ports,
      balancer: balancerKey === undefined ? undefined : { key: balancerKey },
      places: { ...places, switchFolder: folder, runFolder: this.#runFolder },
    })
  }

  async #drainAgain(): Promise<void> {
    for (const [institution, draining] of this.#drained)
      await setDrained(this.#manager, institution, draining, this.#runtime)
  }

  /** One that is away reads and hears everything when it is back. */
  async #unlessAway(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isAbsence(error)) throw error
    }
  }
}
