/** Brings everything that a command needs into place, and does nothing at all, within a second, when it is there. */
import { join } from 'node:path'
import { bundledTool } from './bundle.mjs'
import { fetchTools } from './fetched-tools.mjs'
import { alone } from './lock.mjs'
import { buildReaderPackage, installNpmPackages } from './npm-packages.mjs'
import { readPackages } from './packages.mjs'
import { Stop } from './progress.mjs'
import { onPath } from './run.mjs'
import { installMissing } from './system-packages.mjs'
import { toolOnPath, writeTools } from './tools.mjs'

/**
 * @typedef {object} Needs
 * @property {boolean} [npm] the packages of package-lock.json
 * @property {boolean} [asterisk] Asterisk, the speech programs and ffmpeg
 * @property {boolean} [reader] the optional package that talks to card readers, and what it is compiled against
 * @property {import('./packages.mjs').Purpose[]} [system] system packages of these purposes
 */

/**
 * @param {string} root
 * @param {Needs} needs
 */
export async function prepare(root, { npm = false, asterisk = false, reader = false, system = [] }) {
  await alone(root, async () => {
    if (asterisk) await prepareTools(root)
    // Before the packages of npm, one of which is compiled against those of `reader`.
    await installMissing(
      root,
      readPackages(root).filter(({ purpose }) => system.includes(purpose)),
    )
    if (npm) await installNpmPackages(root)
    if (reader) await buildReaderPackage(root)
  })
}

/** @param {string} root */
async function prepareTools(root) {
  // Inside our own image the tools are installed like any package, Asterisk runs in its own container, and nothing is
  // fetched.
  const installed = process.env['TONEBANK_TOOLS'] === 'installed'
  const isRoot = process.getuid?.() === 0
  const render = readPackages(root).filter(({ purpose }) => purpose === 'render')
  if (isRoot && !installed) await installMissing(root, render)
  const unpackRender = !onPath('ffmpeg')
  const bundles = installed
    ? { asterisk: undefined, speech: undefined, render: undefined }
    : await fetchTools(root, ['asterisk', 'speech', ...(unpackRender ? [/** @type {const} */ ('render')] : [])])

  const from = (/** @type {string | undefined} */ bundle, /** @type {string} */ name, env = {}) => {
    const elsewhere = installed ? { command: name, args: [], path: name } : undefined
    const tool = bundle ? bundledTool(bundle, name) : (toolOnPath(name) ?? elsewhere)
    if (!tool) throw new Stop(`${name} is neither in .cache/ nor on PATH.`)
    return { ...tool, env }
  }
  const speechData = bundles.speech ? { ESPEAK_DATA_PATH: join(bundles.speech, 'share') } : {}
  const { asteriskModules, asteriskShare } = bundles.asterisk
    ? { asteriskModules: join(bundles.asterisk, 'modules'), asteriskShare: join(bundles.asterisk, 'share') }
    : installedAsterisk()
  writeTools(root, {
    asterisk: from(bundles.asterisk, 'asterisk'),
    openssl: from(bundles.asterisk, 'openssl', { OPENSSL_CONF: '/dev/null' }),
    'espeak-ng': from(bundles.speech, 'espeak-ng', speechData),
    flite: from(bundles.speech, 'flite'),
    ffmpeg: from(unpackRender ? bundles.render : undefined, 'ffmpeg'),
    asteriskModules,
    asteriskShare,
  })
}

/** Where Debian's own package puts them. */
function installedAsterisk() {
  const triplets = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }
  const triplet = process.arch === 'arm64' ? triplets.arm64 : triplets.x64
  return { asteriskModules: `/usr/lib/${triplet}/asterisk/modules`, asteriskShare: '/usr/share/asterisk' }
}
