/**
 * compose.cluster.yaml: called and bought from at machine one; the leading PostgreSQL is killed while vouchers are sold, and machine one after it.
 * What was sold before is paid with at machine two.
 */
import { join } from 'node:path'
import { call } from './call.ts'
import { audit, type Buyer, balanceOf, buy, buyerOf, payWith, type Voucher } from './console.ts'
import { containerOf, type Engine, hold, say, until } from './engine.ts'
import { makeContext } from './images.ts'

const project = 'tonebank-test-cluster'
const members = ['books-1', 'books-2', 'books-3'] as const
const started = [
  ...['etcd-1', 'etcd-2', 'etcd-3', ...members],
  ...['asterisk-one', 'machine-one', 'asterisk-two', 'machine-two'],
]
/** Prompts are rendered. */
const upWithinMs = 900_000
/** Patroni's `ttl` is 20 s of it. */
const soldAgainWithinMs = 300_000
const takenOverWithinMs = 180_000

/** Takes the images that `images` and `books` build. */
export async function runCluster(engine: Engine, folder: string): Promise<void> {
  const file = join(makeContext(folder), 'compose.cluster.yaml')
  const compose = (...args: string[]) => engine.compose('--project-name', project, '--file', file, ...args)
  const idOf = (service: string) => containerOf(engine, project, service)
  const startedAtMs = performance.now()
  try {
    // Waits for each that another one waits for.
    await compose('up', '--detach', '--no-build')
    const [one, two] = [await idOf('machine-one'), await idOf('machine-two')]
    for (const service of started) await untilHealthy(engine, service, await idOf(service))
    hold(true, `all ${started.length} services are healthy ${secondsSince(startedAtMs)} s after up`)
    const at = { engine, ids: [one, two] as const }
    const begins = await together(at)
    hold(true, `one machine serves all institutions ${secondsSince(startedAtMs)} s after up`)
    await onlyTheLoopback(engine, one)
    await call(engine, begins, '/data')

    const buyer = await buyerOf(engine, one)
    const sold = [await buy(engine, begins, buyer), await buy(engine, begins, buyer)]
    hold(true, `${sold.length} vouchers are sold`)

    const leader = await leaderOf(engine, await idOf(members[0]))
    const rest = await Promise.all(members.filter(name => name !== leader).map(idOf))
    const witness = rest[0] ?? ''
    const leaderKilledAtMs = performance.now()
    await engine.docker('kill', await idOf(leader))
    sold.push(await soldAgain(at, buyer))
    const next = await leaderOf(engine, witness)
    hold(
      next !== leader,
      `a voucher is sold ${secondsSince(leaderKilledAtMs)} s after ${leader} was killed; ${next} leads`,
    )
    const dying = await together(at)
    await compose('start', leader)
    const backAtMs = performance.now()
    await until(`${leader} follows`, takenOverWithinMs, () => isWhole(engine, witness))
    hold(true, `${leader} follows ${secondsSince(backAtMs)} s after it was started again`)

    const [first, second] = dying === two ? (['two', 'one'] as const) : (['one', 'two'] as const)
    const heir = dying === two ? one : two
    const balance = await balanceOf(engine, dying, buyer)
    const machineKilledAtMs = performance.now()
    await engine.docker('kill', dying, await idOf(`asterisk-${first}`))
    await until(`machine ${second} serves`, takenOverWithinMs, () => isReady(engine, heir))
    hold(true, `machine ${second} takes calls ${secondsSince(machineKilledAtMs)} s after machine ${first} was killed`)
    await call(engine, heir, '/data')
    const now = await balanceOf(engine, heir, buyer)
    hold(now === balance, `the buyer has ${now} there, as before`)
    for (const voucher of sold) await payWith(engine, heir, voucher)
    hold(true, `each of the ${sold.length} vouchers is paid with there`)
    await audit(engine, heir)
  } finally {
    await compose('logs', '--tail', '40').catch(() => {})
    await compose('down', '--volumes', '--timeout', '60')
  }
}

async function untilHealthy(engine: Engine, service: string, id: string): Promise<void> {
  await until(`${service} is healthy`, upWithinMs, async () => {
    const health = (await engine.ask(['inspect', '--format', '{{.State.Health.Status}}', id])).trim()
    if (health === 'unhealthy') throw new Error(`${service} is unhealthy`)
    return health === 'healthy'
  })
}

/** Whether each of its institutions takes new calls. */
const isReady = (engine: Engine, id: string): Promise<boolean> =>
  engine.can('exec', id, 'node', 'bin/tonebank.mjs', 'status', '--ready', '--config', '/data/tonebank.yaml')

/** Those that take calls on a machine, by their ids, and how many there are. */
async function servedBy(
  engine: Engine,
  id: string,
): Promise<{ readonly served: readonly string[]; readonly of: number }> {
  const lines = (
    await engine.ask(['exec', id, 'node', 'bin/tonebank.mjs', 'status', '--config', '/data/tonebank.yaml'])
  )
    .trim()
    .split('\n')
  const served = lines.filter(line => line.includes('takes calls')).map(line => line.slice(0, line.indexOf(':')))
  return { served, of: lines.length }
}

interface Machines {
  readonly engine: Engine
  readonly ids: readonly [string, string]
}

async function together(machines: Machines): Promise<string> {
  let found: string | undefined
  await until('one machine serves all institutions', upWithinMs, async () => {
    found = await gathered(machines)
    return found !== undefined
  })
  return found ?? ''
}

/**
 * The machine that serves all institutions, if one does. Each has a lease of its own, and the demonstration's reach each other on one machine alone:
 * where a lease ran out, as this machine was too busy or PostgreSQL away, and the other machine took it, that one is started again.
 */
async function gathered({ engine, ids }: Machines): Promise<string | undefined> {
  const [one, two] = ids
  const [ofOne, ofTwo] = [await servedBy(engine, one), await servedBy(engine, two)]
  const [mine, others] = [ofOne.served.length, ofTwo.served.length]
  if (mine + others !== ofOne.of) return undefined
  if (mine === 0 || others === 0) return others === 0 ? one : two
  say(`  machine one serves ${ofOne.served.join(', ')}; machine two ${ofTwo.served.join(', ')}`)
  await engine.docker('restart', '--time', '30', mine < others ? one : two)
  return undefined
}

interface State {
  readonly Member: string
  readonly Role: string
  readonly State: string
}

/** As a member says it. */
async function statesOf(engine: Engine, id: string): Promise<readonly State[]> {
  const list = ['patronictl', '-c', '/etc/tonebank-cluster/patroni.yaml', 'list', '--format', 'json']
  return JSON.parse(await engine.ask(['exec', id, ...list]))
}

async function leaderOf(engine: Engine, id: string): Promise<string> {
  const leader = (await statesOf(engine, id)).find(({ Role }) => Role === 'Leader')?.Member
  if (leader === undefined) throw new Error('nobody leads')
  return leader
}

async function isWhole(engine: Engine, id: string): Promise<boolean> {
  const states = await statesOf(engine, id).catch(() => [])
  const roles = states.map(({ Role }) => Role)
  const isSo = states.every(({ State }) => State === 'running' || State === 'streaming')
  return isSo && states.length === members.length && roles.includes('Leader') && roles.includes('Sync Standby')
}

/** Whichever machine serves: tried until a voucher is told. */
async function soldAgain(machines: Machines, buyer: Buyer): Promise<Voucher> {
  let sold: Voucher | undefined
  await until('a voucher is sold again', soldAgainWithinMs, async () => {
    for (const id of machines.ids) sold ??= await buy(machines.engine, id, buyer).catch(() => undefined)
    if (sold !== undefined) return true
    await gathered(machines).catch(() => undefined)
    return false
  })
  if (sold === undefined) throw new Error('no voucher was sold')
  return sold
}

/** All containers are in the machine's network, which is seen from any; theirs is what their user opened. */
async function onlyTheLoopback(engine: Engine, id: string): Promise<void> {
  const tables = ['tcp', 'tcp6', 'udp', 'udp6'].map(name => `/proc/net/${name}`)
  const listening = (await engine.ask(['exec', id, 'cat', ...tables]))
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    // Listening, or of UDP and not connected.
    .filter(({ 3: state, 7: user }) => (state === '0A' || state === '07') && user === ownUser)
    // Of UDP, those that programs of ours ask names from have no port of their own, and are told nothing else.
    .filter(
      ({ 1: local = '', 3: state }) => state === '0A' || Number.parseInt(local.split(':')[1] ?? '', 16) < ephemeral,
    )
    .map(([, local = '']) => local)
  const elsewhere = listening.filter(local => !loopback.test(local))
  if (elsewhere.length > 0) throw new Error(`something listens at ${elsewhere.join(', ')}`)
  hold(listening.length > 0, `${listening.length} ports are open, all of them on the loopback`)
}

const ownUser = '10001'
/** The first that Linux draws where none is said. */
const ephemeral = 32_768
/** As the kernel writes 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104, each word in the order of this machine's bytes. */
const loopback = /^(.{6}7F|0{24}01000000|0{16}FFFF0000.{6}7F):/

const secondsSince = (startedAtMs: number) => Math.round((performance.now() - startedAtMs) / 1000)
