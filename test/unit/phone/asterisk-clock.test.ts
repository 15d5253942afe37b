/** When something happened in Asterisk, for a process that reads of it late. */
import { describe, expect, it } from 'vitest'
import { AsteriskClock } from '../../../src/phone/asterisk/asterisk-clock.ts'
import { Presses } from '../../../src/phone/asterisk/presses.ts'

const epoch = 1_800_000_000_000

describe('the time of an event', () => {
  it('is when it was made, whenever it is read', () => {
    const clock = new AsteriskClock()
    expect(clock.at(epoch, 1_002)).toBe(1_002)
    // A heap of three, after the process stood still.
    expect([200, 400, 600].map(ms => clock.at(epoch + ms, 1_900))).toEqual([1_202, 1_402, 1_602])
  })

  it('is found with the quickest of the last minute, as clocks drift apart', () => {
    const clock = new AsteriskClock()
    clock.at(epoch, 1_000)
    // Asterisk's clock loses 10 ms in a minute, which would be an hour in a year.
    for (let s = 1; s <= 600; s++) {
      const readAtMs = 1_000 + s * 1_000
      const atMs = clock.at(epoch + s * 1_000 - s / 6, readAtMs)
      expect(atMs).toBeLessThanOrEqual(readAtMs)
      expect(readAtMs - atMs).toBeLessThan(11)
    }
  })

  it('goes on at once when somebody sets a clock far, either way', () => {
    const clock = new AsteriskClock()
    clock.at(epoch, 1_000)
    expect(clock.at(epoch + 3_600_000, 1_300)).toBe(1_300)
    expect(clock.at(epoch + 3_600_200, 1_500)).toBe(1_500)
    expect(clock.at(epoch - 3_600_000, 1_800)).toBe(1_800)
    expect(clock.at(epoch - 3_599_800, 2_000)).toBe(2_000)
  })

  it('goes on within seconds when somebody sets a clock back by little', () => {
    const clock = new AsteriskClock()
    clock.at(epoch, 1_000)
    for (let ms = 0; ms <= 3_500; ms += 500) clock.at(epoch + ms - 1_500, 1_100 + ms)
    expect(clock.at(epoch + 4_000 - 1_500, 5_100)).toBe(5_100)
  })

  it('is right after a standstill of seconds, from the first event that is read', () => {
    const clock = new AsteriskClock()
    clock.at(epoch, 1_000)
    expect([0, 300, 2_400].map(ms => clock.at(epoch + 1_000 + ms, 4_500))).toEqual([2_000, 2_300, 4_400])
    expect(clock.at(epoch + 3_600, 4_600)).toBe(4_600)
  })

  it('is when it is read where an event does not say', () => {
    expect(new AsteriskClock().at(Number.NaN, 7)).toBe(7)
  })
})

it('two presses of one key stay two, though both are read at once', () => {
  const [clock, presses] = [new AsteriskClock(), new Presses()]
  clock.at(epoch, 0)
  const taken = [200, 400].map(ms => presses.take({ key: '7', durationMs: 100, atMs: clock.at(epoch + ms, 450) }))
  expect(taken).toEqual([true, true])
})
