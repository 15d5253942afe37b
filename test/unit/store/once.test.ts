import { describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { decided, type IntendedRequest, once } from '../../../src/store/once.ts'
import { openStore } from '../../../src/store/open.ts'
import { institutionId, intentId } from '../../support/ids.ts'

const open = () => openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: [] })
const intent: IntendedRequest = {
  tenant: institutionId('harbour'),
  principal: '1001',
  id: intentId('a1'),
  kind: 'sale',
  request: { payee: 'lantern', minor: 500n },
}

describe('once', () => {
  test('the same request has the same outcome and is decided once', async () => {
    const store = open()
    let decisions = 0
    const ask = () =>
      store.execute(tx => once(tx, intent, async () => ({ outcome: 'sold', number: ++decisions, minor: 5n })))
    const first = await ask()
    expect(await ask()).toEqual(first)
    expect(first).toEqual({ outcome: 'sold', number: 1, minor: 5n })
    expect(decisions).toBe(1)
  })

  test.each([
    ['another amount', { request: { payee: 'lantern', minor: 501n } }],
    ['a number instead of a bigint', { request: { payee: 'lantern', minor: 500 } }],
    ['another kind', { kind: 'transfer' }],
  ])('the same id for %s is refused and nothing is done', async (_, other) => {
    const store = open()
    await store.execute(tx => once(tx, intent, async () => 'done'))
    const again = store.execute(tx =>
      once(tx, { ...intent, ...other }, async () => {
        throw new Error('decided again')
      }),
    )
    expect(await again).toEqual({ outcome: 'intent-reused' })
  })

  test("an id is its principal's and its institution's own", async () => {
    const store = open()
    const ask = (other: Partial<IntendedRequest>, outcome: string) =>
      store.execute(tx => once(tx, { ...intent, ...other }, async () => outcome))
    expect(await ask({}, 'a')).toBe('a')
    expect(await ask({ principal: '1002' }, 'b')).toBe('b')
    expect(await ask({ tenant: institutionId('north') }, 'c')).toBe('c')
    const became = (principal: string) => store.read(tx => decided(tx, intent.tenant, { principal, id: intent.id }))
    expect(await became('1001')).toEqual({ kind: 'sale', outcome: 'a' })
    expect(await became('1002')).toEqual({ kind: 'sale', outcome: 'b' })
    expect(await became('1003')).toBeUndefined()
  })

  test('a secret can be neither request nor outcome', async () => {
    const store = open()
    const asked = { ...intent, request: { pin: new Secret('123456') } } as unknown as IntendedRequest
    await expect(store.execute(tx => once(tx, asked, async () => 'x'))).rejects.toThrow(TypeError)
    const told = store.execute(tx => once(tx, intent, async () => ({ password: new Secret('12345678') })))
    await expect(told).rejects.toThrow(TypeError)
    expect(await store.read(tx => tx.all('SELECT * FROM once'))).toEqual([])
  })

  test('outcomes are never changed or forgotten', async () => {
    const store = open()
    await store.execute(tx => once(tx, intent, async () => 'a'))
    await expect(store.execute(tx => tx.run("UPDATE once SET outcome = 'b'"))).rejects.toThrow('for ever')
    await expect(store.execute(tx => tx.run('DELETE FROM once'))).rejects.toThrow('for ever')
    const replace =
      'INSERT OR REPLACE INTO once SELECT tenant, principal, id, kind, request_hash, outcome, trace FROM once'
    await expect(store.execute(tx => tx.run(replace))).rejects.toThrow('for ever')
  })
})
