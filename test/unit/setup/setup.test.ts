import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mirrorAmong } from '../../../setup/archive.mjs'
import { checkNode } from '../../../setup/node-version.mjs'
import { headerVersion, isNetworkTrouble, isTooOld, unmetPackages } from '../../../setup/npm-packages.mjs'
import { parseModules, parsePackages, readModules, readPackages } from '../../../setup/packages.mjs'
import { tally } from '../../../setup/test-phases.mjs'

test('Node 20.19 and newer pass, and older ones are told kindly what to do', () => {
  for (const good of ['20.19.0', '20.20.2', '22.0.0', '24.11.1']) expect(() => checkNode(good)).not.toThrow()
  for (const old of ['20.18.3', '18.20.4', '16.0.0']) expect(() => checkNode(old)).toThrow(`This is Node ${old}`)
})

test('the package list: columns, comments, and what is wrong with a line', () => {
  expect(
    parsePackages('# comment\n\nrender  ffmpeg  ffmpeg  trims the prompts\nasterisk base-files - links\n'),
  ).toEqual([
    { purpose: 'render', name: 'ffmpeg', program: 'ffmpeg', why: 'trims the prompts' },
    { purpose: 'asterisk', name: 'base-files', program: undefined, why: 'links' },
  ])
  expect(() => parsePackages('render ffmpeg ffmpeg')).toThrow('lacks a column')
  expect(() => parsePackages('fun cowsay cowsay moo')).toThrow('fun is no purpose')
})

test('the committed lists can be read, and name nothing twice', () => {
  const root = process.cwd()
  const names = readPackages(root).map(({ name }) => name)
  const modules = readModules(root)
  expect(names).toContain('asterisk')
  expect(modules).toContain('chan_pjsip')
  expect(new Set(names).size).toBe(names.length)
  expect(new Set(modules).size).toBe(modules.length)
})

test('modules keep their order', () => {
  expect(parseModules('# a\nres_rtp_multicast\n\nchan_rtp\n')).toEqual(['res_rtp_multicast', 'chan_rtp'])
})

const uris = (...entries: [host: string, release: string][]) =>
  entries.map(([host, release]) => `'http://${host}/dists/${release}/main/binary-amd64/Packages.xz' x 0`).join('\n')

test('the mirror is the one of the machine’s own release, not a vendor’s, security’s or none', () => {
  const machine = uris(
    ['vendor.example/deb', 'stable'],
    ['mirror.example/debian', 'bookworm'],
    ['sec.example', 'bookworm-security'],
  )
  expect(mirrorAmong(machine, 'bookworm')).toBe('http://mirror.example/debian')
  expect(mirrorAmong(uris(['mirror.example/debian', 'stable']), 'bookworm')).toBe('http://mirror.example/debian')
  expect(mirrorAmong(uris(['sec.example', 'bookworm-security']), 'bookworm')).toBeUndefined()
  expect(mirrorAmong('', 'bookworm')).toBeUndefined()
})

test('npm ci is needed for a package of another version or none, not for one of another system', () => {
  const wanted = {
    '': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0' },
    'node_modules/c-darwin': { version: '3.0.0', optional: true },
  }
  const installed = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } }
  expect(unmetPackages(wanted, installed)).toEqual([])
  expect(unmetPackages(wanted, { 'node_modules/a': { version: '1.0.1' } })).toEqual([
    'node_modules/a',
    'node_modules/b',
  ])
})

test('the lock file has every optional build, of other systems too, as npm refuses one that lacks any', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  const wanted = Object.entries<{ optionalDependencies?: object }>(packages).flatMap(([path, locked]) =>
    Object.keys(locked.optionalDependencies ?? {}).map(name => ({ path, name })),
  )
  expect(wanted.length).toBeGreaterThan(30)
  const missing = wanted.filter(({ path, name }) => {
    const folders = path
      .split('/node_modules/')
      .map((_, depth, parts) => parts.slice(0, depth + 1).join('/node_modules/'))
    return !['', ...folders.map(folder => `${folder}/`)].some(folder => `${folder}node_modules/${name}` in packages)
  })
  expect(missing).toEqual([])
})

test('the version of Node’s headers is read from them', () => {
  const header = '#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 20\n#define NODE_PATCH_VERSION 2\n'
  expect(headerVersion(header)).toBe('20.20.2')
})

test('the tally: what failed and what was skipped by name, and a run that failed is never green', () => {
  const named = (name: string, status: string) => ({ status, fullName: name })
  const good = {
    name: 'good.test.ts',
    status: 'passed',
    assertionResults: [named('a', 'passed'), named('b', 'passed')],
  }
  const failure = {
    ...named('c', 'failed'),
    failureMessages: ['\u001b[31mError: why\u001b[39m\n\n    at here', 'Error: more'],
  }
  const bad = { name: 'bad.test.ts', status: 'failed', assertionResults: [failure, named('d', 'skipped')] }
  const unloaded = {
    name: 'unloaded.test.ts',
    status: 'failed',
    message: 'it does not load',
    assertionResults: [named('e', 'todo')],
  }
  const report = { numPassedTests: 2, testResults: [good, bad, unloaded] }
  expect(tally('unit', report, 1)).toEqual({
    passed: 2,
    failed: ['unit: c\n    Error: why\n    at here', 'unit: unloaded.test.ts\n    it does not load'],
    skipped: ['unit: d', 'unit: e'],
  })
  expect(tally('unit', { ...report, testResults: [good] }, 0).failed).toEqual([])
  expect(tally('unit', { ...report, testResults: [good] }, 1).failed).toEqual([expect.stringContaining('ended with 1')])
})

test('an install is tried again where the registry did not answer, and nowhere else', () => {
  expect(isNetworkTrouble('npm error code EIDLETIMEOUT\nnpm error errno EIDLETIMEOUT')).toBe(true)
  expect(isNetworkTrouble('npm error code ECONNRESET')).toBe(true)
  expect(isNetworkTrouble('npm error code EUSAGE')).toBe(false)
  expect(isNetworkTrouble('npm error code 1\nnpm error gyp ERR! not ok')).toBe(false)
})

test('an npm that cannot read the lock file is known by its version', () => {
  for (const old of ['8.19.4', '9.2.0', '9.9.4']) expect(isTooOld(old)).toBe(true)
  for (const good of ['10.8.2', '11.19.1', '']) expect(isTooOld(good)).toBe(false)
})

test('no override lies deeper than one package: npm 10, which comes with Node 20, would say that the lock file lacks it', () => {
  const { overrides } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const [name, inside] of Object.entries<string | Record<string, unknown>>(overrides))
    for (const version of typeof inside === 'string' ? [inside] : Object.values(inside))
      expect(version, name).toBeTypeOf('string')
})
