/** The code by which a passkey is enrolled at the bank's page: spoken to whoever has signed in, a new one each time. */
import { expect, test } from 'vitest'
import { Secret } from '../../../src/secret.ts'
import { heard, openTown, signingIn } from './callers.ts'

const asking = { 'bank.menu': ['7', 'hang up'], 'access.menu': ['2', '9'], 'passkey.written': ['2', '1'] }

test('is told until it is written down, in both languages, and only the last one is good', async () => {
  const { world, runtime, callBank } = await openTown()
  const { cai } = world.customers
  const english = await callBank({ ...signingIn(cai), ...asking })
  expect(heard(english, 'passkey.intro')).toEqual([
    'On our web page, sign in, choose to set up a passkey, and enter the code that follows. It is good once, for 15 minutes. We never ask you for it by telephone.',
  ])
  const told = heard(english, 'passkey.password')
  expect(told).toHaveLength(2)
  expect(told[0]).toMatch(/^The code is: \d{4} \d{4}\.$/)
  expect(told[1]).toBe(told[0])
  expect(english.said.at(-1)).toBe('bank.menu')

  const mandarin = await callBank({ ...signingIn(cai), ...asking, 'language.choose': ['', '2'] })
  const again = heard(mandarin, 'passkey.password')
  expect(again[0]).toMatch(/^代码是，\d{4} \d{4}。$/)

  await runtime.run(async () => {
    const { passkeys } = world.harbour
    const codeIn = (sentence = '') => new Secret(sentence.replace(/\D/g, ''))
    expect(await passkeys.tryCode({ account: cai.account, code: codeIn(told[0]) })).toEqual({
      ...{ outcome: 'wrong', triesLeft: 2 },
    })
    expect(await passkeys.tryCode({ account: cai.account, code: codeIn(again[0]) })).toMatchObject({ outcome: 'right' })
  })
  expect(JSON.stringify(english.events)).not.toContain((told[0] ?? '').replace(/\D/g, ''))
  expect(await world.audited()).toEqual([])
})

test('whoever hangs up in the middle of it asks for another one', async () => {
  const { world, callBank } = await openTown()
  const { cai } = world.customers
  const cut = await callBank({ ...signingIn(cai), ...asking, 'passkey.written': 'hang up' })
  const next = await callBank({ ...signingIn(cai), ...asking, 'passkey.written': '1' })
  expect(heard(next, 'passkey.password')).not.toEqual(heard(cut, 'passkey.password'))
})
