/**
 * An ordinary telephone rings a line by a provider's trunk: the provider takes our registration by digest, and its calls reach the numbers
 * that the installation gives to lines. Others it cannot ask for, strangers are not answered, and nothing is dialled out.
 */
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { trunkLinesOf } from '../../../bin/trunks.ts'
import { demoLines } from '../../../demo/institutions.ts'
import { extensionsConf } from '../../../dialplan/extensions.ts'
import { aLaw } from '../../../src/g711.ts'
import { randomId, systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { freePort } from '../../../src/switch/ports.ts'
import { type Trunk, trunkExtension } from '../../../src/switch/trunk-edge/trunk.ts'
import { foreignNumbers, malformedDialStrings, strangeDialStrings } from '../harness/dial-strings.ts'
import { openProvider, type Provider } from '../harness/provider.ts'
import { openSipTransport } from '../harness/sip-transport.ts'
import { tonesIn } from '../harness/tone.ts'
import { until } from '../harness/until.ts'
import { FrameStage } from './frame-stage.ts'

const account = { user: 'tonebank-4711', password: new Secret('what the provider gave us') }
const number = '+862161234567'
const caller = '+8613800138000'

let stage: FrameStage
let trusted: Provider
let other: Provider
let trunks: Trunk[]
/** Who called, as the line knows it, and whether it is proved. */
let came: [string | undefined, boolean][] = []

beforeAll(async () => {
  trusted = await openProvider({ host: '127.0.0.9', account })
  other = await openProvider({ host: '127.0.0.10', account })
  const common = { addresses: [], calls: { mostAtOnce: 2, rate: { burst: 30, perMinute: 1 } } }
  trunks = [
    {
      ...{ ...common, name: 'carrier', attested: true, numbers: { [number]: '9001' }, key: randomId(systemRuntime) },
      provider: { host: '127.0.0.9', port: trusted.port, transport: 'udp' },
      own: { address: '127.0.0.1', port: await freePort(systemRuntime, 'udp', '127.0.0.1') },
      register: { account, seconds: 120 },
    },
    {
      ...{ ...common, name: 'second', attested: false, numbers: { 4711: '9001' }, key: randomId(systemRuntime) },
      provider: { host: '127.0.0.10', port: other.port, transport: 'udp' },
      own: { address: '127.0.0.1', port: await freePort(systemRuntime, 'udp', '127.0.0.1') },
      register: undefined,
    },
  ]
  for (const [index, provider] of [trusted, other].entries())
    provider.sendsTo('127.0.0.1', trunks[index]?.own.port ?? 0)
  const dialplan = extensionsConf(demoLines, 4, trunkLinesOf(trunks))
  stage = await FrameStage.open({ 'sign-in.account': { frequencyHz: 500, seconds: 1 } }, { dialplan, trunks })
  await stage.connect()
  stage.script = async call => {
    came.push([call.callerNumber, call.callerAttested])
    await call.say('sign-in.account')
    await call.say('sign-in.account')
  }
})
afterEach(async () => {
  await stage.clear()
  came = []
})
afterAll(async () => {
  // Its provider is gone before it has taken the registration back.
  trusted?.close()
  other?.close()
  await stage?.close()
  for (const { own } of trunks ?? []) await portIsFree(own)
})

/** Whoever starts the switch again finds its ports. */
async function portIsFree({ address, port }: { readonly address: string; readonly port: number }): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address, port, exclusive: true }, resolve)
  })
  socket.close()
}

const states = () => stage.asterisk.switch.trunks().map(({ state }) => state)

describe('a provider', () => {
  it('takes the registration by its password, and is known to be there', async () => {
    await trusted.untilRegistered()
    expect(trusted.contact).toContain(`<sip:tonebank@127.0.0.1:${trunks[0]?.own.port};transport=udp>`)
    await until('both are well', () => states().join() === 'registered,reachable')
  })

  it('passes on a call to a number of a line, whose greeting is heard', async () => {
    const call = await trusted.call(number)
    expect(call.status).toBe(200)
    await until('the line speaks', () => call.packets() > 75, 5_000)
    expect(tonesIn(samplesOf(call.heard()), [300, 500, 700])).toEqual([500])
    expect(came).toEqual([[caller, true]])
    await until('the line hangs up', () => trusted.asked.some(({ method }) => method === 'BYE'))
    await call.hangUp()
  })

  it('vouches for a number that stands there once, is not withheld, and that it did not find forged', async () => {
    const other = '+8613900139000'
    const told: [string, readonly string[], [string | undefined, boolean]][] = [
      ['anonymous', [], [undefined, false]],
      // Withheld, it reaches nobody, wherever it stands.
      [caller, ['Privacy: id'], [undefined, false]],
      ['anonymous', [`P-Asserted-Identity: <sip:${other}@x>`, 'Privacy: id'], [undefined, false]],
      [caller, [`Remote-Party-ID: <sip:${other}@x>`], [caller, false]],
      [caller, [`P-Asserted-Identity: <sip:${other}@x;verstat=TN-Validation-Failed>`], [caller, false]],
      ['anonymous', [`P-Asserted-Identity: <sip:${other}@x>`, 'Privacy: none'], [other, true]],
    ]
    for (const [from, headers, known] of told) {
      const call = await trusted.call(number, { from, headers })
      expect(call.status).toBe(200)
      await until('the line has it', () => came.length > 0)
      await call.hangUp()
      expect([headers, came.splice(0)]).toEqual([headers, [known]])
    }
  })

  it('cannot be made to vouch by what a caller writes into a header that Asterisk reads otherwise', async () => {
    const other = '<sip:+8613900139000@x>'
    for (const header of [`Subject: hi\rP-Asserted-Identity: ${other}`, `P-Asserted-Identity\r\n : ${other}`])
      expect((await trusted.call(number, { headers: [header] })).status).toBe(400)
    for (const header of [
      `P-Asserted-Identity: "a ${other}`,
      `P-Asserted-Identity: ${other};verstat="TN-Validation-Failed"`,
    ]) {
      const call = await trusted.call(number, { headers: [header] })
      await until('the line has it', () => came.length > 0)
      await call.hangUp()
      expect([header, came.splice(0)]).toEqual([header, [[caller, false]]])
    }
  })

  it('tells once who calls: nothing that is said in the call changes it', async () => {
    const call = await trusted.call(number)
    await until('the line has it', () => came.length > 0)
    expect(await call.again(['P-Asserted-Identity: <sip:+8613900139000@x>'])).toBe(200)
    await systemRuntime.sleep(300)
    const channels = (await stage.ari.request('channels', 'list')) as {
      name: string
      caller: { number: string }
    }[]
    const trunks = channels.filter(({ name }) => name.startsWith('PJSIP/trunk-'))
    expect(trunks.map(({ caller: { number: known } }) => known)).toEqual([caller])
    await call.hangUp()
  })

  it('that does not vouch, by its address alone, has its callers taken for whoever they say', async () => {
    const call = await other.call('4711', { from: '13800138000' })
    expect(call.status).toBe(200)
    await until('the line has it', () => came.length > 0)
    expect(came).toEqual([['13800138000', false]])
    await call.hangUp()
  })

  it('hears that nobody has a number which is no line’s, whatever a line is called here, and that nothing else is done', async () => {
    const [first] = trunks
    if (!first) throw new Error('no trunk')
    const strange = [...foreignNumbers, ...strangeDialStrings, ...malformedDialStrings]
    const asked = ['9001', '4711', `${number}0`, '911', 'tonebank', '%2B862161234567', ...strange]
    // The name by which the dialplan knows it is of use to the edge alone.
    for (const dialled of [...asked, trunkExtension(first, number, true)])
      expect([dialled, (await trusted.call(dialled)).status]).toEqual([dialled, 404])
    expect((await other.call(number)).status).toBe(404)
    expect(came).toEqual([])
  })

  it('has no more calls at once, and none more often, than the file says', async () => {
    const [first, second] = [await trusted.call(number), await trusted.call(number)]
    expect([first.status, second.status]).toEqual([200, 200])
    expect((await trusted.call(number)).status).toBe(486)
    await first.hangUp()
    await second.hangUp()
    const statuses = []
    for (let more = 0; more < 30; more++) {
      const call = await trusted.call(number)
      statuses.push(call.status)
      if (call.status === 200) await call.hangUp()
    }
    expect(statuses.slice(-3)).toEqual([503, 503, 503])
  })
})

describe('nobody else', () => {
  const invite = (dialled: string) =>
    [
      `INVITE sip:${dialled}@127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.11:5060;rport;branch=z9hG4bK${randomId(systemRuntime)}`,
      `From: <sip:${caller}@x>;tag=1`,
      `To: <sip:${dialled}@x>`,
      `Call-ID: ${randomId(systemRuntime)}`,
      'CSeq: 1 INVITE',
      'Contact: <sip:127.0.0.11>',
      'Content-Length: 0',
      '\r\n',
    ].join('\r\n')
  const answersTo = async (from: string, port: number, text: string) => {
    const answers: string[] = []
    const transport = await openSipTransport('udp', from, { host: '127.0.0.1', port })
    transport.onMessage(answer => answers.push(answer.split('\r\n')[0] ?? ''))
    transport.send(text)
    await systemRuntime.sleep(700)
    transport.close()
    return answers
  }

  it('has an answer at a trunk’s edge from another address', async () => {
    expect(await answersTo('127.0.0.11', trunks[0]?.own.port ?? 0, invite(number))).toEqual([])
    // Where the provider is, there is one.
    expect(await answersTo('127.0.0.9', trunks[0]?.own.port ?? 0, invite('123'))).toEqual(['SIP/2.0 404 Not Found'])
  })

  it('comes in as a trunk by Asterisk’s own port, from wherever on this machine', async () => {
    const { ports } = JSON.parse(readFileSync(join(stage.asterisk.dataFolder, 'switch/installation.json'), 'utf8'))
    for (const dialled of [number, '9001', '4711', '911']) {
      const [answer] = (await answersTo('127.0.1.1', ports.asteriskSip, invite(dialled))).slice(-1)
      expect([dialled, answer]).toEqual([dialled, 'SIP/2.0 404 Not Found'])
    }
    expect(came).toEqual([])
  })
})

describe('nothing is dialled out', () => {
  it('not even by whoever has Asterisk’s own interface: a trunk has no address to call', async () => {
    const endpoints = ['PJSIP/trunk-carrier', `PJSIP/${caller}@trunk-carrier`]
    for (const endpoint of [...endpoints, `PJSIP/trunk-carrier/sip:1@127.0.0.9:${trusted.port}`]) {
      const asked = { endpoint, app: 'harbour' }
      await stage.ari.request('channels', 'originate', asked).catch(() => {})
    }
    await systemRuntime.sleep(1_500)
    for (const { id } of (await stage.ari.request('channels', 'list')) as { id: string }[])
      await stage.ari.request('channels', 'hangup', { channelId: id })
    expect(new Set(trusted.asked.map(({ method }) => method))).toEqual(new Set(['REGISTER', 'BYE']))
  })
})

const samplesOf = (codes: Uint8Array) => Int16Array.from(aLaw.decode(codes), sample => sample * 32_767)
