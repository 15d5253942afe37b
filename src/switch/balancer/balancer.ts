/**
 * Kamailio, where there are several Asterisk: it has the place in front of them that one alone has behind the edges. Started, watched,
 * and told which Asterisk takes no new calls.
 */
import { execFile } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Runtime } from '../../runtime.ts'
import { userAgent } from '../configuration.ts'
import { type AsteriskPorts, loopback } from '../installation.ts'
import { shortFolder } from '../one-asterisk.ts'
import { ProgramProcess } from '../program-process.ts'
import { askSip } from '../readiness.ts'
import { SwitchFailed } from '../switch-failed.ts'
import { Watch } from '../watch.ts'
import { destinationOf, type KamailioConfiguration, writeKamailioConfiguration } from './kamailio-configuration.ts'

/** Where Debian's package puts them, which not every account has on its PATH. */
const kamailio = '/usr/sbin/kamailio'
const kamcmd = '/usr/sbin/kamcmd'

const commandMs = 5_000

/** Set of Asterisk in the dispatcher's list. */
const set = '1'

export interface BalancerOptions extends Omit<KamailioConfiguration, 'folder' | 'runFolder'> {
  readonly folder: string
  readonly log: (line: string) => void
}

export class Balancer {
  readonly #options: BalancerOptions
  readonly #runFolder = shortFolder()
  readonly #watch: Watch
  readonly #drained = new Set<string>()
  readonly #lost = new Set<string>()

  /** @throws SwitchFailed where there is no Kamailio */
  constructor(options: BalancerOptions, runtime: Runtime) {
    this.#options = options
    const { installation, log } = options
    const at = { host: loopback, sipPort: installation.ports.sip, userAgent: userAgent(installation) }
    const ask = () => askSip(at, runtime)
    const file = join(options.folder, 'kamailio.cfg')
    // -DD: it stays in the foreground. -m, -M: megabytes that its processes share, and that each has.
    const own = ['-DD', '-E', '-f', file, '-m', '64', '-M', '8', '-Y', this.#runFolder]
    const program = { command: kamailio, args: [], env: {} }
    const start = () => ProgramProcess.start(program, own, runtime)
    const askStillThere = async () => {
      await ask()
      await this.#sayAgain()
    }
    this.#watch = new Watch({ name: 'Kamailio', start, askAll: ask, askStillThere, log }, runtime)
    this.#watch.onRestarted(() => this.#sayAgain())
  }

  get pid(): number | undefined {
    return this.#watch.pid
  }

  get isAnswering(): boolean {
    return this.#watch.isAnswering
  }

  /** Resolves once it answers behind the edge. @throws SwitchFailed @throws PortTaken */
  async begin(): Promise<void> {
    if (!existsSync(kamailio) || !existsSync(kamcmd))
      throw new SwitchFailed(
        'several Asterisk need Kamailio in front of them, which is not here: node setup/main.mjs prepare --balancer installs it',
      )
    writeKamailioConfiguration({ ...this.#options, runFolder: this.#runFolder })
    await this.#watch.begin()
  }

  /** New calls go to the others from now on, or to this one, too; those that it has stay. */
  async drain(asterisk: AsteriskPorts, draining: boolean): Promise<void> {
    const destination = destinationOf(asterisk)
    // One that is away hears it when it is back.
    if (this.isAnswering) await this.#setState(destination, draining || this.#lost.has(destination))
    if (draining) this.#drained.add(destination)
    else this.#drained.delete(destination)
  }

  /** How many calls it counts at an Asterisk, those that are on their way there among them; undefined where it does not say. */
  async calls(asterisk: AsteriskPorts): Promise<number | undefined> {
    try {
      return Number(await this.#command('dlg.profile_get_size', 'asterisk', destinationOf(asterisk)))
    } catch {
      return undefined
    }
  }

  /** An Asterisk has died: it gets no call until it is back, whoever has its port; and whoever was in a call there hears its end. */
  async lost(asterisk: AsteriskPorts): Promise<void> {
    const destination = destinationOf(asterisk)
    this.#lost.add(destination)
    await this.#setState(destination, true)
    const listed = await this.#command('dlg.profile_list', 'asterisk', destination)
    for (const [, entry = '', id = ''] of listed.matchAll(/h_entry: (\d+)\s+h_id: (\d+)/g)) {
      // Some have hung up meanwhile.
      await this.#command('dlg.end_dlg', entry, id).catch(() => {})
    }
  }

  /** It answers again, as ours. */
  async back(asterisk: AsteriskPorts): Promise<void> {
    const destination = destinationOf(asterisk)
    this.#lost.delete(destination)
    await this.#setState(destination, this.#drained.has(destination))
  }

  ready(): Promise<void> {
    return this.#watch.ready()
  }

  async end(): Promise<void> {
    await this.#watch.end()
    this.giveBack()
  }

  giveBack(): void {
    rmSync(this.#runFolder, { recursive: true, force: true })
  }

  /** A new process knows none of it, and an answer that was on its way may have undone it. */
  async #sayAgain(): Promise<void> {
    for (const destination of new Set([...this.#drained, ...this.#lost])) await this.#setState(destination, true)
  }

  /** `dx`: disabled. `ap`: active, and asked whether it is there. */
  async #setState(destination: string, isOut: boolean): Promise<void> {
    await this.#command('dispatcher.set_state', isOut ? 'dx' : 'ap', set, destination)
  }

  /** As its own program speaks to it, by a socket that is this account's alone. */
  async #command(...words: readonly string[]): Promise<string> {
    const socket = `unix:${join(this.#runFolder, 'kamailio')}`
    const { stdout } = await promisify(execFile)(kamcmd, ['-s', socket, ...words], { timeout: commandMs })
    return stdout.trim()
  }
}
