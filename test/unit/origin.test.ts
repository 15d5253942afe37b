/** Who tries together: a browser is its network. */
import { expect, test } from 'vitest'
import { networkOf, originKey } from '../../src/origin.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['no address', 'no address'],
])('%s is of %s', (address, network) => expect(networkOf(address)).toBe(network))

test('all addresses of one network are one origin of pages, and those of two are two', () => {
  const key = (address: string) => originKey({ channel: 'page', address })
  expect(key('2001:db8:1:2::9')).toBe(key('2001:db8:1:2:ffff::1'))
  expect(key('2001:db8:1:2::9')).not.toBe(key('2001:db8:1:3::9'))
})
