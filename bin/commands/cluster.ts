/**
 * `tonebank cluster write`: what the machines of a cluster of PostgreSQL need, as files. `tonebank cluster demo`: such a cluster on the loopback with the
 * demonstration on two machines' worth of processes, thrown away when it is stopped.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { isWhole, membersOf } from '../../src/cluster/patroni.ts'
import { type ClusterPlan, drawPasswords, type Member, memberFiles, usualPorts } from '../../src/cluster/plan.ts'
import { RunningMember } from '../../src/cluster/running-member.ts'
import { writeCluster } from '../../src/cluster/write.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { closeAll } from '../../src/operations/close-all.ts'
import { places } from '../../src/operations/places.ts'
import { systemRuntime, withDeadline } from '../../src/runtime.ts'
import { freePort } from '../../src/switch/ports.ts'
import { makeMachines } from './cluster-machines.ts'

interface WriteOptions {
  readonly machine: readonly { readonly name: string; readonly address: string }[]
  readonly files: string
  readonly books: string
  readonly postgres: string
}

const openssl = 'openssl'
const scope = 'tonebank'

export async function write(folder: string, { machine, files, books, postgres }: WriteOptions): Promise<void> {
  if (machine.length < 3 || machine.length % 2 === 0)
    throw new CannotDo('say --machine three times, or another odd number: etcd decides by a majority')
  if (existsSync(folder)) throw new CannotDo(`${folder} is there already: its passwords are those of a cluster`)
  const members = machine.map(each => ({ ...each, ports: usualPorts, files, data: books }))
  const passwords = drawPasswords(systemRuntime)
  await writeCluster({ scope, members, postgresPrograms: postgres, passwords }, resolve(folder), openssl)
  process.stdout.write(`${folder} has a folder for each machine; docs/operating.md says where it goes.\n`)
}

const demoPrograms = '/usr/lib/postgresql/15/bin'
const debian = [join(demoPrograms, 'postgres'), '/usr/bin/patroni', '/usr/bin/etcd']
const wholeMs = 120_000
const servingMs = 180_000

export async function demo(): Promise<void> {
  const missing = debian.filter(program => !existsSync(program))
  if (missing.length > 0)
    throw new CannotDo(
      `there is no ${missing.join(', no ')}: apt-get install --no-install-recommends postgresql patroni etcd-server python3-idna`,
    )
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-cluster-'))
  const plan = await planned(folder)
  const running = plan.members.map(member => new RunningMember(systemRuntime, member))
  const machines: ChildProcess[] = []
  const stopped = untilSignalled(() => {
    for (const child of machines) killGroup(child)
    for (const each of running) each.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  try {
    await writeCluster(plan, folder, openssl)
    // PostgreSQL's user passes through it.
    chmodSync(folder, 0o711)
    for (const each of running) each.begin()
    say('etcd, Patroni and PostgreSQL start, three of each')
    if ((await Promise.race([untilWhole(plan, folder), stopped])) === undefined) return
    say('the institutions of the demonstration are made')
    await makeMachines(folder, () => freePort(systemRuntime, 'tcp', '127.0.0.1'))
    for (const name of ['one', 'two']) {
      say(`machine ${name} starts`)
      const { child, serves } = startMachine(name, join(folder, name))
      machines.push(child)
      const served = withDeadline(systemRuntime, `machine ${name}`, servingMs, serves)
      if ((await Promise.race([served, stopped])) === undefined) return
    }
    process.stdout.write(whatToTry(plan, folder, machines))
    await stopped
  } finally {
    say('stopping')
    await closeAll(systemRuntime, error => say(String(error)), [
      ...machines.map((child, i) => ({ what: `machine ${i + 1}`, close: () => ended(child), ms: 30_000 })),
      { what: 'the cluster', close: () => Promise.all(running.map(each => each.stop())), ms: 65_000 },
    ])
    rmSync(folder, { recursive: true, force: true })
  }
}

async function planned(folder: string): Promise<ClusterPlan> {
  const members: Member[] = []
  const port = () => freePort(systemRuntime, 'tcp', '127.0.0.1')
  for (const name of ['books-1', 'books-2', 'books-3']) {
    const ports = { postgres: await port(), patroni: await port(), etcdClients: await port(), etcdPeers: await port() }
    members.push({ name, address: '127.0.0.1', ports, files: join(folder, name), data: join(folder, `${name}-data`) })
  }
  return { scope, members, postgresPrograms: demoPrograms, passwords: drawPasswords(systemRuntime) }
}

async function untilWhole({ members }: ClusterPlan, folder: string): Promise<true> {
  const endMs = systemRuntime.monotonicMs() + wholeMs
  while (systemRuntime.monotonicMs() < endMs) {
    const asked = members.map(each => membersOf(systemRuntime, each, join(folder, each.name)))
    const states = await Promise.any(asked).catch(() => [])
    if (isWhole(states, members.length)) return true
    await systemRuntime.sleep(250)
  }
  throw new CannotDo(`the cluster did not come up within ${wholeMs / 1000} s: look at what else this machine does`)
}

function startMachine(name: string, folder: string): { readonly child: ChildProcess; readonly serves: Promise<true> } {
  const program = join(places.checkout, 'bin/tonebank.mjs')
  const args = [program, 'start', '--config', join(folder, 'tonebank.yaml')]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const serves = new Promise<true>((resolve, reject) => {
    const tell = (line: string) => {
      say(`${name}: ${line}`)
      if (line.startsWith('Begin at ')) resolve(true)
    }
    createInterface({ input: child.stdout }).on('line', tell)
    createInterface({ input: child.stderr }).on('line', tell)
    child.once('exit', code => reject(new CannotDo(`machine ${name} ended with ${code}`)))
  })
  return { child, serves }
}

/** Resolves at the first signal. At another one nobody waits for an orderly end: `kill` is called, and this process ends. */
function untilSignalled(kill: () => void): Promise<void> {
  return new Promise(stop => {
    let isStopping = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (isStopping) {
          try {
            kill()
          } finally {
            process.exit(1)
          }
        }
        isStopping = true
        stop()
      })
  })
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.kill('SIGINT')
  await gone
}

function whatToTry({ members }: ClusterPlan, folder: string, machines: readonly ChildProcess[]): string {
  const postgres = members.map(
    ({ name, data }) => `    kill -9 $(head -1 ${data}/postgresql/postmaster.pid)   # ${name}`,
  )
  const patroni = join(folder, members[0]?.name ?? '', memberFiles.patroni)
  return `
Machine one serves, machine two stands by. Call a line of machine one, and meanwhile:

    patronictl -c ${patroni} list                 # who leads
${postgres.join('\n')}
    kill -9 -- -${machines[0]?.pid}                                    # all of machine one: call machine two

Ctrl-C stops all of it, and throws it away.
`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
