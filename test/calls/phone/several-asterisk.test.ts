/**
 * Two Asterisk behind Kamailio, with real calls: who may call, that both get calls, that an institution serves callers of both, that a call
 * lands on the other when one is killed or drained, and that nothing is counted that has ended.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { trunkLinesOf } from '../../../bin/trunks.ts'
import { demoLines } from '../../../demo/institutions.ts'
import { emergencyNumbersBeside, extensionsConf, mostCallsPerPhone } from '../../../dialplan/extensions.ts'
import { AriClient, AriRefused } from '../../../src/phone/asterisk/ari-client.ts'
import type { AsteriskLine } from '../../../src/phone/asterisk/asterisk-line.ts'
import {
  type ConnectedEverywhere,
  connectEverywhere,
  type EverywhereNotice,
} from '../../../src/phone/asterisk/connect-everywhere.ts'
import { accepted } from '../../../src/phone/call.ts'
import { serveCall } from '../../../src/phone/serve-call.ts'
import { randomId, systemRuntime, withDeadline } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { freePort } from '../../../src/switch/ports.ts'
import type { Trunk } from '../../../src/switch/trunk-edge/trunk.ts'
import { startAsterisk, type TestAsterisk } from '../harness/asterisk.ts'
import { startPhone } from '../harness/baresip.ts'
import { openProvider, type Provider } from '../harness/provider.ts'
import { callByRtp, type RtpPhone } from '../harness/rtp-phone.ts'
import { SipDialog } from '../harness/sip-dialog.ts'
import { until } from '../harness/until.ts'
import { securePhone } from '../terminal/terminal-stage.ts'
import { toneSpeech } from './tone-speech.ts'

const sounds = mkdtempSync(join(tmpdir(), 'tonebank-several-'))
/** Of the bank. */
const number = demoLines.find(({ institution }) => institution === 'harbour')?.number ?? ''
const publicNumber = '+862161234567'
const callsEach = 25
const accounts = ['desk1', ...Array.from({ length: 16 }, (_, index) => `row${index + 1}`)]

let asterisk: TestAsterisk
let provider: Provider
let bank: ConnectedEverywhere
const notices: EverywhereNotice[] = []
const keyed: string[] = []
/** Who called, as the line knows it, and whether it is proved. */
const callers: [string | undefined, boolean][] = []
let last: AsteriskLine | undefined
const open: RtpPhone[] = []

beforeAll(async () => {
  const speech = toneSpeech(sounds, { 'pay.amount': { frequencyHz: 600, seconds: 0.4 } })
  provider = await openProvider({ host: '127.0.0.9', account: { user: 'nobody', password: new Secret('unused') } })
  const trunk: Trunk = {
    ...{ name: 'carrier', addresses: [], attested: true, numbers: { [publicNumber]: number } },
    ...{ key: randomId(systemRuntime), register: undefined },
    provider: { host: '127.0.0.9', port: provider.port, transport: 'udp' },
    own: { address: '127.0.0.1', port: await freePort(systemRuntime, 'udp', '127.0.0.1') },
    calls: { mostAtOnce: 4, rate: { burst: 30, perMinute: 1 } },
  }
  provider.sendsTo('127.0.0.1', trunk.own.port)
  const dialplan = extensionsConf(demoLines, mostCallsPerPhone, trunkLinesOf([trunk]))
  asterisk = await startAsterisk({
    ...{ soundsFolder: sounds, phones: accounts, dialplan, trunks: [trunk] },
    network: { host: '127.0.0.1', phones: ['room1'] },
    asterisks: {
      ...{ count: 2, callsPerPhone: mostCallsPerPhone, callsEach },
      emergencyNumbers: emergencyNumbersBeside(demoLines),
    },
  })
  bank = await connectEverywhere({
    asterisks: asterisk.switch.asterisks.map(({ name }) => ({ name, ari: asterisk.switch.ariFor('harbour', name) })),
    ...{ application: 'harbour', runtime: systemRuntime, clips: [], drainVariable: 'DRAIN_harbour' },
    onNotice: notice => void notices.push(notice),
    handler: line => {
      last = line
      callers.push([line.callerNumber, line.callerAttested])
      return serveCall(
        line,
        async call => {
          await call.speak('zh')
          const ask = () =>
            call.ask('pay.amount', {
              ...{ phrase: 'pay.amount', digits: { min: 1, max: 6 }, amount: true },
              accept: accepted,
            })
          do keyed.push(await ask())
          while (keyed.at(-1) !== '99')
        },
        { speech, runtime: systemRuntime, transcript: () => {} },
      )
    },
  })
}, 60_000)
afterEach(async () => {
  await Promise.all(open.splice(0).map(leave))
  await until('no call is counted any more', async () => (await counted()).every(count => count === 0), 10_000)
})
afterAll(async () => {
  bank?.close()
  await asterisk?.stop()
  provider?.close()
  rmSync(sounds, { recursive: true })
})

async function leave(phone: RtpPhone): Promise<void> {
  await Promise.race([phone.ended, phone.hangUp().catch(() => {})])
  phone.close()
}

const server = () => asterisk.switch.sip

async function dial(account = 'desk1', transport: 'udp' | 'tcp' = 'udp'): Promise<RtpPhone> {
  const options = { number, telephoneEvent: 101, transport }
  const phone = await callByRtp({ server: server(), account: asterisk.account(account), ...options })
  open.push(phone)
  return phone
}

/** 40 calls and more, of several accounts. */
const dialMany = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => dial(`row${(i % 16) + 1}`)))

const callersAt = () => Promise.all(['1', '2'].map(async name => (await asterisk.switch.callersAt(name)) ?? Number.NaN))

/** What Kamailio counts: the calls at each Asterisk and those of an account, as its metrics say it. */
const counted = async () => [...(await callersAt()), await activeDialogs()]

async function activeDialogs(): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${installation().ports.asteriskSip}/metrics`)).text()
  return Number(/^kamailio_dialog_active_dialogs (\d+)/m.exec(text)?.[1])
}

interface Kept {
  readonly balancerKeys: readonly string[]
  readonly ports: { readonly asteriskSip: number }
  readonly asterisks: readonly { readonly sip: number }[]
}
const installation = (): Kept => JSON.parse(readFileSync(join(asterisk.dataFolder, 'switch/installation.json'), 'utf8'))

test('only who knows a password calls, nothing that is no call passes, and no header of theirs names an account', async () => {
  const wrong = { user: 'desk1', password: new Secret('guessed') }
  const stranger = { user: 'nobody', password: new Secret('guessed') }
  for (const account of [wrong, stranger]) {
    const dialog = await SipDialog.open({ server: server(), account, number })
    expect((await dialog.invite('')).status).toBe(401)
    expect((await dialog.request('REGISTER')).status).toBe(401)
    dialog.close()
  }
  const { sip } = asterisk.switch
  const named = (name: string) => installation().balancerKeys.map(key => `x-tonebank-Account: ${key} ${name}`)
  // Past the edge and Kamailio, to Asterisk itself, and even with the key that nobody is told.
  const direct = await SipDialog.open({
    server: { ...sip, port: asteriskPort() },
    account: asterisk.account('desk1'),
    number,
  })
  expect((await direct.request('INVITE', { headers: named('row1') })).status).toBe(401)
  direct.close()
  // With the key of either Asterisk, whichever is in turn; and whichever of two names Asterisk would look for first.
  for (const [name, another] of [
    ['desk1', 'row1'],
    ['row1', 'desk1'],
  ] as const) {
    const pretending = await SipDialog.open({ server: sip, account: asterisk.account(name), number })
    expect((await pretending.request('INVITE', { headers: named(another) })).status).toBe(200)
    await until('the line has it', () => callers.length > 0)
    expect(callers.splice(0)).toEqual([[name, true]])
    // Neither theirs nor Kamailio's own, with its key: whoever has the call reads neither.
    for (const which of [1, 2, 3]) expect(await told(`X-Tonebank-Account,${which}`)).toBe(undefined)
    expect(await told('Call-ID,1')).toMatch(/^[0-9a-z]{32}$/)
    await pretending.bye()
    pretending.close()
  }
  const mine = await SipDialog.open({ server: sip, account: asterisk.account('desk1'), number })
  for (const method of ['MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'REFER']) {
    expect((await mine.request(method)).status, method).toBe(405)
  }
  mine.close()
})

/** A header of the last caller's INVITE, as its institution may ask for it at either Asterisk. Undefined where there is none, which is a 500. */
async function told(header: string): Promise<string | undefined> {
  for (const { name } of asterisk.switch.asterisks) {
    const ari = await AriClient.open(asterisk.switch.ariFor('harbour', name), systemRuntime)
    try {
      const asked = { channelId: last?.channelId ?? '', variable: `PJSIP_HEADER(read,${header})` }
      return ((await ari.request('channels', 'getChannelVar', asked)) as { value: string }).value
    } catch (error) {
      if (error instanceof AriRefused && error.status === 500) return undefined
      if (!(error instanceof AriRefused && error.isGone)) throw error
    } finally {
      ari.close()
    }
  }
  throw new Error('neither has the call')
}

/** Where the first Asterisk listens. */
const asteriskPort = () => installation().asterisks[0]?.sip ?? 0

test('calls go to both in turn, and the institution hears the keys of both, by UDP and TCP', async () => {
  const [first, second] = [await dial('desk1', 'udp'), await dial('desk1', 'tcp')]
  expect(await callersAt()).toEqual([1, 1])
  expect(bank.calls).toBe(2)
  await say(first, '12')
  await say(second, '34')
  await until('both were heard', () => keyed.includes('12') && keyed.includes('34'), 6_000)
  // Whichever way the telephone came, the line finds it when it hangs up.
  for (const phone of [first, second]) {
    await say(phone, '99')
    await withDeadline(systemRuntime, 'the line hangs up', 6_000, phone.ended)
  }
})

async function say(phone: RtpPhone, keys: string): Promise<void> {
  await until('it is asked', () => phone.received.length > 20)
  for (const key of `${keys}#`) {
    await phone.press(key)
    await systemRuntime.sleep(120)
  }
}

test('a telephone has so many calls at all Asterisk together', async () => {
  for (let count = 0; count < mostCallsPerPhone; count++) await dial('desk1')
  await expect(dial('desk1')).rejects.toThrow(/486/)
  await dial('row1')
})

test('40 calls at once, with room for 25 at each; whoever comes when both are full is told to try again', async () => {
  const phones = await dialMany(40)
  expect(phones).toHaveLength(40)
  expect(await callersAt()).toEqual([20, 20])
  expect(bank.calls).toBe(40)
  await dialMany(8)
  expect((await callersAt()).reduce((sum, count) => sum + count, 0)).toBe(48)
  await Promise.all(['desk1', 'desk1'].map(account => dial(account)))
  await expect(dial('desk1')).rejects.toThrow(/503/)
  expect(await callersAt()).toEqual([callsEach, callsEach])
}, 30_000)

test('one is drained: its calls go on, new ones go to the other, and a second one cannot be drained', async () => {
  const before = [await dial(), await dial()]
  expect(await callersAt()).toEqual([1, 1])
  expect(await asterisk.switch.drainAsterisk('1', true)).toBe('told')
  expect(await asterisk.switch.drainAsterisk('2', true)).toBe('no-other')
  expect(await asterisk.switch.drainAsterisk('3', true)).toBe('unknown')
  await dialMany(6)
  expect(await callersAt()).toEqual([1, 7])
  for (const [index, phone] of before.entries()) await say(phone, `5${index}`)
  await until('its calls go on', () => keyed.includes('50') && keyed.includes('51'), 6_000)
  await asterisk.switch.drainAsterisk('1', false)
  await dialMany(4)
  expect(await callersAt()).toEqual([3, 9])
}, 30_000)

test('one is killed: its call ends, redialling lands on the other at once, and it serves again when it is back', async () => {
  const phones = [await dial(), await dial()]
  process.kill(asterisk.switch.asterisks[0]?.pid ?? 0, 'SIGKILL')
  const beganAtMs = performance.now()
  const endedMs = Promise.race(phones.map(phone => phone.ended.then(() => performance.now() - beganAtMs)))
  await dialMany(4)
  const tookMs = performance.now() - beganAtMs
  // The killed one says nothing until it is back, and one that is back already gets calls, too.
  const all = async () => (await callersAt()).reduce((sum, count) => sum + count, 0)
  await until('both say', async () => !Number.isNaN(await all()), 10_000)
  expect(await all()).toBe(5)
  expect(tookMs).toBeLessThan(5_000)
  expect(await withDeadline(systemRuntime, 'its call ends', 10_000, endedMs)).toBeLessThan(5_000)
  expect(notices).toContainEqual({ notice: 'lost', asterisk: '1' })
  expect(bank.isConnected).toBe(true)
  await until('it is back', () => bank.away.length === 0, 20_000)
  await until(
    'it gets calls again',
    async () => {
      const phone = await dial('row12')
      const [there = 0] = await callersAt()
      open.splice(open.indexOf(phone), 1)
      await leave(phone)
      return there > 0
    },
    20_000,
  )
}, 40_000)

test('telephones of the network come by TLS under SRTP, and an account is of use at its own door alone', async () => {
  for (const keys of ['71', '72']) {
    const opened = await securePhone(asterisk).open(number)
    if (opened.outcome !== 'open') throw new Error(JSON.stringify(opened))
    const { line } = opened
    await systemRuntime.sleep(1_500)
    await line.keys(`${keys}#`)
    await until('it is heard', () => keyed.includes(keys), 6_000)
    expect((await callersAt()).reduce((sum, count) => sum + count, 0)).toBe(1)
    await line.hangUp()
    expect(callers.at(-1)).toEqual(['room1', true])
  }
  await expect(dial('room1')).rejects.toThrow(/401/)
})

test('a provider’s calls reach the number that they may, by both, with the number that it vouches for', async () => {
  for (let calls = 0; calls < 2; calls++) {
    const call = await provider.call(publicNumber, { from: '+8613800138000' })
    expect(call.status).toBe(200)
    await until('the line speaks', () => call.packets() > 20, 5_000)
    expect(callers.at(-1)).toEqual(['+8613800138000', true])
    await call.hangUp()
  }
  expect((await provider.call('9001')).status).toBe(404)
})

test('a telephone that has registered is called by whichever Asterisk', async () => {
  const phone = await startPhone({ server: server(), account: asterisk.account('desk1'), register: true })
  try {
    for (const name of ['1', '2']) {
      const ari = await AriClient.open(asterisk.switch.ariFor('harbour', name), systemRuntime)
      const channelId = `clerk-${name}`
      const asked = { endpoint: 'PJSIP/desk1', app: 'harbour', channelId, timeout: 10 }
      await ari.request('channels', 'originate', asked)
      const state = async () => (await stateOf(ari, channelId)) ?? 'none'
      await until('it rings', async () => (await state()) === 'Ringing')
      await ari.request('channels', 'hangup', { channelId })
      await until('it rings no more', async () => (await state()) === 'none')
      ari.close()
    }
  } finally {
    await phone.quit()
  }
})

async function stateOf(ari: AriClient, channelId: string): Promise<string | undefined> {
  const channels = (await ari.request('channels', 'list')) as { id: string; state: string }[]
  return channels.find(({ id }) => id === channelId)?.state
}
