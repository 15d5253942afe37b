/** Three machines with etcd, Patroni and PostgreSQL as `src/cluster/` writes them, and what may happen to them. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isWhole, type MemberState, membersOf } from '../../../src/cluster/patroni.ts'
import { type ClusterPlan, drawPasswords, type Member, memberFiles, usualPorts } from '../../../src/cluster/plan.ts'
import { RunningMember } from '../../../src/cluster/running-member.ts'
import { keeperOf, writeCluster } from '../../../src/cluster/write.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { postgresPrograms } from '../../support/postgres.ts'
import { childCalled, signalTree } from '../../support/process-tree.ts'
import type { KeeperOfMachine } from '../keeper/says.ts'
import { Machines } from './machines.ts'

const names = ['books-1', 'books-2', 'books-3']
/** The longest that a busy machine may take until the cluster is whole again. */
const patienceMs = 120_000

export interface Whole {
  readonly leader: string
  readonly standby: string
  readonly third: string
}

export class Cluster {
  readonly machines: Machines
  readonly folder: string
  readonly #plan: ClusterPlan
  readonly #running: readonly RunningMember[]

  private constructor(machines: Machines, folder: string, plan: ClusterPlan) {
    this.machines = machines
    this.folder = folder
    this.#plan = plan
    this.#running = plan.members.map(
      member => new RunningMember(systemRuntime, member, (program, args) => machines.on(member.name, program, args)),
    )
  }

  /** `others`: machines on the same network. */
  static async begin(others: readonly string[]): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'tonebank-failovers-'))
    // PostgreSQL's user passes through it.
    chmodSync(folder, 0o711)
    const machines = new Machines([...names, ...others])
    const members = names.map((name): Member => {
      const place = { address: machines.addressOf(name), ports: usualPorts }
      return { name, ...place, files: join(folder, name), data: join(folder, `${name}-data`) }
    })
    const passwords = drawPasswords(systemRuntime)
    const plan = { scope: 'tonebank', members, postgresPrograms: postgresPrograms(), passwords }
    const cluster = new Cluster(machines, folder, plan)
    try {
      await writeCluster(plan, folder, 'openssl')
      chmodSync(folder, 0o711)
      for (const each of cluster.#running) each.begin()
      await cluster.whole()
    } catch (error) {
      await cluster.end()
      throw error
    }
    return cluster
  }

  keeper(): KeeperOfMachine {
    const { hosts, database, user } = keeperOf(this.#plan)
    const ca = readFileSync(join(this.folder, memberFiles.authority), 'utf8')
    return { hosts, database, user, password: this.#plan.passwords.tonebank.reveal(), tls: { ca } }
  }

  /** Until one leads, another confirms, and the third follows. Their names. */
  async whole(): Promise<Whole> {
    let last: unknown
    for (const endMs = performance.now() + patienceMs; performance.now() < endMs; ) {
      try {
        const states = await this.#states()
        if (isWhole(states, names.length)) return rolesOf(states)
        last = states
      } catch (error) {
        last = error
      }
      await systemRuntime.sleep(200)
    }
    throw new Error(`the cluster did not become whole: ${last instanceof Error ? last : JSON.stringify(last)}`)
  }

  /** All processes of a member's PostgreSQL. */
  signal(name: string, how: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    signalTree(this.#postmaster(name), how)
  }

  /** From now on the other PostgreSQL is told nothing of what this one writes; its process goes with the others. */
  stopSending(name: string, to: string): void {
    const called = `walsender .* ${this.#member(to).address}\\(`
    const sender = childCalled(this.#postmaster(name), new RegExp(called))
    if (sender === undefined) throw new Error(`${name} sends nothing to ${to}`)
    process.kill(sender, 'SIGSTOP')
  }

  /** A program that was killed is started again after a second. */
  signalProgram(name: string, program: 'etcd' | 'patroni', how: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.#running.find(({ member }) => member.name === name)?.pidOf(program)
    if (pid === undefined) throw new Error(`${program} of ${name} does not run`)
    process.kill(pid, how)
  }

  async end(): Promise<void> {
    for (const each of this.#running) {
      each.kill()
      try {
        this.signal(each.member.name, 'SIGKILL')
      } catch {
        // It has none.
      }
    }
    await systemRuntime.sleep(200)
    this.machines.remove()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** As the first that answers has it. */
  #states(): Promise<MemberState[]> {
    return Promise.any(this.#plan.members.map(each => membersOf(systemRuntime, each, join(this.folder, each.name))))
  }

  #postmaster(name: string): number {
    const file = join(this.#member(name).data, 'postgresql/postmaster.pid')
    return Number(readFileSync(file, 'utf8').split('\n')[0])
  }

  #member(name: string): Member {
    const found = this.#plan.members.find(each => each.name === name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }
}

function rolesOf(states: readonly MemberState[]): Whole {
  const as = (...roles: string[]) => states.find(({ role }) => roles.includes(role))?.name ?? ''
  return { leader: as('leader'), standby: as('sync_standby'), third: as('replica') }
}
