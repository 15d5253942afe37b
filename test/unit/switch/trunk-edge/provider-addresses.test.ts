/** Where a provider is, when its name has several addresses or is told others each time. */
import { expect, test } from 'vitest'
import { ProviderAddresses } from '../../../../src/switch/trunk-edge/provider-addresses.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const

function world(...answers: (readonly string[] | Error)[]) {
  const runtime = new VirtualRuntime()
  const lookUps: string[] = []
  const addresses = new ProviderAddresses(
    'sip.provider.example',
    async host => {
      lookUps.push(host)
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? []
      if (answer instanceof Error) throw answer
      return answer
    },
    runtime,
  )
  return {
    ...{ addresses, lookUps },
    later: (ms: number) => runtime.run(() => runtime.sleep(ms)),
    current: () => runtime.run(() => addresses.current()),
  }
}

test('calls are admitted from all of them, and one is spoken to without asking each time', async () => {
  const { addresses, lookUps, current } = world([b, a])
  expect([a, b].map(each => addresses.admits(each))).toEqual([false, false])
  expect(await current()).toBe(b)
  expect(await current()).toBe(b)
  expect(lookUps).toHaveLength(1)
  expect([a, b, c].map(each => addresses.admits(each))).toEqual([true, true, false])
})

test('one that answers is kept when the name is told another first, and the other is admitted', async () => {
  const { addresses, lookUps, current, later } = world([a], [b, a], [b])
  expect(await current()).toBe(a)
  await later(301_000)
  expect(await current()).toBe(a)
  await later(301_000)
  expect(await current()).toBe(a)
  await later(1)
  expect(lookUps).toHaveLength(3)
  expect([a, b].map(each => addresses.admits(each))).toEqual([true, true])
})

test('when one does not answer it is the turn of the next, of all of them', async () => {
  const { addresses, current } = world([b, a, c], [a, c, b], [c, b, a], [b, c, a])
  const spokenTo = [await current()]
  for (let times = 0; times < 3; times++) {
    addresses.unanswered()
    spokenTo.push(await current())
  }
  expect(spokenTo).toEqual([b, c, a, b])
})

test('what was found is kept while nobody knows the name, and forgotten an hour after it was told last', async () => {
  const { addresses, current, later } = world([a, b], new Error('no answer'), [b])
  expect(await current()).toBe(a)
  addresses.unanswered()
  expect(await current()).toBe(b)
  await later(3_599_000)
  expect(addresses.admits(a)).toBe(true)
  await later(1_000)
  expect([a, b].map(each => addresses.admits(each))).toEqual([false, true])
})

test('a name that leads nowhere has none, and an address is its own', async () => {
  const { addresses, current } = world(new Error('no such name'))
  await expect(current()).rejects.toThrow('no such name')
  expect(addresses.admits(a)).toBe(false)
  const own = new ProviderAddresses(a, () => Promise.reject(new Error('asked')), new VirtualRuntime())
  own.unanswered()
  expect([await own.current(), own.admits(a), own.admits(b)]).toEqual([a, true, false])
})
