/** Whoever writes to the bank's database cannot make it tell one voucher's password as another's. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { start as startBank } from '../../../src/bank/start.ts'
import { Unopenable } from '../../../src/keys/keys.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { inProcessMail } from '../../support/in-process-mail.ts'
import { unpackReleased } from '../../support/released.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 36 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

const secrets = ['password_key', 'password_sealed']

/** Columns that change places between the sold record and one of the same amount that was not sold. */
const exchanges: Record<string, readonly string[]> = {
  'their passwords': secrets,
  'their numbers': ['number'],
  'the sealed bytes alone': ['password_sealed'],
  'number and passwords of another place': ['number', ...secrets],
  'everything but what was sold': ['batch', 'serial'],
}

test.each(Object.entries(exchanges))('a bank refuses to tell a record that exchanged %s', (_what, columns) =>
  runtime.run(async () => {
    const { buyer, number } = world.vouchers.unconfirmed
    await world.harbour.store.execute(async tx => {
      const [other] = await tx.all<{ number: string }>(
        `SELECT number FROM stock WHERE state = 'in stock' AND minor = 5000 LIMIT 1`,
      )
      if (other === undefined) throw new Error('no other record')
      // The sale keeps naming the place that it has; constraints stand in the way of a plain exchange.
      await tx.run('PRAGMA defer_foreign_keys = ON')
      const rows = await tx.all<Record<string, string | bigint | Uint8Array>>(
        'SELECT * FROM stock WHERE number IN (?, ?)',
        number,
        other.number,
      )
      await tx.run('DELETE FROM stock WHERE number IN (?, ?)', number, other.number)
      for (const [i, row] of rows.entries()) {
        const taken = Object.fromEntries(columns.map(column => [column, rows[1 - i]?.[column] ?? '']))
        const changed = Object.entries({ ...row, ...taken })
        await tx.run(
          `INSERT INTO stock (${changed.map(([column]) => column)}) VALUES (${changed.map(() => '?')})`,
          ...changed.map(([, value]) => value),
        )
      }
    })
    await expect(world.bank.vouchers(buyer)).rejects.toThrow(Unopenable)
  }),
)

test('what 0.1.0 sealed is told, and refused where keys were exchanged', async () => {
  const released = unpackReleased('0.1.0')
  const folder = released.folderOf('harbour')
  const denominations = [5_000n]
  const payees = [{ id: 'lantern', number: '8001', name: { en: 'Lantern', zh: '灯笼' }, denominations }]
  const settings = { id: 'harbour', name: { en: 'Harbour Bank', zh: '海港银行' }, payees }
  const bank = await startBank({ ...settings, folder }, systemRuntime, inProcessMail(systemRuntime))
  const untold = (await bank.bank.vouchers(released.ada.account)).filter(({ state }) => state === 'unconfirmed')
  expect(untold.length).toBeGreaterThan(0)
  for (const voucher of untold) {
    expect(voucher.state === 'unconfirmed' && voucher.password.reveal()).toMatch(/^\d{8}$/)
  }
  await bank.store.execute(async tx => {
    await tx.run(
      `UPDATE stock SET (password_key, password_sealed) =
         (SELECT password_key, password_sealed FROM stock AS other WHERE state = 'in stock' LIMIT 1)
       WHERE number = ?`,
      untold[0]?.number ?? '',
    )
  })
  await expect(bank.bank.vouchers(released.ada.account)).rejects.toThrow(Unopenable)
  await bank.close()
  released.dispose()
})
