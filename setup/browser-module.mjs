/**
 * Compiles a module that a page loads, with the packages that it uses, into one file: once for each of its states. Where nothing
 * can be written it is compiled at each start.
 *
 *     .cache/pages/<digest>.js   its name tells what it was made of
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * @param {string} root of the checkout
 * @param {string} entry a file in TypeScript, below the root; all of the module's own files lie below `src`
 * @returns {Promise<Buffer>} what to serve
 */
export async function browserModule(root, entry) {
  const path = join(root, '.cache/pages', `${digestOf(root, entry)}.js`)
  try {
    return readFileSync(path)
  } catch {
    const made = await compiled(root, entry)
    keep(path, made)
    return made
  }
}

/**
 * @param {string} root
 * @param {string} entry
 */
async function compiled(root, entry) {
  // Not before it is needed: loading it takes as long as all the rest of a start.
  const esbuild = await import('esbuild')
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // A package of it asks for the global object by Node's name.
    define: { global: 'globalThis' },
    legalComments: 'eof',
    write: false,
    logLevel: 'silent',
  })
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles
  return Buffer.from(contents)
}

/**
 * @param {string} path
 * @param {Buffer} made
 */
function keep(path, made) {
  try {
    mkdirSync(dirname(path), { recursive: true })
    // Somebody else may be making the same one: what has the name is whole.
    const fresh = `${path}.${randomUUID()}`
    writeFileSync(fresh, made)
    renameSync(fresh, path)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
  }
}

/**
 * @param {string} root
 * @param {string} entry
 */
function digestOf(root, entry) {
  const own = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .sort()
    .map(name => join(root, 'src', name))
  const hash = createHash('sha256').update(entry)
  for (const path of [...own, join(root, 'package-lock.json'), join(root, 'setup/browser-module.mjs')]) {
    const content = readFileSync(path)
    hash.update(`${path} ${content.length}\n`).update(content)
  }
  return hash.digest('hex').slice(0, 32)
}
