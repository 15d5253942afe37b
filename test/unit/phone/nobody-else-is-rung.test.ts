/**
 * Calls begin to clerks' telephones alone. Whatever is asked for besides (numbers of the telephone network, trunks, the dialplan, addresses,
 * other accounts) asks Asterisk for nothing, and no other line of the program begins a call.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { AriClient } from '../../../src/phone/asterisk/ari-client.ts'
import { Channels } from '../../../src/phone/asterisk/channels.ts'
import { ClerkPhones } from '../../../src/phone/asterisk/clerks/clerk-phones.ts'
import { Playbacks } from '../../../src/phone/asterisk/playbacks.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { foreignNumbers, malformedDialStrings, strangeDialStrings } from '../../calls/harness/dial-strings.ts'

const strange = [
  ...foreignNumbers,
  ...strangeDialStrings,
  ...malformedDialStrings,
  ...[
    '',
    'bo',
    'LIN',
    'lin ',
    ' lin',
    'lin\n',
    'lin\0',
    'PJSIP/lin',
    'lin/sip:1@192.0.2.1',
    'lin@trunk-city',
    'lin&bo',
  ],
  ...[
    'Local/9001@callers',
    'PJSIP/+442079460000@trunk-city',
    'trunk-city',
    'lin,30',
    'lin?app=other',
    '../lin',
    '%6cin',
  ],
]

/** Asterisk says of every account that it is registered and free. */
function world(accounts: readonly string[]) {
  const requests: string[] = []
  const request = async (resource: string, operation: string, parameters: Record<string, unknown>) => {
    requests.push(`${resource} ${operation} ${String(parameters['endpoint'] ?? parameters['resource'])}`)
    return resource === 'endpoints' ? { state: 'online', channel_ids: [] } : undefined
  }
  const ari = { request } as unknown as AriClient
  const shared = { ari, channels: new Channels(ari), application: 'harbour', runtime: systemRuntime }
  const playbacks = new Playbacks(ari, systemRuntime)
  return { clerks: new ClerkPhones({ ...shared, playbacks, accounts, onFault: () => {} }), requests }
}

const over = new AbortController().signal

it.each(strange)('%j is not rung', async account => {
  const { clerks, requests } = world(['lin'])
  await expect(clerks.ring(account, 1_000, over)).rejects.toThrow(TypeError)
  expect([requests, await clerks.onDuty([account])]).toEqual([[], { free: [], busy: [] }])
})

it('nor is what stands on the list and is no plain name of an account', async () => {
  for (const account of strange.filter(each => !/^[a-z][a-z0-9-]{0,30}$/.test(each))) {
    const { clerks, requests } = world([account])
    await expect(clerks.ring(account, 1_000, over)).rejects.toThrow(TypeError)
    expect(requests).toEqual([])
  }
})

it('a clerk is, at the account and nowhere else', async () => {
  const { clerks, requests } = world(['lin'])
  const given = new AbortController()
  const ringing = clerks.ring('lin', 1_000, given.signal)
  await systemRuntime.sleep(20)
  given.abort()
  expect(await ringing).toBeUndefined()
  expect(requests.slice(0, 2)).toEqual(['endpoints get lin', 'channels originateWithId PJSIP/lin'])
})

it('one place in the program begins a call, and nothing in the dialplan dials', () => {
  const begins = /originate|channels', 'create'|\bDial\(|Originate\(/
  const files = ['src', 'ivr', 'bin', 'dialplan', 'asterisk-conf', 'demo'].flatMap(folder =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(name => /\.(ts|mjs|conf|list)$/.test(name))
      .map(name => join(folder, name)),
  )
  const found = files.filter(file => begins.test(readFileSync(file, 'utf8')))
  expect(found).toEqual(['src/phone/asterisk/channels.ts'])
})
