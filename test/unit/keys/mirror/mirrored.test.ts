/** Record keys on two machines: which of them waits for the other, and what both have in the end. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MirrorAway } from '../../../../src/keys/record-keys.ts'
import { systemRuntime } from '../../../../src/runtime.ts'
import { eventually, inStep, MirroredMachines, plainRecords } from '../../../support/mirrored-machines.ts'

vi.setConfig({ testTimeout: 20_000 })

let two: MirroredMachines
beforeEach(async () => {
  two = await MirroredMachines.make()
})
afterEach(() => two.end())

const both = async () => {
  for (const name of ['a', 'b'] as const) await two.stop(name)
  return { a: await two.lying('a'), b: await two.lying('b') }
}
const holding = (...names: string[]) => ({ names: [...names].sort(), destructions: [] })
const all = async (names: readonly string[]) => new Set(names)

test('what is sealed on both is on both, and the mirror reads it after it has taken over', async () => {
  await two.start('b')
  const a = await two.serve('a')
  const [sealed] = await a.sealOnBoth(plainRecords('one'))
  if (sealed === undefined) throw new Error('not sealed')
  await two.kill('a')
  await two.stop('b')
  expect(await two.lying('b')).toEqual(holding('one'))
  const b = await two.serve('b')
  expect(await b.open({ ...sealed, context: 'of a test' })).toEqual(Buffer.from('12345678'))
})

test('while the mirror is down nothing is sealed on both, and no key is left of it; all else goes on', async () => {
  const a = await two.serve('a')
  await expect(a.sealOnBoth(plainRecords('one'))).rejects.toThrow(MirrorAway)
  expect(await a.all()).toEqual([])
  await a.seal(plainRecords('letter'))
  await a.destroy(['letter'])
  await a.seal(plainRecords('letter 2'))
  expect(a.standing()).toMatchObject({ why: expect.stringContaining('ECONNREFUSED') })
  expect(a.standing().lagMs).toBeGreaterThan(0)
  await two.start('b')
  await inStep(a)
  await a.sealOnBoth(plainRecords('one'))
  expect(await both()).toEqual({ a: holding('letter 2', 'one'), b: holding('letter 2', 'one') })
})

test('a mirror that dies in the middle of it leaves no key on either machine once it is back', async () => {
  await two.start('b')
  const a = await two.serve('a')
  await inStep(a)
  two.lives.get('b')?.dieAt('record-keys.put-kept')
  await expect(a.sealOnBoth(plainRecords('one', 'two'))).rejects.toThrow(MirrorAway)
  await two.stop('b')
  expect((await two.lying('b')).names).toEqual(['one', 'two'])
  await two.start('b')
  await inStep(a)
  expect(await both()).toEqual({ a: holding(), b: holding() })
})

test('a destruction is done here at once and there as soon as it can be told, after a restart too', async () => {
  const drawn: Uint8Array[] = []
  await two.start('b')
  const a = await two.start('a')
  const life = two.lives.get('a')
  if (life) life.random = count => drawn[drawn.push(systemRuntime.random(count)) - 1] as Uint8Array
  await a.serve()
  await a.sealOnBoth(plainRecords('one'))
  const key = drawn.find(({ length }) => length === 32)
  if (key === undefined) throw new Error('no key was drawn')
  expect([two.holds('a', key), two.holds('b', key)]).toEqual([true, true])
  await two.kill('b')
  await a.destroy(['one'])
  expect([two.holds('a', key), two.holds('b', key)]).toEqual([false, true])
  await two.kill('a')
  expect(await two.lying('a')).toEqual({ names: [], destructions: ['one'] })
  await two.start('b')
  const again = await two.serve('a')
  await inStep(again)
  expect(two.holds('b', key)).toBe(false)
  expect(await both()).toEqual({ a: holding(), b: holding() })
})

test('a machine that was away is brought up to date: hundreds made, and as many destroyed', async () => {
  const names = Array.from({ length: 1_500 }, (_, i) => `record ${(i * 7919) % 1_500}`)
  await two.start('b')
  const a = await two.serve('a')
  await a.sealOnBoth(plainRecords(...names.slice(0, 1_000)))
  await two.kill('b')
  await a.destroy(names.slice(0, 500))
  await a.seal(plainRecords(...names.slice(1_000)))
  await two.start('b')
  await inStep(a)
  const expected = holding(...names.slice(500))
  expect(await both()).toEqual({ a: expected, b: expected })
})

test('a machine that lost its disk has all keys before it serves, and lacks none of them', async () => {
  await two.start('b')
  const a = await two.serve('a')
  const names = Array.from({ length: 1_100 }, (_, i) => `record ${i}`)
  await a.sealOnBoth(plainRecords(...names))
  await both()
  const empty = await MirroredMachines.make()
  try {
    // Another machine in its place, which both files name.
    two.machines = [empty.machines[0], two.machines[1]].filter(each => each !== undefined)
    empty.machines = two.machines
    await two.start('b')
    const replaced = await empty.serve('a')
    expect(await replaced.missing(names)).toEqual([])
    await empty.end()
  } finally {
    await two.stop('b')
  }
})

test('after a takeover the roles swap: what the one destroyed alone is destroyed, what it alone has is taken if the books want it', async () => {
  await two.start('b')
  const a = await two.serve('a')
  await a.sealOnBoth(plainRecords('kept', 'told', 'told since'))
  await two.kill('b')
  await a.destroy(['told'])
  await a.seal(plainRecords('call-back', 'of no command'))
  await two.kill('a')
  const b = await two.serve('b')
  expect(await b.all()).toEqual(['kept', 'told', 'told since'])
  await b.destroy(['told since'])
  await two.start('a')
  // Nobody can say yet what is wanted: it stays where it is.
  await eventually('it was told what was destroyed', async () => !(await b.all()).includes('told'))
  expect(await b.all()).toEqual(['kept'])
  b.wantedBy(async names => new Set(names.filter(name => name === 'call-back')))
  await inStep(b)
  expect(await both()).toEqual({ a: holding('call-back', 'kept'), b: holding('call-back', 'kept') })
})

test('who serves takes no request of another one that believes it does', async () => {
  await two.start('b')
  const a = await two.serve('a')
  await a.sealOnBoth(plainRecords('one'))
  await two.stop('b')
  const other = await two.serve('b')
  await eventually('both say so', () => a.standing().why?.includes('serves itself') === true)
  expect(other.standing().why).toContain('serves itself')
  await expect(a.sealOnBoth(plainRecords('two'))).rejects.toThrow(MirrorAway)
  await expect(other.sealOnBoth(plainRecords('two'))).rejects.toThrow(MirrorAway)
  expect(await other.all()).toEqual(['one'])
  await two.stop('b')
  await two.start('b')
  a.wantedBy(all)
  await inStep(a)
})
