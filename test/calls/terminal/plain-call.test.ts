/** The payment terminal's own telephone in real calls through Asterisk, by UDP. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { startAsterisk, type TestAsterisk } from '../harness/asterisk.ts'
import { until } from '../harness/until.ts'
import { dialplan, Ear, lineOf, numbers, plainPhone } from './terminal-stage.ts'

let asterisk: TestAsterisk
beforeAll(async () => {
  asterisk = await startAsterisk({ dialplan })
})
afterAll(() => asterisk?.stop())

describe('sound', () => {
  it('goes out and comes back within 200 ms, sample by sample', async () => {
    const line = lineOf(await plainPhone(asterisk).open(numbers.echo))
    const ear = new Ear(line)
    await systemRuntime.sleep(300)
    const burst = Float32Array.from({ length: 1600 }, (_, n) => 0.3 * Math.sin(n * n * 0.001))
    const t = performance.now()
    await line.send(burst)
    await until('it comes back', () => ear.heard.some(s => Math.abs(s) > 0.25))
    await systemRuntime.sleep(500)
    const h = ear.heard
    console.log(line.keysAs, ear.missing, h.length, ear.atMs(h.findIndex(s => Math.abs(s) > 0.05)) - t)
    await line.keys('159D')
    await systemRuntime.sleep(800)
    console.log(ear.digits)
    await line.hangUp()
    expect(await line.ended).toBe('hung up here')
  })
})
