/** compose.cluster.yaml: called at machine one, and at machine two after machine one and the leading PostgreSQL were killed. */
import { join } from 'node:path'
import { call } from './call.ts'
import { containerOf, type Engine, hold, say, until } from './engine.ts'
import { ensureBase, makeContext } from './images.ts'

const project = 'tonebank-test-cluster'
const members = ['books-1', 'books-2', 'books-3'] as const
/** Prompts are rendered. */
const upWithinMs = 900_000
const takenOverWithinMs = 180_000

export async function runCluster(engine: Engine, folder: string): Promise<void> {
  await ensureBase(engine, folder, 'bookworm')
  const context = makeContext(folder)
  const dockerfile = join(context, 'asterisk-conf/books.Dockerfile')
  await engine.docker('build', '--network', 'host', '--file', dockerfile, '--tag', 'tonebank-books', context)
  const compose = (...args: string[]) =>
    engine.compose('--project-name', project, '--file', join(context, 'compose.cluster.yaml'), ...args)
  const idOf = (service: string) => containerOf(engine, project, service)
  const startedAtMs = performance.now()
  try {
    // Waits for each that another one waits for.
    await compose('up', '--detach', '--no-build')
    const [one, two] = [await idOf('machine-one'), await idOf('machine-two')]
    for (const service of [
      'etcd-1',
      'etcd-2',
      'etcd-3',
      ...members,
      'asterisk-one',
      'machine-one',
      'asterisk-two',
      'machine-two',
    ])
      await untilHealthy(engine, service, await idOf(service))
    await until('machine one serves', upWithinMs, () => isReady(engine, one))
    say(`all services are up after ${secondsSince(startedAtMs)} s`)
    await call(engine, one, '/data')
    hold(!(await isReady(engine, two)), 'machine two takes no calls while machine one serves')

    const leader = await leaderOf(engine, await idOf(members[0]))
    const killed = ['machine-one', 'asterisk-one', leader]
    const killedAtMs = performance.now()
    await engine.docker('kill', ...(await Promise.all(killed.map(idOf))))
    await until('machine two serves', takenOverWithinMs, () => isReady(engine, two))
    hold(true, `machine two takes calls ${secondsSince(killedAtMs)} s after ${killed.join(', ')} were killed`)
    const rest = members.find(name => name !== leader) ?? members[0]
    const next = await leaderOf(engine, await idOf(rest))
    hold(next !== leader, `${next} leads where ${leader} did`)
    await call(engine, two, '/data')
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

/** Its name, as a member says it. */
async function leaderOf(engine: Engine, id: string): Promise<string> {
  const list = ['patronictl', '-c', '/etc/tonebank-cluster/patroni.yaml', 'list', '--format', 'json']
  const states: { Member: string; Role: string }[] = JSON.parse(await engine.ask(['exec', id, ...list]))
  const leader = states.find(({ Role }) => Role === 'Leader')?.Member
  if (leader === undefined) throw new Error('nobody leads')
  return leader
}

const secondsSince = (startedAtMs: number) => Math.round((performance.now() - startedAtMs) / 1000)
