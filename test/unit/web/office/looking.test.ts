/** The office of a payee, as its people look at it: today, payments, settlement, files; nobody else sees a thing. */
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { signNoMore } from '../../../../src/keys/person-passkeys.ts'
import { comeIn, officeBrowser, payAtLantern } from '../../../support/at-office.ts'
import { settleAll } from '../../../support/day-end.ts'
import { officeWebOf } from '../../../support/paper-browser.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let app: FastifyInstance

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 66 })
  world = await openWorld({ runtime })
  app = await officeWebOf(world)
})
afterEach(async () => {
  await app.close()
  await world.close()
})

/** To the next business date, and everything settled. */
async function overnight() {
  await runtime.sleep(14 * 3_600_000)
  await world.lantern.nightly()
  await settleAll(world)
}

const paths = ['/desk', '/payments', '/payments.csv?first=2026-11-22&last=2026-11-22', '/settlement']

test('nobody sees anything who has not signed in by a passkey of this payee', () =>
  runtime.run(async () => {
    const stranger = officeBrowser(app)
    for (const path of [...paths, '/settlement/date?date=2026-11-21', '/settlement/report.txt?date=2026-11-21']) {
      await stranger.open(path)
      expect(stranger.url, path).toContain('/?next=')
    }
    const mei = await comeIn(app, world, world.shopStaff.maker)
    expect(mei.browser.url).toBe('/desk')
    expect(mei.browser.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(mei.browser.headers['content-security-policy']).toContain("default-src 'none'")
    const [at, { id }] = [runtime.wallNow(), mei.device]
    const word = { person: mei.signer.keyId, at, signature: signNoMore(mei.signer, world.payee.id, id, at) }
    expect(await world.lantern.peoplePasskeys.letGo(id, word)).toBe('let-go')
    await mei.browser.open('/payments')
    expect(mei.browser.url, 'its passkey was let go').toContain('ended=1')
  }))

test('today shows its date and sums, the register of each bank, and runs-low where little is left', () =>
  runtime.run(async () => {
    const { browser } = await comeIn(app, world, world.shopStaff.maker)
    await payAtLantern(world, 'p', 12n)
    await payAtLantern(world, 'q', 8n)
    await browser.open('/desk')
    expect(browser.text).toContain('2026-11-22 open until 23:00')
    expect(browser.text).toMatch(/Payment ¥20\.00 × 2/)
    // Three vouchers of ¥50 were sold: one is locked, all are in use.
    const fifty = browser.body.match(/<strong>¥50\.00<\/strong>.*?<\/li>/s)?.[0] ?? ''
    expect(fifty).toContain('3 sold and in use, 0 used up or ended')
    const { lantern } = world
    const [standing] = await lantern.office.standings()
    const counted = await lantern.store.read(tx =>
      tx.one<{ count: bigint }>(`SELECT count(*) AS count FROM voucher WHERE state = 'issued' AND minor = 5000`),
    )
    const records = standing?.records.find(({ amount }) => amount.minor === 5_000n)
    expect(records?.unsold).toBe(Number(counted?.count))
    expect(records?.isLow).toBe(false)
    expect(standing?.due.minor, 'three of ¥50 were sold, and nothing is cleared').toBe(15_000n)
    await lantern.store.execute(tx => tx.run(`UPDATE batch_order SET count = 500 WHERE minor = 5000`))
    await browser.open('/desk')
    expect(browser.body.match(/<strong>¥50\.00<\/strong>.*?<\/li>/s)?.[0]).toContain('runs low')
  }))

test('payments are listed newest first, page by page, with the ends of a voucher’s number alone', () =>
  runtime.run(async () => {
    const { browser } = await comeIn(app, world, world.shopStaff.maker)
    const references: string[] = []
    for (let i = 0; i < 27; i++) references.push(await payAtLantern(world, `p${i}`, 1n))
    await browser.open('/payments')
    const { number } = world.vouchers.confirmed
    expect(browser.body).not.toContain(number)
    expect(browser.text).toContain(`${number.slice(0, 4)} •••• ${number.slice(-4)}`)
    expect(browser.text).toContain(references[26])
    expect(browser.text).not.toContain(references[1])
    await browser.open(browser.body.match(/href="(\/payments\?before=\d+)"/)?.[1] ?? '')
    expect(browser.text).toContain(references[1])
    expect(browser.text).not.toContain(references[2])
    expect(browser.body).not.toMatch(/href="\/payments\?before=\d+"/)
  }))

test('a file has every payment of its dates and none of others', () =>
  runtime.run(async () => {
    const { browser } = await comeIn(app, world, world.shopStaff.maker)
    const first = await payAtLantern(world, 'p', 12n)
    await overnight()
    const second = await payAtLantern(world, 'q', 8n)
    await browser.open('/payments.csv?first=2026-11-22&last=2026-11-23')
    expect(browser.url).toContain('/?next=')
    // A night is longer than a session.
    const again = (await comeIn(app, world, world.shopStaff.checker)).browser
    await again.open('/payments.csv?first=2026-11-22&last=2026-11-23')
    expect(again.headers['content-disposition']).toBe('attachment; filename="lantern-2026-11-22-2026-11-23.csv"')
    const { number } = world.vouchers.confirmed
    const ends = `${number.slice(0, 4)} •••• ${number.slice(-4)}`
    const rows = again.body.trim().split('\r\n')
    expect(rows).toHaveLength(3)
    expect(rows[1]).toMatch(new RegExp(`^2026-11-22 [\\d:]+,2026-11-22,Payment,12\\.00,CNY,${first},${ends},harbour$`))
    expect(rows[2]).toContain(`2026-11-23,Payment,8.00,CNY,${second}`)
    await again.open('/payments.csv?first=2026-11-23&last=2026-11-23')
    expect(again.body.trim().split('\r\n')).toHaveLength(2)
    for (const [query, field] of [
      ['first=2026-02-30&last=2026-03-01', 'first'],
      ['first=2026-11-23&last=2026-11-22', 'last'],
    ]) {
      await again.open(`/payments.csv?${query}`)
      expect(again.status).toBe(422)
      expect(again.body).toContain(`href="#${field}"`)
    }
  }))

test('a date that was settled shows state and sums, and its report is a file', () =>
  runtime.run(async () => {
    await payAtLantern(world, 'p', 12n)
    await overnight()
    const { browser } = await comeIn(app, world, world.shopStaff.maker)
    await browser.open('/settlement')
    expect(browser.text).toContain('2026-11-22 harbour reconciled')
    await browser.open('/settlement/date?date=2026-11-22')
    expect(browser.text).toContain('Told: payments ¥12.00 × 1')
    expect(browser.text).toContain('Cleared ¥12.00')
    await browser.open('/settlement/report.csv?date=2026-11-22')
    expect(browser.body).toContain('told capture,1,1200')
    await browser.open('/settlement/report.txt?date=2026-11-22')
    expect(browser.headers['content-type']).toContain('text/plain')
    expect(browser.body).toContain('2026-11-22')
    await browser.open('/settlement/report.txt?date=2026-12-31')
    expect(browser.url).toBe('/settlement')
  }))

test('both languages have every page, none weighs more than 100 KB', () =>
  runtime.run(async () => {
    await payAtLantern(world, 'p', 12n)
    const { browser } = await comeIn(app, world, world.shopStaff.maker)
    for (const url of paths.filter(path => !path.includes('.csv'))) {
      for (const language of ['zh', 'en']) {
        await browser.open(`${url}?lang=${language}`)
        expect(browser.status).toBe(200)
        expect(browser.body).toContain(`lang="${language === 'zh' ? 'zh-CN' : 'en'}"`)
        expect(await browser.weight()).toBeLessThan(100_000)
      }
    }
  }))
