import { expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { isOwnAddress } from '../../../src/switch/own-addresses.ts'

test('the loopback and the addresses of the network cards are this machine, as they are now', () => {
  let nowMs = 0
  let cards = ['192.0.2.7']
  let looks = 0
  const isOwn = isOwnAddress({ ...systemRuntime, monotonicMs: () => nowMs }, () => {
    looks++
    return cards
  })
  for (const address of ['127.0.0.1', '127.8.8.8', '192.0.2.7']) expect(isOwn(address), address).toBe(true)
  for (const address of ['192.0.2.8', '12.7.0.0', '1.127.0.0', '']) expect(isOwn(address), address).toBe(false)

  cards = ['198.51.100.3']
  expect(isOwn('198.51.100.3')).toBe(false)
  expect(looks).toBe(1)
  nowMs = 1_001
  expect(isOwn('198.51.100.3')).toBe(true)
  expect(isOwn('192.0.2.7')).toBe(false)
  expect(looks).toBe(2)
})
