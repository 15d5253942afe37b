/**
 * `npm run test:containers`: builds both images, composes them on the machine's network, behind published ports and as a cluster, starts a container of
 * Debian 13, and calls into each with a real softphone. `-- PHASE …` runs these of `images`, `debian-13`, `composed`, `published` and
 * `cluster` only;
 * `-- --keep FOLDER` keeps there what an engine that the test starts has built, for the next time.
 * Not part of `npm test`. Ends with a status other than 0 where no container engine can run.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCluster } from './cluster.ts'
import { forgetPrompts, runComposed } from './composed.ts'
import { runOnDebian13 } from './debian-13.ts'
import { type Engine, interruptOnSignals, passOn, runningEngine, say, startEngine } from './engine.ts'
import { buildBooks, buildImages, forgetContext, makeContext } from './images.ts'

/** In their order; those that `composes` use the images. */
const phases: Readonly<Record<string, (engine: Engine, folder: string) => Promise<void>>> = {
  images: buildImages,
  books: buildBooks,
  'debian-13': runOnDebian13,
  composed: (engine, folder) => runComposed(engine, makeContext(folder), ['compose.yaml']),
  published: (engine, folder) => runComposed(engine, makeContext(folder), ['compose.yaml', 'compose.published.yaml']),
  cluster: runCluster,
}
/** They want ports that are easy to remember, and a bridge: where we start the engine, it has a network of its own. */
const inOwnNetwork = new Set(['composed', 'published', 'cluster'])

async function main(folder: string, wanted: readonly string[]): Promise<void> {
  const running = await runningEngine()
  if (running) return runAll(running, folder, wanted)
  const [outside, inside] = [false, true].map(own => wanted.filter(phase => inOwnNetwork.has(phase) === own))
  if (outside?.length) await runWith(await startEngine(folder, 'machine'), folder, outside)
  if (inside?.length) {
    const again = [process.execPath, '--import', 'tsx', fileURLToPath(import.meta.url), insideFlag, folder, ...inside]
    await passOn('unshare', ['--net', '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...again])
  }
}

const insideFlag = '--in-a-network-of-its-own'

async function runWith(engine: Engine, folder: string, wanted: readonly string[]): Promise<void> {
  try {
    await runAll(engine, folder, wanted)
  } finally {
    await engine.stop()
  }
}

async function runAll(engine: Engine, folder: string, wanted: readonly string[]): Promise<void> {
  try {
    for (const phase of wanted) {
      say(`— ${phase}`)
      const startedAtMs = performance.now()
      await phases[phase]?.(engine, folder)
      say(`— ${phase}: passed in ${Math.round((performance.now() - startedAtMs) / 1000)} s`)
    }
  } finally {
    await forgetPrompts(engine)
  }
}

interruptOnSignals()
const args = process.argv.slice(2)
if (args[0] === insideFlag) {
  const [, folder = '', ...wanted] = args
  try {
    await runWith(await startEngine(folder, 'own-network'), folder, wanted)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
} else {
  const kept = args[0] === '--keep' ? args[1] : undefined
  const named = kept === undefined ? args : args.slice(2)
  const wanted = named.length > 0 ? named : Object.keys(phases)
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'tonebank-containers-'))
  try {
    const unknown = wanted.filter(phase => !(phase in phases))
    if (unknown.length > 0) throw new Error(`there is no phase ${unknown.join(', ')}`)
    mkdirSync(folder, { recursive: true })
    forgetContext(folder)
    await main(folder, wanted)
    process.stdout.write(`${wanted.length} passed, 0 failed\n`)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.stdout.write('0 passed, 1 failed\n')
    process.exitCode = 1
  } finally {
    forgetContext(folder)
    if (kept === undefined) rmSync(folder, { recursive: true, force: true })
  }
}
