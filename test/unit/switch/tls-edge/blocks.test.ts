/** Who is shut out, for how long, and who is not. */
import { expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { type Block, Blocks } from '../../../../src/switch/tls-edge/blocks.ts'

const minuteMs = 60_000

function open() {
  let nowMs = 0
  const told: Block[] = []
  const runtime = { ...systemRuntime, monotonicMs: () => nowMs }
  const blocks = new Blocks(runtime, block => told.push(block))
  return { blocks, told, later: (ms: number) => (nowMs += ms) }
}

const offend = (blocks: Blocks, address: string, times: number) => {
  for (let time = 0; time < times; time++) blocks.offended(address, 'stranger')
}

test('ten offences are borne, the eleventh shuts that address out, and no other', () => {
  const { blocks, told } = open()
  offend(blocks, '192.0.2.1', 10)
  expect(blocks.secondsLeft('192.0.2.1')).toBe(0)
  offend(blocks, '192.0.2.1', 1)
  expect(blocks.secondsLeft('192.0.2.1')).toBe(60)
  expect(blocks.secondsLeft('192.0.2.2')).toBe(0)
  expect(told).toEqual([{ address: '192.0.2.1', why: 'stranger', seconds: 60, secondsLeft: 60 }])
  expect(blocks.now()).toEqual(told)
})

test('each time it is shut out for longer, up to a day, and a day without any makes it the first again', () => {
  const { blocks, later } = open()
  const lasted = () => {
    offend(blocks, '192.0.2.1', 11)
    const seconds = blocks.secondsLeft('192.0.2.1')
    later(seconds * 1_000)
    expect(blocks.secondsLeft('192.0.2.1')).toBe(0)
    return seconds
  }
  expect([lasted(), lasted(), lasted(), lasted(), lasted(), lasted()]).toEqual([60, 300, 1_800, 14_400, 86_400, 86_400])
  later(24 * 60 * minuteMs + 1)
  expect(lasted()).toBe(60)
})

test('what is done while it is shut out makes that no longer, and is counted', () => {
  const { blocks, told, later } = open()
  offend(blocks, '192.0.2.1', 50)
  later(30_000)
  expect(blocks.secondsLeft('192.0.2.1')).toBe(30)
  expect(told).toHaveLength(1)
  expect(blocks.counted().get('stranger')).toBe(50)
  expect(blocks.now()).toEqual([{ address: '192.0.2.1', why: 'stranger', seconds: 60, secondsLeft: 30 }])
})

test('a telephone whose password was typed wrong, and that tries again each minute, is never shut out', () => {
  const { blocks, told, later } = open()
  for (let minute = 0; minute < 1_000; minute++) {
    blocks.offended('192.0.2.1', 'wrong-password')
    later(minuteMs)
  }
  expect(told).toEqual([])
})

test('of many addresses the one that did nothing for longest is forgotten', () => {
  const { blocks } = open()
  offend(blocks, '192.0.2.1', 11)
  for (let other = 0; other < 4_095; other++) blocks.offended(`10.0.${other >> 8}.${other & 255}`, 'no-tls')
  expect(blocks.secondsLeft('192.0.2.1')).toBe(60)
  blocks.offended('10.1.0.0', 'no-tls')
  expect(blocks.secondsLeft('192.0.2.1')).toBe(0)
})
