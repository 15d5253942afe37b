/** Keys of shops' programs and how their shops hear of payments, and what waits for a second person, as people see them in the office. */
import { expect, test } from 'vitest'
import { signProposal } from '../../../../src/keys/approval.ts'
import { drawApiKey, signNewKey, signRevocation } from '../../../../src/merchant/till/api-keys.ts'
import { yuan } from '../../../../src/money.ts'
import { now, randomId } from '../../../../src/runtime.ts'
import { Secret } from '../../../../src/secret.ts'
import { comeIn } from '../../../support/at-office.ts'
import { intentId } from '../../../support/ids.ts'
import { officeWebOf } from '../../../support/paper-browser.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld } from '../../../support/world.ts'

test('each key with what its shop was told, what fails and what was given up; no address behind its origin', () => {
  const runtime = new VirtualRuntime({ seed: 70 })
  return runtime.run(async () => {
    const world = await openWorld({ runtime })
    const { lantern, payee, vouchers } = world
    const { apiKeys, till, notices } = lantern
    const { maker } = world.shopStaff
    const at = now({ runtime })
    const webhook = 'https://shop.example/hear?token=s3cret'
    const { presented, key } = drawApiKey(runtime, { name: 'Corner shop', webhook })
    await apiKeys.add(key, signNewKey(maker, payee.id, key, at))
    const old = drawApiKey(runtime, { name: 'Old shop', webhook: undefined })
    await apiKeys.add(old.key, signNewKey(maker, payee.id, old.key, at))
    await apiKeys.revoke(old.key.id, signRevocation(maker, payee.id, old.key.id, at))
    const known = await till.identify(presented)
    if (known === undefined) throw new Error('no key')
    const { number, password } = vouchers.confirmed
    for (const [i, order] of ['A-1', 'A-2', 'A-3'].entries()) {
      const paid = await till.pay({
        ...{ key: known, intent: intentId(order), number, password: new Secret(password), amount: yuan(1n), order },
      })
      expect(paid.outcome).toBe('paid')
      const notice = await notices.next()
      if (notice === undefined) throw new Error('no notice')
      if (i === 0) await notices.delivered(notice)
      else if (i === 1)
        for (let tries = 0; tries < 25; tries++) await notices.failed({ ...notice, tries }, 'it answered 500')
      else await notices.failed(notice, 'it answered 500')
    }
    const app = await officeWebOf(world)
    const { browser } = await comeIn(app, world, maker)
    await browser.open('/shops')
    const listed = browser.body.match(/<li><span><strong>.*?<\/li>/gs) ?? []
    const of = (name: string) => listed.find(each => each.includes(name)) ?? ''
    const [corner, gone] = [of('Corner shop'), of('Old shop')]
    expect(corner).toContain('1 told')
    expect(corner).toContain('1 to be told')
    expect(corner).toContain('1 tried in vain; next try')
    expect(corner).toContain('1 given up')
    expect(corner).toContain('https://shop.example')
    expect(browser.body).not.toContain('s3cret')
    expect(browser.body).not.toContain(presented.reveal())
    expect(gone).toContain('revoked')
    await browser.open('/shops?lang=zh')
    expect(browser.body).toContain('lang="zh-CN"')
    await app.close()
    await world.close()
  })
})

test('what one has proposed and no page decides waits there for another, with the command that approves it', () => {
  const runtime = new VirtualRuntime({ seed: 71 })
  return runtime.run(async () => {
    const world = await openWorld({ runtime })
    const { lantern, payee, shopStaff } = world
    const what = { tenant: payee.id, kind: 'rotate-key', request: { purpose: 'envelope' }, why: 'a year has gone' }
    const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
    const proposed = await lantern.decisions.propose(signProposal(shopStaff.maker, what, drawn))
    if (proposed.outcome !== 'proposed') throw new Error(proposed.outcome)
    const app = await officeWebOf(world)
    const { browser } = await comeIn(app, world, shopStaff.checker)
    await browser.open('/settlement')
    expect(browser.text).toContain('rotate-key')
    expect(browser.text).toContain(shopStaff.maker.name)
    expect(browser.text).toContain(`tonebank approve lantern ${proposed.digest}`)
    await browser.open(`/proposal?digest=${proposed.digest}`)
    expect(browser.url).toBe('/settlement')
    await app.close()
    await world.close()
  })
})
