import { expect, test } from 'vitest'
import { isIPv4Network, permitted } from '../../src/ipv4-networks.ts'

test('an address is permitted by itself or within a network, and no other is', () => {
  const isPermitted = permitted(['192.0.2.7', '203.0.113.128/25'])
  const all = ['192.0.2.7', '203.0.113.128', '203.0.113.255', '192.0.2.8', '203.0.113.127', '::ffff:192.0.2.7', '', 'x']
  expect(all.filter(isPermitted)).toEqual(all.slice(0, 3))
  expect(permitted([])('127.0.0.1')).toBe(false)
})

test('what is no IPv4 network is told apart', () => {
  expect(['10.0.0.0/8', '1.2.3.4', '0.0.0.0/0'].every(isIPv4Network)).toBe(true)
  for (const other of ['10.0.0.0/33', '10.0.0/8', '::1', 'a.example', '1.2.3.4/', '1.2.3.4/8/8', ''])
    expect([other, isIPv4Network(other)]).toEqual([other, false])
})
