/**
 * Makes a bundle: programs taken out of unpacked Debian packages with exactly the libraries they load, in a folder that
 * can be moved, and that runs on any Linux of the architecture through its own loader. 263 MB of packages become 67 MB.
 *
 *     <bundle>/bin/<program>    a launcher to start by hand
 *     <bundle>/lib/             the loader, and every library of the closure
 *     <bundle>/libexec/         the programs themselves
 *     <bundle>/modules/, share/ what the programs load and read
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Stop } from './progress.mjs'
import { mustRun } from './run.mjs'

/** Debian's architecture → the folder of its libraries, and the loader that the ABI names. */
const architectures = new Map([
  ['amd64', { triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' }],
  ['arm64', { triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' }],
  ['armhf', { triplet: 'arm-linux-gnueabihf', loader: 'ld-linux-armhf.so.3' }],
  ['ppc64el', { triplet: 'powerpc64le-linux-gnu', loader: 'ld64.so.2' }],
  ['riscv64', { triplet: 'riscv64-linux-gnu', loader: 'ld-linux-riscv64-lp64d.so.1' }],
  ['s390x', { triplet: 's390x-linux-gnu', loader: 'ld64.so.1' }],
])

/** @param {string} architecture */
export function platformOf(architecture) {
  const platform = architectures.get(architecture)
  if (platform) return platform
  throw new Stop(`Asterisk is not fetched for ${architecture}. Known: ${[...architectures.keys()].join(', ')}.`)
}

/**
 * Libraries that NSS, which libsrtp uses for its ciphers, loads by name when it starts: no closure shows them, and
 * without them Asterisk exits.
 */
const loadedByName = ['libsoftokn3.so', 'libfreebl3.so', 'libfreeblpriv3.so']

/** Read by nobody here, and a third of what the packages hold. */
const unread = ['./usr/share/doc/*', './usr/share/man/*', './usr/share/locale/*', './usr/share/info/*']

/**
 * Unpacks packages into one root folder, without running any of their scripts.
 * @param {string[]} debs
 * @param {string} root
 * @param {(detail: string) => void} report
 */
export async function unpack(debs, root, report) {
  mkdirSync(root, { recursive: true })
  // base-files first: it makes /bin, /lib and /sbin the links into /usr that the others expect to find.
  const ordered = [...debs].sort((a, b) => Number(isBaseFiles(b)) - Number(isBaseFiles(a)))
  const tarOptions = ['--keep-directory-symlink', '--no-same-owner', '--no-same-permissions']
  const without = unread.map(pattern => `--exclude=${pattern}`)
  for (const [index, deb] of ordered.entries()) {
    report(`${index + 1} of ${ordered.length} packages`)
    const tar = join(root, '..', 'package.tar')
    await mustRun('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" >"$2"', 'sh', deb, tar])
    await mustRun('tar', ['-x', '-f', tar, '-C', root, ...tarOptions, ...without])
  }
}

/** @param {string} deb */
const isBaseFiles = deb => basename(deb).startsWith('base-files_')

/**
 * @typedef {object} Contents what of an unpacked root goes into a bundle
 * @property {Record<string, string>} programs name → path below the root
 * @property {string[]} [modules] paths below the root; copied to `modules/`
 * @property {Record<string, string>} [share] name in `share/` → path below the root
 */

/**
 * @param {string} root of the unpacked packages
 * @param {string} bundle the folder to make
 * @param {string} architecture
 * @param {Contents} contents
 */
export async function makeBundle(root, bundle, architecture, { programs, modules = [], share = {} }) {
  const { triplet, loader } = platformOf(architecture)
  const libraries = join(root, 'usr/lib', triplet)
  for (const folder of ['bin', 'lib', 'libexec', 'modules', 'share'])
    mkdirSync(join(bundle, folder), { recursive: true })

  const copy = (/** @type {string} */ from, /** @type {string} */ to) =>
    cpSync(realpathSync(from), join(bundle, to), { recursive: true, verbatimSymlinks: true })
  for (const [name, path] of Object.entries(programs)) copy(join(root, path), `libexec/${name}`)
  for (const path of modules) copy(join(root, path), `modules/${basename(path)}`)
  for (const [name, path] of Object.entries(share)) copy(join(root, path), `share/${name}`)

  copy(join(libraries, loader), `lib/${loader}`)
  const needing = [
    ...Object.keys(programs).map(name => `libexec/${name}`),
    ...modules.map(path => `modules/${basename(path)}`),
  ]
  const byName = loadedByName.map(name => join(libraries, name)).filter(path => existsSync(path))
  const search = searchPath(libraries)
  for (const path of [...needing.map(path => join(bundle, path)), ...byName]) {
    for (const [soname, library] of await closure(join(libraries, loader), search, path)) {
      if (!existsSync(join(bundle, 'lib', soname))) copy(library, `lib/${soname}`)
    }
  }
  for (const path of byName) copy(path, `lib/${basename(path)}`)
  for (const name of Object.keys(programs)) writeLauncher(bundle, name, loader)
}

/**
 * Debian's folder of libraries with those right below it: some packages keep private libraries there and find them by
 * an absolute path that does not hold in an unpacked root.
 * @param {string} libraries
 */
function searchPath(libraries) {
  const below = readdirSync(libraries, { withFileTypes: true }).filter(entry => entry.isDirectory())
  return [libraries, ...below.map(({ name }) => join(libraries, name))].join(':')
}

/**
 * The libraries that a program or module names, with those that they name in turn.
 * @param {string} loader
 * @param {string} search folders, joined with `:`
 * @param {string} path
 * @returns {Promise<[soname: string, path: string][]>}
 */
async function closure(loader, search, path) {
  const { stdout } = await mustRun(loader, ['--library-path', search, '--list', path])
  return stdout.split('\n').flatMap(line => {
    const [, soname, at] = line.match(/^\s*(\S+) => (\S+)/) ?? []
    if (!soname || !at) return []
    if (at === 'not') throw new Stop(`${basename(path)} needs ${soname}, which no unpacked package holds.`)
    return [/** @type {[string, string]} */ ([soname, at])]
  })
}

/** Starts a program of the bundle through the bundle's own loader, from wherever the bundle lies. */
function writeLauncher(/** @type {string} */ bundle, /** @type {string} */ name, /** @type {string} */ loader) {
  const path = join(bundle, 'bin', name)
  writeFileSync(
    path,
    `#!/bin/sh
here=$(cd "$(dirname "$0")/.." && pwd)
exec "$here/lib/${loader}" --library-path "$here/lib" --argv0 ${name} "$here/libexec/${name}" "$@"
`,
  )
  chmodSync(path, 0o755)
}

/**
 * How to start a program of a bundle.
 * @param {string} bundle
 * @param {string} name
 * @returns {import('./tools.mjs').Tool}
 */
export function bundledTool(bundle, name) {
  const loader = readdirSync(join(bundle, 'lib')).find(file => file.startsWith('ld'))
  if (!loader) throw new Stop(`${bundle} holds no loader; delete that folder and start again.`)
  return {
    command: join(bundle, 'lib', loader),
    args: ['--library-path', join(bundle, 'lib'), '--argv0', name, join(bundle, 'libexec', name)],
    env: {},
    path: join(bundle, 'bin', name),
  }
}
