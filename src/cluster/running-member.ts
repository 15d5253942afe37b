/** A member's etcd and Patroni while they run on this machine: started again when they end, and ended in order. Patroni runs PostgreSQL. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type Runtime, withDeadline } from '../runtime.ts'
import { type Member, memberFiles } from './plan.ts'
import { endPostmaster, signalPostmaster } from './postmaster.ts'
import { giveFolder, serviceUser } from './user.ts'

/** As `spawn` takes it, from a program and its arguments: for one that runs elsewhere, such as in a network namespace. */
export type Wrap = (program: string, args: readonly string[]) => readonly [string, ...string[]]

const again = 1_000
/** Patroni ends PostgreSQL by a fast shutdown. */
const stopMs = 20_000

export class RunningMember {
  readonly member: Member
  readonly #runtime: Runtime
  readonly #wrap: Wrap
  readonly #children = new Map<'etcd' | 'patroni', ChildProcess>()
  #isStopping = false

  /** Its files are there. `wrap` is handed what is to be run as the service's user. */
  constructor(runtime: Runtime, member: Member, wrap: Wrap = (program, args) => [program, ...args]) {
    this.#runtime = runtime
    this.member = member
    this.#wrap = wrap
  }

  begin(): void {
    const { files, data } = this.member
    mkdirSync(data, { recursive: true, mode: 0o700 })
    const user = serviceUser()
    if (user !== undefined) for (const folder of [files, data]) giveFolder(folder, user)
    this.#keepUp('etcd', ['--config-file', join(files, memberFiles.etcd)])
    this.#keepUp('patroni', [join(files, memberFiles.patroni)])
  }

  /** Undefined while it is away. */
  pidOf(program: 'etcd' | 'patroni'): number | undefined {
    const child = this.#children.get(program)
    return child?.exitCode === null && child.signalCode === null ? child.pid : undefined
  }

  /** Patroni first, which lets go of what it leads; then PostgreSQL, which Patroni leaves behind when it does not end in time. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const program of ['patroni', 'etcd'] as const) {
      await this.#end(program)
      if (program === 'patroni') await endPostmaster(this.#runtime, this.member)
    }
  }

  /** At once, with all that they have started. PostgreSQL ends its own processes and says nothing to anybody. */
  kill(): void {
    this.#isStopping = true
    for (const program of this.#children.keys()) this.#signalGroup(program)
    signalPostmaster(this.member, 'SIGQUIT')
  }

  async #end(program: 'etcd' | 'patroni'): Promise<void> {
    const child = this.#children.get(program)
    if (child === undefined || this.pidOf(program) === undefined) return
    const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    await withDeadline(this.#runtime, program, stopMs, gone).catch(() => this.#signalGroup(program))
  }

  #signalGroup(program: 'etcd' | 'patroni'): void {
    const pid = this.pidOf(program)
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }

  #keepUp(program: 'etcd' | 'patroni', args: readonly string[]): void {
    const { data } = this.member
    const user = serviceUser()
    const own = user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
    const asUser: readonly [string, ...string[]] = user ? ['setpriv', ...own, program, ...args] : [program, ...args]
    const [first, ...rest] = this.#wrap(asUser[0], asUser.slice(1))
    const log = openSync(join(data, `${program}.log`), 'a', 0o600)
    // libpq looks for certificates at home. In a group of its own, so that Ctrl-C is heard by who stops it in order alone.
    const env = { PATH: process.env['PATH'] ?? '', HOME: data, LC_ALL: 'C.UTF-8' }
    const child = spawn(first, rest, { cwd: '/', env, stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    this.#children.set(program, child)
    const ended = () => {
      if (this.#isStopping || this.#children.get(program) !== child) return
      void this.#runtime.sleep(again).then(() => {
        if (!this.#isStopping) this.#keepUp(program, args)
      })
    }
    child.once('exit', ended)
    child.once('error', ended)
  }
}
