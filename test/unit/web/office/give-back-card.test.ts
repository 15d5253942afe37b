/** What a card paid is given back in the office: signed by a passkey, up to what it paid, to the card's account, and proved by the audit. */
import { expect, test, vi } from 'vitest'
import { yuan } from '../../../../src/money.ts'
import { comeIn, officeSite } from '../../../support/at-office.ts'
import { openCardPayee } from '../../../support/card-payee.ts'
import { payWith, settleAll } from '../../../support/day-end.ts'
import { officeWebOf } from '../../../support/paper-browser.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a card payment is listed with what was given back of it, and no more goes back than it paid', () => {
  const runtime = new VirtualRuntime({ seed: 68 })
  return runtime.run(async () => {
    const { world, pay, balances } = await openCardPayee(runtime)
    const night = async () => {
      runtime.jumpWallClock(86_400_000)
      await world.lantern.nightly()
      await settleAll(world)
    }
    await payWith(world, world.vouchers.confirmed, 'by voucher', yuan(40n))
    await night()
    expect(await pay('a', yuan(30n))).toMatchObject({ outcome: 'paid' })
    const [before] = await balances()
    const app = await officeWebOf(world)
    const { browser, device, signer } = await comeIn(app, world, world.shopStaff.maker)
    const begin = async (amount: string) => {
      await browser.open('/payments')
      const row = browser.body.match(/href="(\/payment\?row=\d+)"><strong>Paid by card/)?.[1] ?? ''
      await browser.open(row)
      expect(browser.text).toContain('the account that the card belongs to')
      await browser.send('/payment', { why: 'a torn page', amount })
    }
    const sign = () => browser.send('/give-back', { response: device.get(browser.asked.challenge, officeSite) })
    await begin('30.01')
    expect(browser.status).toBe(422)
    await begin('12')
    await sign()
    expect(browser.text).toContain('¥12.00 given back')
    expect(browser.text).toContain('The bank of the card pays it')
    await begin('18.01')
    expect(browser.text).toContain('No more than ¥18.00')
    expect(await world.lantern.clerk.refunds(9)).toMatchObject([{ clerk: signer.name, reason: 'a torn page' }])
    await browser.open('/payments')
    expect(browser.text).toContain('¥12.00 given back')
    expect(browser.text).toContain('Refund to a card')
    await night()
    expect((await balances())[0]).toEqual({ ...before, minor: before.minor + 1_200n })
    expect(await world.audited()).toEqual([])
    const change = (sql: string) => world.lantern.store.execute(tx => tx.run(sql))
    await change(`UPDATE card_refund SET clerk = 'nobody'`)
    expect((await world.audited()).join()).toContain('something else than was signed')
    await app.close()
    await world.close()
  })
})
