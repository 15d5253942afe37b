/** Makes `node_modules` what package-lock.json says, and leaves it alone when it is that already. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readPackages } from './packages.mjs'
import { Stop, say, step } from './progress.mjs'
import { mustRun, run } from './run.mjs'
import { installMissing, missingOf } from './system-packages.mjs'

/** @param {string} root */
export async function installNpmPackages(root) {
  const stampPath = join(root, 'node_modules/.tonebank-lock')
  const stamp = lockStamp(root)
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return
  if (!installedMatches(root)) await npmCi(root)
  await proveNative(root)
  writeFileSync(stampPath, stamp)
}

/**
 * What the installed packages depend on: the lock file, and Node's binary interface, which compiled packages are bound to.
 * @param {string} root
 */
function lockStamp(root) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  return `${lock} ${process.platform}-${process.arch} ABI ${process.versions.modules}\n`
}

/**
 * True when somebody's own `npm install` or `npm ci` has just made node_modules fit the lock file: then a second
 * install would only cost time.
 * @param {string} root
 */
function installedMatches(root) {
  const hidden = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(hidden)) return false
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return unmetPackages(wanted, installed).length === 0
}

/** The one package that is compiled, or comes compiled for some versions of Node. */
const native = 'better-sqlite3'

/**
 * Loads the compiled package once. An install may leave it out (scripts switched off) or leave one for another Node: it is
 * built again then, and what cannot be built is explained here rather than by the first command that needs it.
 * @param {string} root
 */
async function proveNative(root) {
  if ((await loadNative(root)).code === 0) return
  const rebuilt = await step(`npm rebuild ${native}`, () =>
    compile(root, ['rebuild', native, '--ignore-scripts=false']),
  )
  const loaded = await loadNative(root)
  if (loaded.code === 0) return
  throw new Stop(unloadable(rebuilt.stderr || loaded.stderr))
}

/** @param {string} root */
function loadNative(root) {
  return run(process.execPath, ['-e', `new (require('${native}'))(':memory:')`], { cwd: root })
}

/** @param {string} reason what the build or the loader wrote */
function unloadable(reason) {
  return `The package ${native} cannot be loaded by Node ${process.versions.node}, and could not be built again:
${lastLines(reason)}
Building takes a C++ compiler, make and Python 3 (on Debian: apt-get install g++ make python3). Then start again.`
}

/** Optional: where its headers are missing, npm leaves it out and says nothing. */
const readerPackage = '@pokusew/pcsclite'

/**
 * Has the package for card readers loaded, or compiled now. An install without its headers took it away, one without scripts left it
 * as it came: so it is installed by itself, and compiled.
 * @param {string} root
 */
export async function buildReaderPackage(root) {
  const loads = () => run(process.execPath, ['-e', `require('${readerPackage}')`], { cwd: root })
  if ((await loads()).code === 0) return
  if (process.platform === 'linux')
    await installMissing(
      root,
      readPackages(root).filter(({ purpose }) => purpose === 'build' || purpose === 'reader'),
    )
  const isThere = existsSync(join(root, 'node_modules', readerPackage))
  const { version } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages[
    `node_modules/${readerPackage}`
  ]
  // Neither writes the lock file; the other packages stay as they are.
  const built = await step(`building ${readerPackage}, for card readers`, () =>
    isThere
      ? compile(root, ['rebuild', readerPackage, '--ignore-scripts=false'])
      : compile(root, [
          ...['install', '--no-save', '--no-audit', '--prefer-offline', '--ignore-scripts=false'],
          `${readerPackage}@${version}`,
        ]),
  )
  const loaded = await loads()
  if (loaded.code === 0) return
  throw new Stop(`Card readers cannot be used: the package ${readerPackage} could not be built (${reasonIn(built.stderr || loaded.stderr)}).
Building takes a C++ compiler, make, Python 3 and the headers of PC/SC (on Debian: apt-get install g++ make python3 libpcsclite-dev). Everything else works without it.`)
}

/** @param {string} text what a build wrote: its first error */
function reasonIn(text) {
  const line = text.split('\n').find(each => /error|not found/i.test(each)) ?? 'it says not why'
  return line.trim().replace(/^gyp ERR! (stack )?/, '')
}

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockedPackage */

/**
 * Paths of the locked packages that are not installed in that version. Optional ones are those of other systems.
 * @param {Record<string, LockedPackage>} wanted
 * @param {Record<string, LockedPackage>} installed
 */
export function unmetPackages(wanted, installed) {
  return Object.entries(wanted)
    .filter(([path, { version, optional, devOptional }]) => {
      if (path === '' || ((optional || devOptional) && !installed[path])) return false
      return installed[path]?.version !== version
    })
    .map(([path]) => path)
}

/** What a registry that does not answer is called by npm. What was fetched by then is in its cache. */
const networkTrouble = /\b(EIDLETIMEOUT|ETIMEDOUT|ECONNRESET|EAI_AGAIN|ERR_SOCKET_TIMEOUT)\b/

const attempts = 3

/** @param {string} root */
async function npmCi(root) {
  let ran = await attempt(root)
  for (let made = 1; made < attempts && ran.code !== 0 && isNetworkTrouble(ran.stderr); made++) {
    say('  npm ci failed, as the registry did not answer in time. Trying again.')
    ran = await attempt(root)
  }
  const compilers = readPackages(root).filter(({ purpose }) => purpose === 'build')
  if (ran.code !== 0 && process.platform === 'linux' && missingOf(compilers).length > 0) {
    say('  npm ci failed. A package had to be compiled, perhaps, and that takes a compiler.')
    await installMissing(root, compilers)
    ran = await attempt(root)
  }
  if (ran.code !== 0) throw new Stop(`npm ci failed:\n${lastLines(ran.stderr)}`)
}

/** @param {string} stderr of npm */
export function isNetworkTrouble(stderr) {
  return networkTrouble.test(stderr)
}

/** @param {string} root */
function attempt(root) {
  return step('npm ci', report =>
    compile(root, ['ci', '--no-fund', '--no-audit'], line => {
      const script = line.match(/^> (\S+@\S+) /)?.[1]
      if (script) report(script)
    }),
  )
}

/**
 * Runs npm where a package may have to be compiled: 90 s on two cores, twice that on one. node-gyp reads JOBS.
 * @param {string} root
 * @param {readonly string[]} args
 * @param {(line: string) => void} [onLine]
 */
async function compile(root, args, onLine) {
  const env = { JOBS: 'max', ...headersOfThisNode() }
  const program = await npmThatReads(root)
  return run(program, [...args, '--foreground-scripts'], { cwd: root, env, ...(onLine && { onLine }) })
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/** Fetched where the machine's own is older. */
const newerNpm = '11.19.1'

/**
 * The npm of Debian 12 and 13 is 9.2, which says of our lock file that there is none: it throws (`Invalid comparator`) where an override names
 * another package, as `npm:@cypress/request@…` in package.json does.
 * @param {string} version what `npm --version` says; of one that says nothing, what it is asked next will show what is wrong
 */
export function isTooOld(version) {
  return Number.parseInt(version, 10) < 10
}

/**
 * This machine's npm or, where that is too old, a newer one beside the checkout's other tools.
 * @param {string} root
 */
async function npmThatReads(root) {
  const folder = join(root, '.cache/npm')
  const newer = join(folder, 'node_modules/.bin', npm)
  if (existsSync(newer)) return newer
  const version = (await run(npm, ['--version'], { cwd: root })).stdout.trim()
  if (!isTooOld(version)) return npm
  mkdirSync(folder, { recursive: true })
  await mustRun(npm, ['install', '--prefix', folder, '--no-fund', '--no-audit', `npm@${newerNpm}`], { cwd: folder })
  say(`  npm ${version} of this machine cannot read package-lock.json: npm ${newerNpm} was fetched into .cache/npm.`)
  return newer
}

/** Headers that came with this very Node spare node-gyp a download, which a closed network would not allow. */
function headersOfThisNode() {
  const prefix = dirname(dirname(process.execPath))
  const header = join(prefix, 'include/node/node_version.h')
  if (!existsSync(join(prefix, 'include/node/node.h')) || !existsSync(header)) return {}
  return headerVersion(readFileSync(header, 'utf8')) === process.versions.node ? { npm_config_nodedir: prefix } : {}
}

/** @param {string} header the text of node_version.h */
export function headerVersion(header) {
  const part = (/** @type {string} */ name) =>
    header.match(new RegExp(`^#define NODE_${name}_VERSION (\\d+)`, 'm'))?.[1]
  return `${part('MAJOR')}.${part('MINOR')}.${part('PATCH')}`
}

/** @param {string} text */
const lastLines = text => text.trim().split('\n').slice(-20).join('\n')
