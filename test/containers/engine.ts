/** A container engine for the test: one that runs already, or Debian's `dockerd` started by hand in a folder of the test's own. */
import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemRuntime } from '../../src/runtime.ts'

const execute = promisify(execFile)

/** Longer than anything that is only asked for takes on a busy machine. */
const answerMs = 120_000

export interface Engine {
  /** Runs a command of `docker` and shows what it says. @throws when it fails */
  docker(...args: string[]): Promise<void>
  /** The same of `docker-compose`. */
  compose(...args: string[]): Promise<void>
  /** What a command of `docker` answers. `typed`: its standard input. @throws when it fails, with what it wrote */
  ask(args: readonly string[], typed?: string): Promise<string>
  /** Whether a command of `docker` succeeds. */
  can(...args: string[]): Promise<boolean>
  stop(): Promise<void>
}

/** What it may do to the machine's network: nothing, where containers use that as it is; bridges and published ports, in a network of its own. */
export type Reach = 'machine' | 'own-network'

export async function runningEngine(): Promise<Engine | undefined> {
  const engine = engineAt({}, async () => {})
  return (await engine.can('info')) ? engine : undefined
}

/** @param folder keeps its images from one engine to the next @throws where none can run */
export async function startEngine(folder: string, reach: Reach): Promise<Engine> {
  if (process.getuid?.() !== 0) throw new Error('no container engine runs here, and starting one takes root')
  const socket = `unix://${join(folder, 'docker.sock')}`
  const places = { 'data-root': 'engine', 'exec-root': 'exec', pidfile: 'pid' }
  const args = Object.entries(places).flatMap(([option, name]) => [`--${option}`, join(folder, name)])
  // The machine's packet filter is left alone.
  if (reach === 'machine') args.push('--bridge', 'none', '--iptables=false', '--ip-forward=false')
  const child = spawn('dockerd', [...args, '--host', socket], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    log = (log + text).slice(-4_000)
  })
  const ended = new Promise<void>(resolve => {
    child.once('error', error => {
      log += error.message
      resolve()
    })
    child.once('close', () => resolve())
  })
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    // dockerd leaves its handle on its network mounted.
    await execute('umount', [join(folder, 'exec/netns/default')]).catch(() => {})
  }
  const engine = engineAt({ DOCKER_HOST: socket }, stop)
  for (let attempt = 0; attempt < 120 && child.exitCode === null; attempt++) {
    const version = await engine.ask(['info', '--format', '{{.ServerVersion}}']).catch(() => '')
    if (version.trim()) {
      process.stdout.write(`dockerd ${version.trim()} started by hand, ${said[reach]}\n`)
      return engine
    }
    await systemRuntime.sleep(500)
  }
  await stop()
  throw new Error(`no container engine can run here:\n${log}`)
}

const said: Readonly<Record<Reach, string>> = {
  machine: 'on the network of this machine',
  'own-network': 'in a network namespace of its own',
}

function engineAt(place: NodeJS.ProcessEnv, stop: () => Promise<void>): Engine {
  // The classic builder: Debian's docker.io brings no other.
  const env = { ...process.env, DOCKER_BUILDKIT: '0', ...place }
  const ask = async (args: readonly string[], typed = '') => {
    const asked = execute('docker', [...args], { env, timeout: answerMs, maxBuffer: 64 << 20 })
    // One that reads nothing may have ended before.
    asked.child.stdin?.on('error', () => {}).end(typed)
    return (await asked).stdout
  }
  return {
    docker: (...args) => passOn('docker', args, env),
    compose: (...args) => passOn('docker-compose', args, env),
    ask,
    can: (...args) =>
      ask(args).then(
        () => true,
        () => false,
      ),
    stop,
  }
}

let interrupted = false
let interrupt = () => {}
/** Ends the program that is under way, so that what was started is taken down in order. */
export function interruptOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      interrupted = true
      interrupt()
    })
}

/** Waits for something, asked once a second. @throws when it did not come in time, or the test was interrupted */
export async function until(what: string, withinMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineAt = performance.now() + withinMs
  while (!(await isSo())) {
    if (interrupted) throw new Error('interrupted')
    if (performance.now() > deadlineAt) throw new Error(`${what}: not within ${withinMs / 1000} s`)
    await systemRuntime.sleep(1_000)
  }
}

/** The id of a service's container. */
export async function containerOf(engine: Engine, project: string, service: string): Promise<string> {
  const labels = [`com.docker.compose.project=${project}`, `com.docker.compose.service=${service}`]
  const filters = labels.flatMap(label => ['--filter', `label=${label}`])
  return (await engine.ask(['ps', '--all', '--quiet', ...filters])).trim()
}

/** Runs a program and shows what it says. @throws when it fails */
export function passOn(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
    interrupt = () => child.kill('SIGTERM')
    child.once('error', reject)
    child.once('close', code =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args[0]} ended with ${code}`)),
    )
  })
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** @throws when it is not so: the test has failed */
export function hold(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`not so: ${what}`)
  say(`  ✓ ${what}`)
}
