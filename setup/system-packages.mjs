/**
 * Installs packages of the machine's own release: as root with apt-get, and says so; otherwise it prints the command
 * and stops. What it installed is written down, so that `uninstall-system` can name it.
 */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Stop, say, step } from './progress.mjs'
import { mustRun, onPath } from './run.mjs'

/** @typedef {import('./packages.mjs').Package} Package */

/** Another apt-get may be at work, perhaps for a second checkout: wait for it rather than fail. */
const waitForOtherApt = ['-o', 'DPkg::Lock::Timeout=600']

/** @param {Package[]} packages */
export function missingOf(packages) {
  return packages.filter(({ program }) => program !== undefined && !isThere(program))
}

/** @param {string} program on PATH, or a file by its whole path, for packages that hold no program */
function isThere(program) {
  return program.startsWith('/') ? existsSync(program) : Boolean(onPath(program))
}

/**
 * @param {string} root
 * @param {Package[]} packages
 */
export async function installMissing(root, packages) {
  const missing = missingOf(packages)
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name)
  const command = `apt-get install --no-install-recommends ${names.join(' ')}`
  const first = names.includes('kamailio') ? 'sudo systemctl mask kamailio && ' : ''
  if (!onPath('apt-get')) {
    throw new Stop(`These programs are missing: ${missing.map(({ program }) => program).join(', ')}.
Install them with this system's own packages, or use the containers: docker compose up`)
  }
  if (process.getuid?.() !== 0) {
    throw new Stop(`These packages are missing, and installing them takes root. Run this, then start again:

    ${first}sudo apt-get update && sudo ${command}
`)
  }
  say('Installing what is missing from this machine:')
  for (const { name, why } of missing) say(`    ${name} (${why})`)
  // The index that an image or an idle machine carries names versions that its mirror has since replaced; without an
  // update first, such a download answers 404.
  await step('apt-get update', () => mustRun('apt-get', [...waitForOtherApt, 'update', '--quiet']))
  if (names.includes('postgresql')) withoutCluster()
  for (const name of names) withoutService(name)
  await step(command, async report => {
    let unpacked = 0
    let total = '?'
    await mustRun('apt-get', [...waitForOtherApt, 'install', '--yes', '--no-install-recommends', ...names], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      onLine: line => {
        total = line.match(/(\d+) newly installed/)?.[1] ?? total
        if (line.startsWith('Setting up ')) report(`${++unpacked} of ${total} packages`)
      },
    })
  })
  remember(root, names)
}

/** Debian's package would make a database cluster and start it; whoever wants one makes it by `pg_createcluster`. */
function withoutCluster() {
  const folder = '/etc/postgresql-common/createcluster.d'
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'tonebank.conf'), 'create_main_cluster = false\n')
}

/** Debian's packages would start these at once, and at each boot; Kamailio would take the port of SIP. */
const services = new Map([
  ['kamailio', 'kamailio'],
  ['etcd-server', 'etcd'],
  ['patroni', 'patroni'],
])

/**
 * As `systemctl mask` does, where systemd may not run yet; whoever wants Debian's own says `systemctl unmask`.
 * @param {string} name of a package
 */
function withoutService(name) {
  const service = services.get(name)
  const unit = `/etc/systemd/system/${service}.service`
  if (service === undefined || existsSync(unit)) return
  mkdirSync(dirname(unit), { recursive: true })
  symlinkSync('/dev/null', unit)
}

/** @param {string} root */
const recordPath = root => join(root, '.cache/installed-packages.json')

/**
 * @param {string} root
 * @returns {string[]} the packages that setup has installed on this machine, for this checkout
 */
function installedByUs(root) {
  return existsSync(recordPath(root)) ? JSON.parse(readFileSync(recordPath(root), 'utf8')) : []
}

/**
 * @param {string} root
 * @param {string[]} names
 */
function remember(root, names) {
  mkdirSync(dirname(recordPath(root)), { recursive: true })
  const all = [...new Set([...installedByUs(root), ...names])].sort()
  writeFileSync(recordPath(root), `${JSON.stringify(all, null, 2)}\n`)
}

/** Says what setup wrote outside this folder and how to take it away. It removes nothing: others may use it by now. */
export function sayHowToUninstall(/** @type {string} */ root) {
  const names = installedByUs(root)
  if (names.length === 0)
    return say('Nothing was installed outside this folder. Deleting the folder removes everything.')
  say(`Setup installed these system packages; nothing else was written outside this folder. To remove them:

    sudo apt-get remove --auto-remove ${names.join(' ')}

Then deleting the folder removes the rest. Debian's own services of ${[...services.keys()].join(', ')} were masked where setup installed them
(systemctl unmask ${[...services.values()].join(' ')}), and /etc/postgresql-common/createcluster.d/tonebank.conf keeps PostgreSQL's package from making a cluster.`)
}
