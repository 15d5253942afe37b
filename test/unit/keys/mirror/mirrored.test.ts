/** Record keys on two machines: which of them waits for the other, and what both have in the end. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { agree, takeDestructions } from '../../../../src/keys/mirror/agree.ts'
import { Answering, type Session } from '../../../../src/keys/mirror/answering.ts'
import { Judging } from '../../../../src/keys/mirror/judging.ts'
import { KeyTable } from '../../../../src/keys/mirror/key-table.ts'
import { mirroredKeys } from '../../../../src/keys/mirror/mirrored-keys.ts'
import { type AskMirror, decodeAnswer, type MirrorRequest } from '../../../../src/keys/mirror/requests.ts'
import { MirrorAway } from '../../../../src/keys/record-keys.ts'
import { systemRuntime } from '../../../../src/runtime.ts'
import { institutionId } from '../../../support/ids.ts'
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

/** A mirror without a connection. */
function answeringWith(table: KeyTable): Session {
  const session = new Answering(systemRuntime, institutionId('harbour'), table).begin()
  void session.answer({ ask: 'hello', version: 1, institution: 'harbour' })
  return session
}

/** `answered`: after each answer. */
const asking = (session: Session, answered: (request: MirrorRequest) => Promise<void> = async () => {}): AskMirror =>
  (async (request: MirrorRequest) => {
    const answer = decodeAnswer(request.ask, await session.answer(request))
    await answered(request)
    return answer
  }) as AskMirror

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
  // Nobody can say yet what is wanted: what it has stays where it is, and what it destroyed is not destroyed here.
  await eventually('they have compared', () => b.standing().why?.includes('2 keys of which nobody can say') === true)
  expect(b.standing().lagMs).toBeGreaterThan(0)
  expect(await b.all()).toEqual(['kept', 'told'])
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

test('a key that is made while names are compared pushes no older one out', async () => {
  const names = Array.from({ length: 1_500 }, (_, i) => `password ${String(i).padStart(5, '0')}`)
  const [ours, theirs] = [1, 2].map(() => new KeyTable(systemRuntime, { memory: true })) as [KeyTable, KeyTable]
  await ours.add(names.map(record => ({ record, key: systemRuntime.random(32) })))
  const session = answeringWith(theirs)
  let isFirst = true
  const ask = asking(session, async request => {
    if (request.ask !== 'digest' || !isFirst) return
    isFirst = false
    await ours.add([{ record: 'call-back 1', key: systemRuntime.random(32) }])
  })
  expect(await agree({ table: ours, ask, wanted: all })).toBe(0)
  expect(await theirs.missing(names)).toEqual([])
  await Promise.all([ours.close(), theirs.close()])
})

test('what a mirror says it destroyed is not destroyed here when the books need it, or when it was made since: it gets it again', async () => {
  const [ours, theirs] = [1, 2].map(() => new KeyTable(systemRuntime, { memory: true })) as [KeyTable, KeyTable]
  const keys = ['needed', 'told', 'under way'].map(record => ({ record, key: systemRuntime.random(32) }))
  await ours.add(keys)
  await theirs.destroy(
    keys.map(({ record }) => record),
    true,
  )
  const session = answeringWith(theirs)
  const judging = new Judging()
  judging.noteMade(['under way'])
  const ask = asking(session)
  // Before the books are open nothing is destroyed.
  await judging.takeDestructions(ours, ask)
  expect(await ours.all('')).toHaveLength(3)
  const spared: string[] = []
  await judging.open(
    async names => new Set(names.filter(name => name === 'needed')),
    each => spared.push(...each),
  )
  await judging.takeDestructions(ours, ask)
  expect(await ours.all('')).toEqual(['needed', 'under way'])
  expect(spared).toEqual(['needed', 'under way'])
  expect(await theirs.all('')).toEqual(['needed', 'under way'])
  expect(await theirs.destructions(10)).toEqual([])
  await Promise.all([ours.close(), theirs.close()])
})

test.each<[string, Partial<Record<MirrorRequest['ask'], unknown>>, string]>([
  ['tells the same destructions for ever', { destructions: ['told'], confirmed: 'done' }, 'tells destructions again'],
  ['tells names out of order', { digest: new Uint8Array(32), names: ['b', 'a'] }, 'names that were not asked for'],
  ['tells a name twice', { digest: new Uint8Array(32), names: ['a', 'a'] }, 'names that were not asked for'],
  [
    'tells a key that nobody asked for',
    { digest: new Uint8Array(32), names: ['a'], keys: [{ record: 'z', key: new Uint8Array(32) }] },
    'keys that were not asked for',
  ],
])('a mirror that %s is asked no more', async (_what, answers, why) => {
  const table = new KeyTable(systemRuntime, { memory: true })
  const ask = (async ({ ask }: MirrorRequest) => answers[ask] ?? []) as AskMirror
  const exchanged = async () => {
    if (answers.destructions) await takeDestructions({ table, ask, needed: async () => new Set(), spared: () => {} })
    return agree({ table, ask, wanted: all })
  }
  await expect(exchanged()).rejects.toThrow(why)
  expect(await table.all('')).toEqual([])
  await table.close()
})

test('a mirror that answers and never comes to an end keeps nobody waiting for longer than the deadline', async () => {
  const table = new KeyTable(systemRuntime, { memory: true })
  let count = 0
  const ask = (async ({ ask }: MirrorRequest) => {
    await systemRuntime.sleep(20)
    if (ask === 'hello') return 'done'
    if (ask === 'digest') return new Uint8Array(32)
    return ask === 'names' ? Array.from({ length: 256 }, () => `name ${1_000_000 + count++}`) : []
  }) as AskMirror
  const over = new AbortController()
  const keys = mirroredKeys({
    ...{ runtime: systemRuntime, table, institution: 'harbour', serveMs: 300 },
    answering: new Answering(systemRuntime, institutionId('harbour'), table),
    entrance: { close: async () => {} },
    connect: async () => ({
      ...{ over: over.signal, close: () => over.abort() },
      ask: request => (over.signal.aborted ? Promise.reject(new Error('hung up')) : ask(request)),
    }),
  })
  const beganMs = systemRuntime.monotonicMs()
  await keys.serve()
  expect(systemRuntime.monotonicMs() - beganMs).toBeLessThan(2_000)
  expect(count).toBeGreaterThan(0)
  expect(() => keys.assertBoth()).toThrow(MirrorAway)
  await keys.close()
})

test('what waits is counted from the oldest that was not told, not from the first of a busy hour', async () => {
  await two.start('b')
  const a = await two.serve('a')
  await inStep(a)
  const endMs = systemRuntime.monotonicMs() + 1_500
  const lags: number[] = []
  // Of two at a time one is always under way.
  const busy = async (who: string) => {
    for (let i = 0; systemRuntime.monotonicMs() < endMs; i++) {
      await a.seal(plainRecords(`${who} ${i}`))
      lags.push(a.standing().lagMs)
    }
  }
  await Promise.all([busy('one'), busy('another'), busy('a third')])
  expect(lags.some(lag => lag > 0)).toBe(true)
  expect(Math.max(...lags)).toBeLessThan(1_000)
})
