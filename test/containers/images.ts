/** The images: made from the checkout, and of what size and of whom they are. */
import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mirrorAmong } from '../../setup/archive.mjs'
import { root } from '../calls/harness/asterisk.ts'
import { type Engine, hold, passOn, say } from './engine.ts'

const execute = promisify(execFile)

/** What there is to read of Debian's own `-slim` images: packages without their pages, and licences of all. */
const slim = ['exclude=/usr/share/doc/*', 'include=/usr/share/doc/*/copyright', 'exclude=/usr/share/man/*'].concat([
  'exclude=/usr/share/info/*',
  'exclude=/usr/share/locale/*',
])

const asteriskBytesAtMost = 350e6

/** The checkout without what .dockerignore leaves out, and the certificate that this network needs, if it needs one. */
export function makeContext(folder: string): string {
  const context = join(folder, 'context')
  if (existsSync(context)) return context
  mkdirSync(context)
  const left = new Set(['.git', '.cache', 'node_modules', 'data', 'coverage'].map(name => join(root, name)))
  cpSync(root, context, { recursive: true, filter: path => !left.has(path) })
  const certificate = process.env['NODE_EXTRA_CA_CERTS']
  if (certificate && existsSync(certificate)) copyFileSync(certificate, join(context, 'extra-ca.crt'))
  return context
}

/** It is of the checkout as it was. */
export function forgetContext(folder: string): void {
  rmSync(join(folder, 'context'), { recursive: true, force: true })
}

/** Pulled where a registry can be reached; otherwise made from the machine's own Debian mirror. */
export async function ensureBase(
  engine: Engine,
  folder: string,
  release: 'forky' | 'trixie' | 'bookworm',
): Promise<void> {
  const image = `debian:${release}-slim`
  if ((await engine.can('image', 'inspect', image)) || (await engine.can('pull', image))) return
  say(`no registry within reach: making ${image} from the Debian mirror`)
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
    ...slim.map(path => `--dpkgopt=path-${path}`),
    // Otherwise every package that an image installs stays in it a second time.
    '--customize-hook=printf \'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };\\n\' >"$1/etc/apt/apt.conf.d/docker-clean"',
  ]
  await passOn('mmdebstrap', [...options, release, tarball, mirror])
  await engine.docker('import', tarball, image)
  rmSync(tarball)
}

export async function buildImages(engine: Engine, folder: string): Promise<void> {
  await ensureBase(engine, folder, 'forky')
  const context = makeContext(folder)
  for (const [target, image] of [['asterisk', 'tonebank-asterisk'] as const, ['tonebank', 'tonebank'] as const]) {
    const startedAtMs = performance.now()
    const dockerfile = join(context, 'asterisk-conf/Dockerfile')
    await engine.docker('build', '--network', 'host', '--file', dockerfile, '--target', target, '--tag', image, context)
    const [user, bytes] = (await engine.ask(['image', 'inspect', '--format', '{{.Config.User}} {{.Size}}', image]))
      .trim()
      .split(' ')
    const seconds = Math.round((performance.now() - startedAtMs) / 1000)
    say(`${image}: ${Math.round(Number(bytes) / 1e6)} MB, built in ${seconds} s`)
    hold(user === 'tonebank', `${image} runs as the user ${user}`)
    if (target === 'asterisk') hold(Number(bytes) < asteriskBytesAtMost, 'Asterisk’s image is below 350 MB')
  }
}

/** Of the cluster's members. Not with the phase itself, which has a network of its own, where no mirror is. */
export async function buildBooks(engine: Engine, folder: string): Promise<void> {
  await ensureBase(engine, folder, 'bookworm')
  const context = makeContext(folder)
  const startedAtMs = performance.now()
  const dockerfile = join(context, 'asterisk-conf/books.Dockerfile')
  await engine.docker('build', '--network', 'host', '--file', dockerfile, '--tag', 'tonebank-books', context)
  const [user, bytes] = (
    await engine.ask(['image', 'inspect', '--format', '{{.Config.User}} {{.Size}}', 'tonebank-books'])
  )
    .trim()
    .split(' ')
  say(`tonebank-books: ${Math.round(Number(bytes) / 1e6)} MB, built in ${secondsSince(startedAtMs)} s`)
  hold(user === 'tonebank', `tonebank-books runs as the user ${user}`)
}

const secondsSince = (startedAtMs: number) => Math.round((performance.now() - startedAtMs) / 1000)
