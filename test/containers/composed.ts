/** The two containers together, as compose.yaml runs them: called, and shown to be able to do little else. */
import { join } from 'node:path'
import { call } from './call.ts'
import { containerOf, type Engine, hold, say, until } from './engine.ts'

const project = 'tonebank-test'
const promptsVolume = `${project}_prompts`

/** A minute renders the prompts; several where the machine has other work. */
const upWithinMs = 900_000

const services = ['asterisk', 'tonebank'] as const
type Service = (typeof services)[number]

/** Both of them, on the network of the machine or behind published ports. */
export async function runComposed(engine: Engine, context: string, files: readonly string[]): Promise<void> {
  const named = files.flatMap(file => ['--file', join(context, file)])
  const compose = (...args: string[]) => engine.compose('--project-name', project, ...named, ...args)
  // A phase before this one may have rendered them.
  const areMade = await engine.can('volume', 'inspect', promptsVolume)
  try {
    await compose('up', '--detach', '--no-build')
    const ids = await containers(engine)
    await untilHealthy(engine, ids, areMade)
    await call(engine, ids.tonebank, '/data')
    for (const service of services) await confined(engine, service, ids[service])
    const seen = await engine.ask(['exec', ids.asterisk, 'ls', '-A', '/data'])
    hold(seen.trim() === 'switch', 'Asterisk’s container has its own configuration, and neither books nor keys')
    // Behind published ports Tonebank lives in the network of Asterisk's container, which goes with it.
    if (!files.includes('compose.published.yaml')) await healthIsAsked(engine, ids, compose)
  } finally {
    await compose('logs', '--tail', '40').catch(() => {})
    await compose('down', '--timeout', '20')
    await engine.docker('volume', 'rm', `${project}_data`, `${project}_switch`)
  }
}

/** What the phases leave to each other. */
export async function forgetPrompts(engine: Engine): Promise<void> {
  if (await engine.can('volume', 'inspect', promptsVolume)) await engine.docker('volume', 'rm', promptsVolume)
}

async function containers(engine: Engine): Promise<Readonly<Record<Service, string>>> {
  const idOf = (service: Service) => containerOf(engine, project, service)
  return { asterisk: await idOf('asterisk'), tonebank: await idOf('tonebank') }
}

async function untilHealthy(engine: Engine, ids: Readonly<Record<Service, string>>, areMade: boolean): Promise<void> {
  const startedAtMs = performance.now()
  for (const service of services) {
    const health = () => engine.ask(['inspect', '--format', '{{.State.Health.Status}}', ids[service]])
    let before = ''
    await until(`${service} is healthy`, upWithinMs, async () => {
      const now = (await health()).trim()
      if (now !== before && before !== '') say(`${service} is ${now} after ${secondsSince(startedAtMs)} s`)
      before = now
      if (now === 'unhealthy') throw new Error(`${service} was called unhealthy before it had started`)
      return now === 'healthy'
    })
    // Otherwise its start waits for the prompts, and whoever watches it calls it dead on a busy machine.
    if (service === 'asterisk' && !areMade) {
      const isRendered = await engine.can('exec', ids.tonebank, 'test', '-f', '/app/.cache/prompts/current')
      hold(!isRendered, 'Asterisk is up while the prompts are still being made')
    }
  }
}

/** What a container may do is asked of it, the last of it as its root. */
async function confined(engine: Engine, service: Service, id: string): Promise<void> {
  const status = await engine.ask(['exec', id, 'cat', '/proc/1/status'])
  const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1]?.trim() ?? 'not said'
  const [user] = field('Uid').split(/\s+/)
  hold(user === '10001', `${service} runs as user ${user}`)
  const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map(field)
  hold(new Set(sets).size === 1 && /^0+$/.test(sets[0] ?? ''), `${service} has no capability in any of five sets`)
  hold(field('NoNewPrivs') === '1', `${service} can gain no privilege`)
  const refused: string[] = []
  for (const folder of ['/', '/etc', '/usr/bin', '/usr/local/bin', '/var/lib', '/var/tmp', '/root', '/home', '/opt']) {
    // As root, who may write wherever the file system takes it.
    const error = await failure(engine, ['exec', '--user', '0', id, 'touch', `${folder}/probe`])
    if (!error.includes('Read-only file system')) throw new Error(`${service}: ${folder} takes a file: ${error}`)
    refused.push(folder)
  }
  hold(true, `${service} refuses its root a file in ${refused.join(', ')}`)
  const run = 'cp /bin/true /tmp/probe && chmod 700 /tmp/probe && /tmp/probe'
  const error = await failure(engine, ['exec', id, 'sh', '-c', run])
  hold(error.includes('Permission denied'), `${service} may write in /tmp, and start nothing there`)
}

/** What a command wrote that failed; of one that did not, that. */
const failure = (engine: Engine, args: readonly string[]): Promise<string> =>
  engine.ask(args).then(
    () => 'it succeeded',
    (error: unknown) => String(error),
  )

/** Whether it is healthy is what it answers now, not that it has started once. */
async function healthIsAsked(
  engine: Engine,
  ids: Readonly<Record<Service, string>>,
  compose: (...args: string[]) => Promise<void>,
): Promise<void> {
  const asked = JSON.parse(await engine.ask(['inspect', '--format', '{{json .Config.Healthcheck.Test}}', 'tonebank']))
  const isReady = () => engine.can('exec', ids.tonebank, 'sh', '-c', asked[1])
  hold(await isReady(), `what the health check asks is so: ${asked[1]}`)
  await compose('stop', 'asterisk')
  await until('without Asterisk it is not ready', 120_000, async () => !(await isReady()))
  const startedAtMs = performance.now()
  await compose('start', 'asterisk')
  await until('with Asterisk it is ready again', 240_000, isReady)
  hold(true, `without Asterisk Tonebank is not healthy, and again ${secondsSince(startedAtMs)} s after it is back`)
  await call(engine, ids.tonebank, '/data')
}

const secondsSince = (startedAtMs: number) => Math.round((performance.now() - startedAtMs) / 1000)
