/** What a caller hears when nobody is there to talk to: real calls into the plain dialplan. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Switch } from '../../src/switch/contract.ts'
import { startAsterisk, type TestAsterisk } from './harness/asterisk.ts'
import { CallFailed, type Phone, type PhoneOptions, startPhone } from './harness/baresip.ts'
import { tonesIn, writeToneClip } from './harness/tone.ts'

/** Each clip is a tone of its own. */
const tones = {
  apologyEn: 400,
  apologyZh: 700,
  unknownEn: 1000,
  unknownZh: 1300,
  busyEn: 1600,
  busyZh: 1900,
  helpEn: 2200,
  helpZh: 2500,
}

let asterisk: TestAsterisk
const phones: Phone[] = []

beforeEach(async () => {
  asterisk = await startAsterisk({ network: { host: '127.0.0.1', phones: ['room1'] } })
  const clip = (path: string, hz: number) => writeToneClip(join(asterisk.soundsFolder, `${path}.alaw`), hz, 1)
  clip('en/apology', tones.apologyEn)
  clip('zh/apology', tones.apologyZh)
  clip('en/busy', tones.busyEn)
  clip('zh/busy', tones.busyZh)
  clip('en/unknown-number', tones.unknownEn)
  clip('zh/unknown-number', tones.unknownZh)
  clip('en/emergency', tones.helpEn)
  clip('zh/emergency', tones.helpZh)
})

afterEach(async () => {
  await Promise.all(phones.splice(0).map(phone => phone.quit()))
  await asterisk.stop()
})

async function phone(options: Partial<PhoneOptions> = {}): Promise<Phone> {
  const started = await startPhone({ server: asterisk.switch.sip, account: asterisk.account('desk1'), ...options })
  phones.push(started)
  return started
}

/** Dials, listens until the other side hangs up, and tells the tones that were heard. */
async function listenTo(number: string, options: Partial<PhoneOptions> = {}): Promise<number[]> {
  const caller = await phone(options)
  await caller.dial(number)
  await caller.untilEnded()
  phones.splice(phones.indexOf(caller), 1)
  const { heard, packets } = await caller.quit()
  expect(packets.received).toBeGreaterThan(90)
  return tonesIn(heard[0] ?? new Int16Array(), Object.values(tones))
}

test('a line whose application is away apologises in both languages', async () => {
  expect(await listenTo('9001')).toEqual([tones.apologyEn, tones.apologyZh])
  expect(await listenTo('8001', { codec: 'PCMU' })).toEqual([tones.apologyEn, tones.apologyZh])
})

test('a number that nobody has is told so, in both languages', async () => {
  expect(await listenTo('5551234')).toEqual([tones.unknownEn, tones.unknownZh])
  expect(await listenTo('*9001')).toEqual([tones.unknownEn, tones.unknownZh])
})

test('whoever dials for help is told that this line cannot, in both languages', async () => {
  expect(await listenTo('110')).toEqual([tones.helpEn, tones.helpZh])
})

test('a wrong password reaches no line', async () => {
  const { user } = asterisk.account('desk1')
  const caller = await phone({ account: { user, password: asterisk.account('desk2').password } })
  await expect(caller.dial('9001')).rejects.toThrow(CallFailed)
})

test('a phone of the network is let in by TLS with SRTP, and by nothing less', async () => {
  const { tls } = asterisk.switch
  if (!tls) throw new Error('no TLS listener')
  const account = asterisk.account('room1')
  expect(await listenTo('9001', { server: tls, account, secure: true })).toEqual([tones.apologyEn, tones.apologyZh])
  const plain = await phone({ account })
  await expect(plain.dial('9001')).rejects.toThrow('401')
  const inClear = await phone({ server: tls, account, secure: true, media: 'plain' })
  await expect(inClear.dial('9001')).rejects.toThrow('488')
})

/** The smallest application: takes every call, answers it, and keeps it until told to let go. */
interface Application {
  readonly taken: string[]
  /** Opens a channel that carries a caller's sound to a program, as for a frame. */
  openMedia(): Promise<void>
  /** Every channel of this Asterisk, by id. */
  channels(): Promise<string[]>
  letGo(): Promise<void>
  leave(): void
}

async function attend(institution: string, on: Switch): Promise<Application> {
  const { url, user, password } = on.ariFor(institution)
  const client = await createRequire(import.meta.url)('ari-client').connect(url, user, password.reveal())
  const taken: string[] = []
  client.on('StasisStart', (event: { args: string[] }, channel: { id: string; answer: () => Promise<void> }) => {
    taken.push(event.args.join(','))
    void channel.answer()
  })
  client.start(institution)
  await new Promise(resolve => client.once('WebSocketConnected', resolve))
  return {
    taken,
    async openMedia() {
      const [app, channelId] = [institution, `tonebank-media-${institution}-${'0'.repeat(32)}`]
      await client.channels.externalMedia({ app, channelId, external_host: '127.0.0.1:9', format: 'alaw' })
      await expect.poll(() => taken).toContain('')
    },
    channels: async () => (await client.channels.list()).map(({ id }: { id: string }) => id),
    async letGo() {
      for (const channel of await client.channels.list()) await channel.hangup()
    },
    leave: () => client.stop(),
  }
}

test('a drained institution keeps its call and gets no new one; the other is not touched', async () => {
  const harbour = await attend('harbour', asterisk.switch)
  const lantern = await attend('lantern', asterisk.switch)
  const first = await phone()
  await first.dial('9001')
  await asterisk.switch.drain('harbour', true)

  expect(await listenTo('9001', { account: asterisk.account('desk2') })).toEqual([tones.busyEn, tones.busyZh])
  const other = await phone({ account: asterisk.account('desk3') })
  await other.dial('8001')
  // Each from an account whose password proves whose it is.
  expect([harbour.taken, lantern.taken]).toEqual([['bank,own'], ['merchant,own']])

  await asterisk.switch.drain('harbour', false)
  const next = await phone({ account: asterisk.account('desk4') })
  await next.dial('9001')
  expect(harbour.taken).toEqual(['bank,own', 'bank,own'])
  await harbour.letGo()
  harbour.leave()
  lantern.leave()
})

test('what was drained stays so when Asterisk is started again', async () => {
  const { pid } = asterisk.switch
  await asterisk.switch.drain('harbour', true)
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
  await expect.poll(() => asterisk.log.join('\n'), { timeout: 10_000 }).toContain('Asterisk is back')
  const harbour = await attend('harbour', asterisk.switch)
  expect(await listenTo('9001')).toEqual([tones.busyEn, tones.busyZh])
  expect(harbour.taken).toEqual([])
  harbour.leave()
})

test('callers of an application that is gone are let go with an apology, those of another are not touched', async () => {
  const harbour = await attend('harbour', asterisk.switch)
  const lantern = await attend('lantern', asterisk.switch)
  const stranded = await phone()
  await stranded.dial('9001')
  const other = await phone({ account: asterisk.account('desk2') })
  await other.dial('8001')
  await harbour.openMedia()
  harbour.leave()
  expect(await asterisk.switch.release('harbour')).toBe(1)
  await stranded.untilEnded(10_000)
  phones.splice(phones.indexOf(stranded), 1)
  const { heard } = await stranded.quit()
  expect(tonesIn(heard[0] ?? new Int16Array(), Object.values(tones))).toEqual([tones.apologyEn, tones.apologyZh])
  expect(await lantern.channels()).toHaveLength(1)
  await other.hangUp()
  lantern.leave()
})
