/**
 * Our programs as Node starts them quickest: TypeScript compiled, with the packages it uses, into a few files. An institution is read in
 * a quarter of the time that its 600 files take one by one, so the callers of one that died are taken up sooner.
 *
 *     .cache/programs/<name>.json   what the newest build was made of
 *     .cache/programs/<digest>/     a build; its name tells its contents, so two starts at once cannot spoil each other's
 *
 * A build is made again as soon as one of its files has other contents. Where nothing can be written, the sources are run as they are.
 */
import { createHash, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Packages with native code, or that look for files beside their own. They are loaded from where they are installed. */
const apart = [
  '@node-rs/argon2',
  '@pokusew/pcsclite',
  'ari-client',
  'asterisk-manager',
  'better-sqlite3',
  'esbuild',
  'fluent-ffmpeg',
  'node-cron',
  'pino',
  'say',
  'tsx',
]

/** A build that nobody has started for so long is removed. Whoever runs needs it no more: a program loads all of itself when it starts. */
const keptMs = 7 * 24 * 3600_000

/**
 * What to import to run a program: it compiled, or its source where nothing can be written beside it.
 * @param {string} root of the checkout
 * @param {string} entry a file in TypeScript, below the root
 * @returns {Promise<string>} a URL
 */
export async function startable(root, entry) {
  try {
    const program = await compiledProgram(root, entry)
    process.setSourceMapsEnabled(true)
    return pathToFileURL(program).href
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    const { register } = await import('tsx/esm/api')
    register()
    return pathToFileURL(join(root, entry)).href
  }
}

/**
 * @param {string} root of the checkout
 * @param {string} entry a file in TypeScript, below the root
 * @returns {Promise<string>} the file to give to Node
 */
export async function compiledProgram(root, entry) {
  const folder = join(root, '.cache/programs')
  const record = join(folder, `${entry.replaceAll(/\W+/g, '-')}.json`)
  const before = recorded(record)
  const built = before && buildOf(folder, root, before)
  if (built !== undefined) return built
  const fresh = join(folder, `new-${randomUUID()}`)
  try {
    mkdirSync(fresh, { recursive: true })
    const sources = await build(root, entry, fresh)
    const inputs = [...sources.keys()].sort()
    const place = join(
      folder,
      digestOf(root, inputs, path => sources.get(path)),
    )
    renameUnlessThere(fresh, place)
    writeFileSync(`${fresh}.json`, JSON.stringify(inputs))
    renameSync(`${fresh}.json`, record)
    removeOld(folder)
    return mainIn(place)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** @param {string} place */
const mainIn = place => join(place, 'main.js')

/**
 * @param {string} root
 * @param {string} entry
 * @param {string} outdir where its files are written
 * @returns {Promise<Map<string, Buffer>>} what it was made of: the files of the checkout, by their path below the root, as they were
 *   read. Somebody may have saved one of them since.
 */
async function build(root, entry, outdir) {
  // Not before it is needed: loading it takes as long as all the rest of a start.
  const esbuild = await import('esbuild')
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  /** @type {Map<string, Buffer>} */
  const sources = new Map()
  underWay++
  try {
    const { outputFiles } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: { main: entry },
      outdir,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      keepNames: true,
      sourcemap: true,
      sourcesContent: false,
      write: false,
      logLevel: 'silent',
      external: [...apart, ...Object.keys(devDependencies)],
      banner: { js: requireOfOld },
      plugins: [ownFiles(root, sources)],
    })
    for (const { path, contents } of outputFiles) writeFileSync(path, contents)
    return sources
  } finally {
    underWay--
    // Its process would stay as long as ours.
    if (underWay === 0) await esbuild.stop()
  }
}

/** Builds that this process makes now. */
let underWay = 0

/** Packages of the older kind ask for Node's own modules this way. */
const requireOfOld =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);"

/**
 * Keeps what is read of ours. A file that looks for its neighbours by `import.meta.url` finds them beside its source, as before it was
 * compiled.
 * @param {string} root
 * @param {Map<string, Buffer>} sources
 * @returns {import('esbuild').Plugin}
 */
function ownFiles(root, sources) {
  return {
    name: 'own-files',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.(ts|mjs|json)$/ }, ({ path }) => {
        const below = relative(root, path)
        if (below.startsWith('node_modules/')) return undefined
        const content = readFileSync(path)
        sources.set(below, content)
        const address = JSON.stringify(pathToFileURL(path).href)
        return { contents: content.toString().replaceAll('import.meta.url', address), loader: loaderOf(path) }
      }),
  }
}

/** @param {string} path */
function loaderOf(path) {
  if (path.endsWith('.json')) return 'json'
  return path.endsWith('.ts') ? 'ts' : 'js'
}

/**
 * @param {string} record
 * @returns {string[] | undefined}
 */
function recorded(record) {
  try {
    return JSON.parse(readFileSync(record, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * The build of these files as they are now, if there is one.
 * @param {string} folder
 * @param {string} root
 * @param {readonly string[]} inputs
 */
function buildOf(folder, root, inputs) {
  try {
    const place = join(folder, digestOf(root, inputs))
    if (!existsSync(mainIn(place))) return undefined
    touch(place)
    return mainIn(place)
  } catch {
    // One of the files is gone.
    return undefined
  }
}

/**
 * Names a build by all that it depends on: its files, the locked packages, where the checkout lies, and which Node it is for.
 * @param {string} root
 * @param {readonly string[]} inputs
 * @param {(path: string) => Buffer | undefined} [known] what is not to be read again
 */
function digestOf(root, inputs, known = () => undefined) {
  const hash = createHash('sha256').update(`${root}\n${process.versions.modules}\n`)
  for (const path of [...inputs, 'package-lock.json', 'setup/programs.mjs']) {
    const content = known(path) ?? readFileSync(join(root, path))
    hash.update(`${path} ${content.length}\n`).update(content)
  }
  return hash.digest('hex').slice(0, 32)
}

/**
 * Somebody else may have made the same one meanwhile.
 * @param {string} fresh
 * @param {string} place
 */
function renameUnlessThere(fresh, place) {
  try {
    renameSync(fresh, place)
  } catch (error) {
    if (!existsSync(mainIn(place))) throw error
    touch(place)
  }
}

/** @param {string} place */
function touch(place) {
  try {
    utimesSync(place, new Date(), new Date())
  } catch {
    // Another user's folder: it is not ours to keep or to remove.
  }
}

/** @param {string} folder */
function removeOld(folder) {
  for (const name of readdirSync(folder)) {
    const place = join(folder, name)
    const age = Date.now() - (statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > keptMs) rmSync(place, { recursive: true, force: true })
  }
}
