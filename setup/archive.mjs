/**
 * Fetches packages of Debian testing beside the machine's own release: a private apt state in a folder of ours, so that
 * neither root nor a change to the machine's package sources is needed. Debian 12 and 13 have no Asterisk; testing has.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Stop } from './progress.mjs'
import { mustRun } from './run.mjs'

const testing = 'forky'

/** Signs every Debian release; part of `debian-archive-keyring`, which apt itself depends on. */
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** A mirror may lag behind, but packages this old have known holes. */
const oldestIndexDays = 60

/**
 * @typedef {object} Archive
 * @property {string} indexDate the day on which Debian made the index, such as `2026-10-30`
 * @property {number} indexAgeDays
 * @property {(name: string) => Promise<string>} candidate the version that would be fetched, without its epoch
 * @property {(names: string[], report: (detail: string) => void) => Promise<string[]>} download
 *   the packages with all they depend on, as paths of .deb files
 */

/**
 * Opens the archive, with its state in `folder`, which must be empty.
 * @param {string} folder
 * @returns {Promise<Archive>}
 */
export async function openArchive(folder) {
  const debs = join(folder, 'cache/archives')
  for (const path of ['etc', 'state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(folder, path), { recursive: true })
  }
  writeFileSync(join(folder, 'state/status'), '')
  writeFileSync(
    join(folder, 'etc/sources.list'),
    `deb [signed-by=${keyring}] ${await machineMirror()} ${testing} main\n`,
  )
  writeFileSync(join(folder, 'apt.conf'), [...privateState(folder), ...(await machineTransport())].join('\n'))
  const env = { APT_CONFIG: join(folder, 'apt.conf') }

  await mustRun('apt-get', ['update', '--quiet'], { env })
  const { indexDate, indexAgeDays } = indexAge(join(folder, 'state/lists'))

  return {
    indexDate,
    indexAgeDays,
    async candidate(name) {
      const { stdout } = await mustRun('apt-cache', ['policy', name], { env })
      const version = stdout.match(/^\s*Candidate: (?:\d+:)?(\S+)$/m)?.[1]
      if (!version || version === '(none)') throw new Stop(`Debian ${testing} has no package ${name} for this machine.`)
      return version
    },
    async download(names, report) {
      let total = '?'
      let fetched = 0
      await mustRun('apt-get', ['install', '--yes', '--download-only', ...names], {
        env,
        onLine(line) {
          total = line.match(/(\d+) newly installed/)?.[1] ?? total
          if (line.startsWith('Get:')) report(`${++fetched} of ${total} packages`)
        },
      })
      return readdirSync(debs)
        .filter(file => file.endsWith('.deb'))
        .map(file => join(debs, file))
    },
  }
}

/**
 * The mirror that this machine's own package sources name for its release. None is written into this repository: a
 * machine behind a company's mirror then uses that one here too.
 */
async function machineMirror() {
  // The addresses that `apt-get update` would ask, whichever of its two formats the sources are written in.
  const { stdout } = await mustRun('apt-get', ['update', '--print-uris'])
  const codename = readFileSync('/etc/os-release', 'utf8').match(/^VERSION_CODENAME=(\S+)/m)?.[1]
  const mirror = mirrorAmong(stdout, codename)
  if (mirror) return mirror
  throw new Stop(`This machine's package sources name no Debian mirror for its own release (${codename ?? 'unknown'}).
Asterisk is fetched from there. On a system other than Debian, use the containers: docker compose up`)
}

/**
 * @param {string} uris what `apt-get update --print-uris` wrote
 * @param {string | undefined} codename of this machine's release
 * @returns {string | undefined}
 */
export function mirrorAmong(uris, codename) {
  // `main` tells Debian's archive from vendors who name their own after a Debian release; the code name comes before
  // `stable`, which vendors use too.
  const indexes = [...uris.matchAll(/^'(\S+?)\/dists\/([^/\s]+)\/main\/binary-/gm)]
  const releases = [codename, testing, 'testing', 'unstable', 'sid', 'stable']
  return releases.flatMap(wanted => indexes.filter(([, , release]) => release === wanted))[0]?.[1]
}

/** @param {string} folder */
function privateState(folder) {
  return [
    `Dir::Etc "${folder}/etc";`,
    `Dir::State "${folder}/state";`,
    `Dir::State::status "${folder}/state/status";`,
    `Dir::Cache "${folder}/cache";`,
    // The machine's own log of installed packages is none of our business.
    `Dir::Log "${folder}";`,
    // Passwords for a company's mirror stay where the machine keeps them.
    'Dir::Etc::netrc "/etc/apt/auth.conf";',
    'Dir::Etc::netrcparts "/etc/apt/auth.conf.d";',
    'APT::Install-Recommends "false";',
    'Acquire::Languages "none";',
    // A mirror can lag past its Valid-Until; the age check below is the stricter of our two wishes that can be met.
    'Acquire::Check-Valid-Until "false";',
    // The folder is ours alone, and apt's unprivileged user may not reach into it.
    'Debug::NoLocking "1";',
    'APT::Sandbox::User "";',
  ]
}

/** Proxies, timeouts and certificates that the machine's apt needs to reach its mirror. */
async function machineTransport() {
  const { stdout } = await mustRun('apt-config', ['dump'])
  return stdout.split('\n').filter(line => /^Acquire::(https?|Retries|ForceIPv[46])\b.* "[^"]+";$/i.test(line))
}

/** @param {string} lists */
function indexAge(lists) {
  const file = readdirSync(lists).find(name => name.endsWith('Release'))
  const date = file && readFileSync(join(lists, file), 'utf8').match(/^Date: (.*)$/m)?.[1]
  if (!date) throw new Stop('The package index carries no date.')
  const indexAgeDays = Math.floor((Date.now() - Date.parse(date)) / 86_400_000)
  const indexDate = new Date(date).toISOString().slice(0, 10)
  if (indexAgeDays > oldestIndexDays) {
    throw new Stop(`The mirror's index of Debian ${testing} is of ${indexDate}, ${indexAgeDays} days old.
Older than ${oldestIndexDays} days is refused. Check this machine's clock, or choose a mirror that is kept up to date.`)
  }
  return { indexDate, indexAgeDays }
}
