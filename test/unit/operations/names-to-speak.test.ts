/** Names of new customers are rendered beside the calls, in order, however often the synthesiser fails. */
import { expect, test } from 'vitest'
import { parseAccountNumber } from '../../../src/ids.ts'
import { NamesToSpeak, withNames } from '../../../src/operations/names-to-speak.ts'
import { Secret } from '../../../src/secret.ts'
import type { SpokenName } from '../../../src/speech/speech.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const named = (en: string): SpokenName => ({ en, zh: en })

test('what fails is tried again, later and later, and nobody is forgotten', () => {
  const runtime = new VirtualRuntime({ seed: 4 })
  return runtime.run(async () => {
    const tried: string[] = []
    const troubles: unknown[] = []
    let failures = 3
    const names = new NamesToSpeak(
      runtime,
      async each => {
        tried.push(each.map(({ en }) => en).join(' '))
        if (failures-- > 0) throw new Error('no voice today')
      },
      trouble => troubles.push(trouble),
    )
    names.add(named('Ada'))
    names.add(named('Bo'))
    await runtime.sleep(60_000)
    expect(tried).toEqual(['Ada', 'Ada Bo', 'Ada Bo', 'Ada Bo'])
    expect(troubles).toHaveLength(3)
    names.add(named('Cai'))
    await runtime.sleep(1)
    expect(tried.at(-1)).toBe('Cai')
  })
})

test('when the institution closes, nothing is tried any more', () => {
  const runtime = new VirtualRuntime({ seed: 5 })
  return runtime.run(async () => {
    let tried = 0
    const render = async () => {
      tried++
      throw new Error('no voice today')
    }
    const names = new NamesToSpeak(runtime, render, () => {})
    names.add(named('Ada'))
    await runtime.sleep(1)
    names.close()
    await runtime.sleep(3_600_000)
    expect(tried).toBe(1)
  })
})

test('an account that is opened has its holder named', async () => {
  const added: SpokenName[] = []
  const names = { add: (name: SpokenName) => added.push(name) } as unknown as NamesToSpeak
  const account = parseAccountNumber('999999')
  const opened = { account, pin: new Secret('739251') } as never
  const { 'customers.open': open } = withNames({ 'customers.open': async () => opened }, names)
  const nobody = { tell: () => {}, listen: () => {} }
  expect(await open?.({ name: named('Ada') }, nobody)).toBe(opened)
  expect(added).toEqual([named('Ada'), { en: 'A.', zh: 'A某a' }])
  expect(withNames({}, names)).toEqual({})
})
