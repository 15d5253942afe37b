/**
 * `npm run test:containers`: builds both images, composes them, and calls into them with a real softphone, counting RTP
 * packets, because a SIP 200 proves nothing. Not part of `npm test`. Ends with a status other than 0 where no container
 * engine can run.
 */
import { execFile, spawn } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mirrorAmong } from '../../setup/archive.mjs'
import { systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import { root } from '../calls/harness/asterisk.ts'
import { startPhone } from '../calls/harness/baresip.ts'

const execute = promisify(execFile)
const baseImage = 'debian:forky-slim'
const project = 'tonebank-test'
/** Two minutes compile better-sqlite3, one renders the prompts. */
const upWithinMs = 300_000

interface Engine {
  readonly environment: NodeJS.ProcessEnv
  stop(): Promise<void>
}

async function main(folder: string): Promise<void> {
  const engine = await findEngine(folder)
  try {
    const docker = (...args: string[]) => passOn('docker', args, engine.environment)
    await ensureBaseImage(folder, docker, engine)
    const context = makeContext(folder)
    for (const target of ['asterisk', 'tonebank']) {
      const dockerfile = join(context, 'asterisk-conf/Dockerfile')
      const tag = target === 'asterisk' ? 'tonebank-asterisk' : 'tonebank'
      await docker('build', '--network', 'host', '--file', dockerfile, '--target', target, '--tag', tag, context)
    }
    const compose = (...args: string[]) =>
      passOn(
        'docker-compose',
        ['--project-name', project, '--file', join(context, 'compose.yaml'), ...args],
        engine.environment,
      )
    try {
      await compose('up', '--detach', '--no-build')
      await untilHealthy(engine)
      await call(engine)
    } finally {
      await compose('logs', '--tail', '40').catch(() => {})
      await compose('down', '--volumes', '--timeout', '20')
    }
  } finally {
    await engine.stop()
  }
}

/** An engine that runs already; otherwise, as root, Debian's dockerd started by hand in a folder of the test's own. */
async function findEngine(folder: string): Promise<Engine> {
  const running = await execute('docker', ['info'], { timeout: 10_000 }).then(
    () => true,
    () => false,
  )
  if (running) return { environment: {}, stop: async () => {} }
  if (process.getuid?.() !== 0) throw new Error('no container engine runs here, and starting one takes root')
  const socket = `unix://${join(folder, 'docker.sock')}`
  const places = [
    '--data-root',
    join(folder, 'engine'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
  ]
  // Host networking is all that is tested: no bridge is made, and the machine's packet filter is left alone.
  const untouched = ['--bridge', 'none', '--iptables=false', '--ip-forward=false']
  const child = spawn('dockerd', [...places, ...untouched, '--host', socket], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    log = (log + text).slice(-4_000)
  })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  const environment = { DOCKER_HOST: socket }
  for (let attempt = 0; attempt < 60 && child.exitCode === null; attempt++) {
    const answers = await execute('docker', ['info', '--format', '{{.ServerVersion}}'], {
      env: { ...process.env, ...environment },
    }).catch(() => undefined)
    if (answers?.stdout.trim()) {
      process.stdout.write(`dockerd ${answers.stdout.trim()} started by hand\n`)
      return {
        environment,
        async stop() {
          child.kill('SIGTERM')
          await ended
          // dockerd leaves its handle on the machine's own network mounted.
          await execute('umount', [join(folder, 'exec/netns/default')]).catch(() => {})
        },
      }
    }
    await systemRuntime.sleep(500)
  }
  child.kill('SIGTERM')
  await ended
  throw new Error(`no container engine can run here:\n${log}`)
}

/** Pulled where a registry can be reached; otherwise made from the machine's own Debian mirror. */
async function ensureBaseImage(
  folder: string,
  docker: (...args: string[]) => Promise<void>,
  engine: Engine,
): Promise<void> {
  const env = { ...process.env, ...engine.environment }
  const quietly = (...args: string[]) =>
    execute('docker', args, { env, timeout: 120_000 }).then(
      () => true,
      () => false,
    )
  if ((await quietly('image', 'inspect', baseImage)) || (await quietly('pull', baseImage))) return
  process.stdout.write(`no registry within reach: making ${baseImage} from the Debian mirror\n`)
  const { stdout } = await execute('apt-get', ['update', '--print-uris'])
  const codename = readFileSync('/etc/os-release', 'utf8').match(/^VERSION_CODENAME=(\S+)/m)?.[1]
  const mirror = mirrorAmong(stdout, codename)
  if (!mirror) throw new Error('this machine’s package sources name no Debian mirror')
  const tarball = join(folder, 'base.tar')
  const options = [
    '--variant=minbase',
    '--mode=root',
    '--keyring=/usr/share/keyrings/debian-archive-keyring.gpg',
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--aptopt=APT::Install-Recommends "false"',
    // Otherwise every package that an image installs stays in it a second time.
    '--customize-hook=printf \'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };\\n\' >"$1/etc/apt/apt.conf.d/docker-clean"',
  ]
  await passOn('mmdebstrap', [...options, 'forky', tarball, mirror], {})
  await docker('import', tarball, baseImage)
  rmSync(tarball)
}

/** The checkout without what .dockerignore leaves out, and the certificate that this network needs, if it needs one. */
function makeContext(folder: string): string {
  const context = join(folder, 'context')
  mkdirSync(context)
  const left = new Set(['.git', '.cache', 'node_modules', 'data', 'coverage'].map(name => join(root, name)))
  cpSync(root, context, { recursive: true, filter: path => !left.has(path) })
  const certificate = process.env['NODE_EXTRA_CA_CERTS']
  if (certificate && existsSync(certificate)) copyFileSync(certificate, join(context, 'extra-ca.crt'))
  return context
}

async function untilHealthy({ environment }: Engine): Promise<void> {
  const startedAtMs = performance.now()
  for (const service of ['asterisk', 'tonebank']) {
    for (;;) {
      const { stdout } = await execute(
        'docker',
        ['ps', '--all', '--filter', `label=com.docker.compose.service=${service}`, '--format', '{{.Status}}'],
        { env: { ...process.env, ...environment } },
      )
      if (stdout.includes('(healthy)')) break
      if (interrupted) throw new Error('interrupted')
      if (performance.now() - startedAtMs > upWithinMs) throw new Error(`${service} is not healthy: ${stdout}`)
      await systemRuntime.sleep(1_000)
    }
    process.stdout.write(`${service} is healthy after ${Math.round((performance.now() - startedAtMs) / 1000)} s\n`)
  }
}

/** Calls the bank and listens for five seconds. */
async function call({ environment }: Engine): Promise<void> {
  const env = { ...process.env, ...environment }
  const { stdout: id } = await execute(
    'docker',
    ['ps', '--quiet', '--filter', 'label=com.docker.compose.service=tonebank'],
    { env },
  )
  const { stdout } = await execute('docker', ['exec', id.trim(), 'cat', '/data/switch/installation.json'], { env })
  const { ports, phonePasswords } = JSON.parse(stdout)
  const [user = '', password = ''] = Object.entries<string>(phonePasswords)[0] ?? []
  const phone = await startPhone({
    server: { host: '127.0.0.1', port: ports.sip },
    account: { user, password: new Secret(password) },
  })
  await phone.dial('9001')
  await systemRuntime.sleep(5_000)
  await phone.hangUp()
  const { heard, packets } = await phone.quit()
  const loudest = (heard[0] ?? new Int16Array()).reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)
  process.stdout.write(`RTP packets: ${packets.received} received, ${packets.sent} sent; loudest sample ${loudest}\n`)
  if (packets.received < 150 || packets.sent < 150) throw new Error('the call was answered, but audio did not flow')
  if (loudest < 1_000) throw new Error('the call was answered with silence')
}

/** Ends the program that is under way, so that what was started is taken down in order. */
let interrupted = false
let interrupt = () => {}

/** Runs a program and shows what it says. */
function passOn(command: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    // The classic builder: Debian's docker.io brings no other.
    const env = { ...process.env, DOCKER_BUILDKIT: '0', ...environment }
    const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
    interrupt = () => child.kill('SIGTERM')
    child.once('error', reject)
    child.once('close', code =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args[0]} ended with ${code}`)),
    )
  })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    interrupted = true
    interrupt()
  })
const folder = mkdtempSync(join(tmpdir(), 'tonebank-containers-'))
try {
  await main(folder)
  process.stdout.write('1 passed, 0 failed\n')
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.stdout.write('0 passed, 1 failed\n')
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
