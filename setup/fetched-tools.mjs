/**
 * Brings Asterisk 22 and the speech programs into `.cache/`, out of Debian testing, without root. What is there already
 * and was made from the same lists is kept: then nothing is fetched.
 */
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { openArchive } from './archive.mjs'
import { bundledTool, makeBundle, platformOf, unpack } from './bundle.mjs'
import { readModules, readPackages } from './packages.mjs'
import { Stop, step } from './progress.mjs'
import { mustRun, onPath } from './run.mjs'

/** Raise it when the layout of a bundle changes, so that older ones are fetched anew. */
const layout = 1

/** @typedef {'asterisk' | 'speech' | 'render'} BundleName */
/** @typedef {import('./bundle.mjs').Contents} Contents */

/** The package whose version names the bundle's folder. */
const leading = { asterisk: 'asterisk', speech: 'espeak-ng', render: 'ffmpeg' }

/**
 * Folders of the wanted bundles, fetched where they are missing.
 * @param {string} root the checkout
 * @param {BundleName[]} names
 * @returns {Promise<Record<BundleName, string | undefined>>}
 */
export async function fetchTools(root, names) {
  const missing = names.filter(name => !present(root, name))
  if (missing.length > 0) await fetchBundles(root, missing)
  return { asterisk: present(root, 'asterisk'), speech: present(root, 'speech'), render: present(root, 'render') }
}

/**
 * The newest complete bundle that was made from the lists as they are now.
 * @param {string} root
 * @param {BundleName} name
 */
function present(root, name) {
  const folder = join(root, '.cache', name)
  const wanted = fingerprint(root, name)
  const fitting = (existsSync(folder) ? readdirSync(folder) : []).filter(version => {
    const stamp = join(folder, version, 'bundle.json')
    return existsSync(stamp) && JSON.parse(readFileSync(stamp, 'utf8')).fingerprint === wanted
  })
  const newest = fitting.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  return newest && join(folder, newest)
}

/**
 * @param {string} root
 * @param {BundleName} name
 */
function fingerprint(root, name) {
  const packages = packagesFor(root, name)
  const modules = name === 'asterisk' ? readModules(root) : []
  return createHash('sha256')
    .update(JSON.stringify([layout, process.arch, packages, modules]))
    .digest('hex')
}

/**
 * @param {string} root
 * @param {BundleName} name
 */
const packagesFor = (root, name) => readPackages(root).flatMap(each => (each.purpose === name ? [each.name] : []))

/**
 * @param {string} root
 * @param {BundleName[]} names
 */
async function fetchBundles(root, names) {
  for (const program of ['apt-get', 'dpkg-deb', 'tar']) {
    if (onPath(program)) continue
    throw new Stop(`${program} is missing, so this is no Debian system, and Asterisk is fetched as Debian's packages.
Use the containers instead (docker compose up), or call a line from the console without Asterisk: npm run phone -- 9001`)
  }
  const architecture = (await mustRun('dpkg', ['--print-architecture'])).stdout.trim()
  platformOf(architecture)
  mkdirSync(join(root, '.cache'), { recursive: true })
  const work = mkdtempSync(join(root, '.cache/fetching-'))
  try {
    const archive = await step('Debian testing: package index', async report => {
      const opened = await openArchive(join(work, 'apt'))
      report(`of ${opened.indexDate}, ${opened.indexAgeDays} days old`)
      return opened
    })
    /** @type {Map<BundleName, string>} */
    const versions = new Map()
    for (const name of names) versions.set(name, await archive.candidate(leading[name]))
    const asterisk = versions.get('asterisk')
    if (asterisk && !asterisk.startsWith('22.')) {
      throw new Stop(`Debian testing now has Asterisk ${asterisk}; Tonebank is written for and tested with 22.`)
    }
    const wanted = names.flatMap(name => packagesFor(root, name))
    const title = names.map(name => `${leading[name]} ${versions.get(name)}`).join(', ')
    const debs = await step(`Fetching ${title}`, report => archive.download([...wanted, 'base-files'], report))
    const unpacked = join(work, 'unpacked')
    await step('Unpacking', report => unpack(debs, unpacked, report))
    await step('Keeping what is used', async report => {
      for (const name of names) {
        report(name)
        const made = join(work, name)
        await makeBundle(unpacked, made, architecture, contents(root, name, architecture))
        await prove(made, name)
        const stamp = {
          fingerprint: fingerprint(root, name),
          version: versions.get(name),
          indexDate: archive.indexDate,
        }
        writeFileSync(join(made, 'bundle.json'), `${JSON.stringify(stamp, null, 2)}\n`)
        settle(made, join(root, '.cache', name, `${upstream(versions.get(name))}-${architecture}`))
      }
    })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/**
 * `22.10.1` of Debian's `22.10.1+dfsg+~cs6.17.60671434-1`.
 * @param {string | undefined} version
 */
const upstream = version => version?.match(/^[\d.]+/)?.[0] ?? version

/**
 * @param {string} root
 * @param {BundleName} name
 * @param {string} architecture
 * @returns {Contents}
 */
function contents(root, name, architecture) {
  const libraries = `usr/lib/${platformOf(architecture).triplet}`
  switch (name) {
    case 'asterisk':
      return {
        programs: { asterisk: 'usr/sbin/asterisk', openssl: 'usr/bin/openssl' },
        modules: readModules(root).map(module => `${libraries}/asterisk/modules/${module}.so`),
        share: {
          // Asterisk reads the options of its own modules from this XML, and will not start without.
          documentation: 'usr/share/asterisk/documentation',
          'rest-api': 'usr/share/asterisk/rest-api',
          'sounds-en': 'usr/share/asterisk/sounds/en_US_f_Allison',
        },
      }
    case 'speech':
      return {
        programs: { 'espeak-ng': 'usr/bin/espeak-ng', flite: 'usr/bin/flite' },
        share: { 'espeak-ng-data': `${libraries}/espeak-ng-data` },
      }
    case 'render':
      return { programs: { ffmpeg: 'usr/bin/ffmpeg' } }
  }
}

/**
 * Starts each program of a new bundle once: one whose library is missing fails here, not in the first call.
 * @param {string} bundle
 * @param {BundleName} name
 */
async function prove(bundle, name) {
  const data = { ESPEAK_DATA_PATH: join(bundle, 'share') }
  const first = { asterisk: ['-V'], speech: ['--version'], render: ['-version'] }
  const { command, args } = bundledTool(bundle, leading[name])
  await mustRun(command, [...args, ...first[name]], { env: data })
}

/**
 * Puts a finished bundle in its place by one rename, so that an interrupted run leaves nothing half made.
 * @param {string} made
 * @param {string} place
 */
function settle(made, place) {
  mkdirSync(join(place, '..'), { recursive: true })
  // An Asterisk that runs from the old bundle keeps its open files; only the name goes.
  rmSync(place, { recursive: true, force: true })
  renameSync(made, place)
}
