/** The bad line of the tests of calls does what it says, and nothing marks what is not to be marked. */
import { expect, it } from 'vitest'
import type { RtpPacket } from '../../../src/rtp/packet.ts'
import { PacketOrder } from '../../../src/rtp/packet-order.ts'
import { BadLine, type Rates } from '../../calls/terminal/bad-line.ts'

const packets: readonly RtpPacket[] = Array.from({ length: 5_000 }, (_, number) => ({
  ...{ payloadType: 8, marker: number === 0, source: 9 },
  sequence: (65_000 + number) & 0xffff,
  timestamp: (2 ** 32 - 80_000 + 160 * number) >>> 0,
  payload: Uint8Array.from({ length: 160 }, (__, index) => (number * 7 + index * 13) & 0xff),
}))

function through(rates: Rates) {
  const line = new BadLine(rates)
  const passed = packets.flatMap(packet => line.sent(packet))
  const order = new PacketOrder()
  const stretches = passed.flatMap(packet => order.push(packet))
  const sum = (of: (stretch: { gap: number; codes: Uint8Array }) => number) =>
    stretches.reduce((total, stretch) => total + of(stretch), 0)
  return { line, passed, missing: sum(({ gap }) => gap), heard: sum(({ codes }) => codes.length) }
}

it('what it drops is missing to the sample, and what it deletes, repeats and conceals is not', () => {
  const { line, passed, missing, heard } = through({ seed: 3, drop: 0.03, delete: 0.02, repeat: 0.01, conceal: 0.04 })
  const [dropped, deleted, repeated, concealed] = (['drop', 'delete', 'repeat', 'conceal'] as const).map(deed =>
    line.count('sent', deed),
  ) as [number, number, number, number]
  for (const [count, rate] of [
    [dropped, 0.03],
    [deleted, 0.02],
    [repeated, 0.01],
    [concealed, 0.04],
  ] as const)
    expect(Math.abs(count - 5_000 * rate)).toBeLessThan(5 * Math.sqrt(5_000 * rate))
  expect(passed).toHaveLength(5_000 - dropped - deleted + repeated)
  expect(missing).toBe(160 * dropped)
  expect(heard).toBe(160 * passed.length)
  // Under SRTP one number twice would be thrown away.
  expect(new Set(passed.map(({ sequence }) => sequence)).size).toBe(passed.length)
})

it('is told alike from its seed, and otherwise from another', () => {
  const rates = { drop: 0.02, delete: 0.02 }
  const [first, again, other] = [5, 5, 6].map(seed => through({ seed, ...rates }).line.story())
  expect(again).toBe(first)
  expect(other).not.toBe(first)
  expect(first).toMatch(/^sent 5000 packets: drop \d+ .*, delete \d+ .*\nreceived 0 packets: all as they were$/)
})

it('leaves keys alone, numbers apart, and everything while it is off', () => {
  const line = new BadLine({ seed: 1, drop: 1 })
  const key = { ...(packets[0] as RtpPacket), payloadType: 101 }
  expect(line.sent(key)).toEqual([key])
  line.isOn = false
  expect(line.sent(packets[1] as RtpPacket)).toEqual([packets[1]])
})
