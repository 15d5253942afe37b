import { expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'

test('a day', async () => {
  const runtime = new VirtualRuntime({ seed: 7 })
  await runtime.run(async () => {
    const errors: unknown[] = []
    const world = await openWorld({ runtime, troubled: e => { errors.push(e); console.log(e) } })
    const { merchant, vouchers, harbour, lantern } = world
    const { number, password } = vouchers.confirmed
    const opening = await merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
    if (opening.outcome !== 'open') throw new Error(opening.outcome)
    for (const n of [1n, 2n, 3n]) {
      const paid = await merchant.pay({ intent: intentId(`p${n}`), session: opening.session, amount: yuan(n) })
      expect(paid.outcome).toBe('paid')
    }
    runtime.jumpWallClock(86_400_000)
    await lantern.nightly()
    for (let i = 0; i < 5; i++) {
      await lantern.dayEnd.idle()
      await lantern.mail.idle()
      await harbour.dayEnd.idle()
      await harbour.mail.idle()
    }
    console.log(await lantern.store.read(tx => tx.all('SELECT number, date, state, lines, captured, terminated FROM day_end_file')))
    console.log(await harbour.store.read(tx => tx.all('SELECT number, date, state, lines, received, checked FROM payee_file')))
    console.log(await harbour.store.read(tx => tx.all("SELECT account, posted FROM balance WHERE account NOT LIKE 'deposit%'")))
    console.log(await lantern.store.read(tx => tx.all("SELECT account, posted FROM balance WHERE posted <> 0")))
    console.log(await lantern.store.read(tx => tx.all("SELECT * FROM clearing_alarm")), await harbour.store.read(tx => tx.all("SELECT * FROM clearing_alarm")))
    expect(errors).toEqual([])
    await world.close()
  })
}, 30_000)
