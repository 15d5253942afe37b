/** `npm start` in a container of Debian 13 that has Node and the checkout, and nothing else; called by the console's phone and by a softphone. */
import { join } from 'node:path'
import { systemRuntime } from '../../src/runtime.ts'
import { freePort } from '../../src/switch/ports.ts'
import { call } from './call.ts'
import { type Engine, hold, say, until } from './engine.ts'
import { ensureBase, makeContext } from './images.ts'

const name = 'tonebank-test-debian-13'
/** Packages are fetched, one of them is compiled, the prompts are rendered. */
const startedWithinMs = 30 * 60_000

export async function runOnDebian13(engine: Engine, folder: string): Promise<void> {
  await ensureBase(engine, folder, 'trixie')
  const context = makeContext(folder)
  const dockerfile = join(context, 'test/containers/debian-13.Dockerfile')
  await engine.docker('build', '--network', 'host', '--file', dockerfile, '--tag', name, context)
  const port = await freePort(systemRuntime, 'udp', '127.0.0.1')
  const startedAtMs = performance.now()
  await engine.docker(
    'run',
    '--detach',
    '--network',
    'host',
    '--name',
    name,
    name,
    'npm',
    'start',
    '--',
    '--port',
    `${port}`,
  )
  try {
    const inside = (...args: string[]) => engine.ask(['exec', name, ...args])
    say(`${(await inside('sh', '-c', '. /etc/os-release; echo "$PRETTY_NAME, Node $(node --version)"')).trim()}`)
    await until('npm start says where to begin', startedWithinMs, async () => {
      if ((await engine.ask(['inspect', '--format', '{{.State.Running}}', name])).trim() !== 'true')
        throw new Error('npm start has ended')
      return /^Begin at http/m.test(await engine.ask(['logs', name]))
    })
    hold(true, `npm start takes calls after ${Math.round((performance.now() - startedAtMs) / 1000)} s`)
    await callFromConsole(engine)
    await call(engine, name, 'data')
  } finally {
    await engine.docker('logs', '--tail', '60', name).catch(() => {})
    await engine.docker('rm', '--force', '--volumes', name)
  }
}

/** Signs in and asks for the balance; the console shows what the line says. */
async function callFromConsole(engine: Engine): Promise<void> {
  const saved = JSON.parse(await engine.ask(['exec', name, 'cat', 'data/institutions/customers.json']))
  const { account, pin } = saved.customers[0]
  const keys = `1\n${account}#\n${pin}\n1\n`
  const screen = await engine.ask(
    ['exec', '--interactive', name, 'npm', 'run', '--silent', 'phone', '--', '9001'],
    keys,
  )
  const balance = /Your balance is [^\n]*yuan/.exec(screen)?.[0]
  hold(screen.includes('Welcome to Harbour Bank'), '9001, dialled with the console’s phone, welcomes its caller')
  hold(balance !== undefined, `and tells who signs in: ${balance}`)
}
