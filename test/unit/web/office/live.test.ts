/** What is renewed on the desk while somebody looks, and for how long. */
import type { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { CNY } from '../../../../src/money.ts'
import { loadCatalogue } from '../../../../src/speech/speech.ts'
import { LiveSections } from '../../../../src/web/live-sections.ts'
import { sectionsOf, watching } from '../../../../src/web/office/desk.ts'
import { Words } from '../../../../src/web/words.ts'
import { comeIn, payAtLantern } from '../../../support/at-office.ts'
import { officeWebOf } from '../../../support/paper-browser.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld } from '../../../support/world.ts'

const chunksOf = (stream: Readable): string[] => {
  const chunks: string[] = []
  stream.on('data', chunk => chunks.push(`${chunk}`))
  return chunks
}

test('a payment is told as it happens, what stands still is not, and the stream ends with the session', async () => {
  const runtime = new VirtualRuntime({ seed: 68 })
  await runtime.run(async () => {
    const world = await openWorld({ runtime })
    const { office } = world.lantern
    const words = new Words(loadCatalogue('prompts'), 'en', 'Asia/Shanghai')
    let sums = 0
    const today = () => {
      sums++
      return office.today()
    }
    const live = new LiveSections({
      ...{ runtime, seen: watching({ ...office, today }, runtime), sectionsOf },
      troubled: error => {
        throw error
      },
    })
    let isOpen = true
    const stream = live.read(words, async () => isOpen)
    if (stream === undefined) throw new Error('no stream')
    const chunks = chunksOf(stream)
    let hasEnded = false
    stream.on('end', () => {
      hasEnded = true
    })
    await runtime.sleep(3_500)
    expect(chunks.filter(chunk => chunk.startsWith('data:'))).toHaveLength(1)
    const reference = await payAtLantern(world, 'p', 12n)
    await runtime.sleep(1_500)
    const told = chunks.filter(chunk => chunk.startsWith('data:')).at(-1) ?? ''
    expect(told).toContain(reference)
    expect(told).not.toContain(world.vouchers.confirmed.number)
    // Its sums go over the rows of a day: once at first, and once when something had happened.
    expect(sums).toBe(2)
    isOpen = false
    await payAtLantern(world, 'q', 7n)
    await runtime.sleep(2_500)
    expect(hasEnded).toBe(true)
    expect(chunks.join()).not.toContain('¥7.00')
    live.close()
    await world.close()
  })
})

test('whoever has not signed in hears nothing, and a page that is renewed keeps nobody signed in', async () => {
  const runtime = new VirtualRuntime({ seed: 69 })
  await runtime.run(async () => {
    const world = await openWorld({ runtime })
    expect(world.lantern.currency).toEqual(CNY)
    const app = await officeWebOf(world)
    const { browser } = await comeIn(app, world, world.shopStaff.maker)
    expect(browser.body).toContain('/live.js')
    expect(browser.headers['content-security-policy']).toContain("connect-src 'self'")
    const cookie = `visitor=${browser.cookie('visitor')}`
    const host = 'office.lantern.localhost'
    const ask = (headers: Readonly<Record<string, string>>) =>
      app.inject({ url: '/live', headers: { host, ...headers } })
    expect((await ask({})).statusCode).toBe(303)
    const asked = ask({ cookie })
    // A script that asks again and again, and nobody who does anything, for longer than a session lasts.
    await runtime.sleep(11 * 60_000)
    const { payload, headers } = await asked
    expect(headers['content-type']).toContain('text/event-stream')
    expect(payload, 'it ended by itself').toContain('data: ')
    expect((await ask({ cookie })).statusCode).toBe(303)
    await app.close()
    await world.close()
  })
})
