/** Notices go out there: to this machine and its network only where somebody at this machine has named the address. */

import type { LookupAddress, lookup } from 'node:dns'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { webhookAddress } from '../../../src/merchant/till/webhook-address.ts'
import { sendWebhook } from '../../../src/web/send-webhook.ts'

const heard: string[] = []
let server: Server
let port: number

beforeEach(async () => {
  heard.length = 0
  server = createServer((asked, answer) => {
    asked.on('data', data => heard.push(String(data)))
    asked.on('end', () => answer.writeHead(302, { location: '/elsewhere' }).end())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => new Promise(resolve => server.close(resolve)))

const send = (url: string, mayBeHere: boolean, means?: readonly string[]) => {
  const lookUp = ((_: string, __: unknown, found: (error: null, addresses: readonly LookupAddress[]) => void) =>
    found(
      null,
      (means ?? []).map(address => ({ address, family: isIP(address) })),
    )) as unknown as typeof lookup
  const headers = { 'tonebank-event': 'one' }
  const { signal } = new AbortController()
  return sendWebhook({ url, mayBeHere, headers, body: 'paid', signal }, means && lookUp)
}

describe('of this machine', () => {
  test('a name is asked where somebody at it has named it, and nowhere that it points on to', async () => {
    expect(await send(`http://localhost:${port}/`, true)).toBe(302)
    expect(heard).toEqual(['paid'])
  })

  test.each(['127.0.0.1', 'localhost', 'here.localhost'])('%s is not asked for somebody at a page', async host => {
    await expect(send(`http://${host}:${port}/`, false)).rejects.toThrow('of this machine')
    expect(heard).toEqual([])
  })

  test.each([[['127.0.0.1']], [['93.184.216.34', '127.0.0.1']], [['10.0.0.5']], [['::1']]])(
    'nor is it by a name that stands for %s',
    async means => {
      await expect(send(`http://shop.example:${port}/`, false, means)).rejects.toThrow('of this machine')
      expect(heard).toEqual([])
    },
  )
})

const own = [
  ...['127.0.0.1:8443', '2130706433', '0x7f.1', 'localhost', 'localhost.', 'x.localhost', '[::1]', '[::]', '0.0.0.0'],
  ...['10.0.0.5', '172.16.9.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '[fe80::1]', '[fd00::1]'],
  ...[
    '[::ffff:127.0.0.1]',
    '[::ffff:10.0.0.5]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '224.0.0.1',
    '255.255.255.255',
  ],
]

test.each(own)('nobody at a page has a shop told at https://%s/', host => {
  expect(webhookAddress(`https://${host}/x`, { isHere: false })).toBe('not-safe')
  expect(webhookAddress(`https://${host}/x`, { isHere: true }), 'by a command').toHaveProperty('href')
})

test.each(['shop.example', '93.184.216.34', '[2606:4700::1111]'])('a shop may be told at https://%s/', host => {
  expect(webhookAddress(`https://${host}/x`, { isHere: false })).toHaveProperty('href')
})
