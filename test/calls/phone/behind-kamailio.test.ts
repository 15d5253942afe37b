/**
 * What Kamailio does when something goes wrong behind it or before it, with two real Asterisk: whoever is in a call hears its end, one
 * that is slow loses no call and gets none twice, limits hold for all Asterisk together and keep back no emergency call, and a telephone
 * does not say where requests go. The line is the dialplan's own echo.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { trunkLinesOf } from '../../../bin/trunks.ts'
import { emergencyNumbersBeside, extensionsConf } from '../../../dialplan/extensions.ts'
import { randomId, systemRuntime, withDeadline } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { freePort } from '../../../src/switch/ports.ts'
import type { Trunk } from '../../../src/switch/trunk-edge/trunk.ts'
import { startAsterisk, type TestAsterisk } from '../harness/asterisk.ts'
import { openProvider, type Provider } from '../harness/provider.ts'
import { offer } from '../harness/rtp-phone.ts'
import { type Answer, SipDialog } from '../harness/sip-dialog.ts'
import { openSipTransport } from '../harness/sip-transport.ts'
import { until } from '../harness/until.ts'
import { securePhone } from '../terminal/terminal-stage.ts'

const [echo, short, congested, publicNumber] = ['7700', '7701', '7702', '+862161234567'] as const
const [callsPerPhone, callsEach] = [4, 4]
const phones = ['desk1', 'desk2', 'desk3']

let asterisk: TestAsterisk
let provider: Provider
const open: SipDialog[] = []
let isStopped = false

beforeAll(async () => {
  provider = await openProvider({ host: '127.0.0.10', account: { user: 'nobody', password: new Secret('unused') } })
  const trunk: Trunk = {
    ...{ name: 'carrier', addresses: [], attested: true, numbers: { [publicNumber]: echo } },
    ...{ key: randomId(systemRuntime), register: undefined },
    provider: { host: '127.0.0.10', port: provider.port, transport: 'udp' },
    own: { address: '127.0.0.1', port: await freePort(systemRuntime, 'udp', '127.0.0.1') },
    calls: { mostAtOnce: 1, rate: { burst: 30, perMinute: 1 } },
  }
  provider.sendsTo('127.0.0.1', trunk.own.port)
  const dialplan = [
    extensionsConf([], callsPerPhone, trunkLinesOf([trunk])),
    '[callers](+)',
    ...[`exten = ${echo},1,NoOp()`, ' same = n(counted),Answer()', ' same = n,Echo()'],
    ...[`exten = ${short},1,Answer()`, ' same = n,Wait(0.5)', ' same = n,Hangup()'],
    ...[`exten = ${congested},1,Hangup(34)`, ''],
  ].join('\n')
  asterisk = await startAsterisk({
    ...{ phones, dialplan, trunks: [trunk] },
    network: { host: '127.0.0.1', phones: ['room1'] },
    asterisks: { count: 2, callsPerPhone, callsEach, emergencyNumbers: emergencyNumbersBeside([]) },
  })
}, 60_000)
afterEach(async () => {
  for (const dialog of open.splice(0)) {
    await Promise.race([dialog.ended, dialog.bye().catch(() => {})])
    dialog.close()
  }
  if (isStopped) return
  await until('no call is counted any more', async () => (await callersAt()).every(count => count === 0), 10_000)
})
afterAll(async () => {
  for (const { pid } of asterisk?.switch.asterisks ?? []) signal(pid, 'SIGCONT')
  await asterisk?.stop()
  provider?.close()
})

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, name)
  } catch {
    // It has ended.
  }
}

const callersAt = () => Promise.all(['1', '2'].map(name => asterisk.switch.callersAt(name)))
const pidOf = (name: string) => asterisk.switch.asterisks.find(each => each.name === name)?.pid ?? 0

interface Dialled {
  readonly number?: string
  readonly account?: string
  readonly transport?: 'udp' | 'tcp'
  readonly recordRoute?: string
}

/** A call, whose answer is whatever it is. */
async function dial({ number = echo, account = 'desk1', transport = 'udp', recordRoute }: Dialled = {}) {
  const dialog = await SipDialog.open({
    ...{ server: asterisk.switch.sip, account: asterisk.account(account), number, transport },
    ...(recordRoute === undefined ? {} : { recordRoute }),
  })
  const answer = await dialog.invite(
    offer(9, { telephoneEvent: 101 }),
    recordRoute ? [`Record-Route: ${recordRoute}`] : [],
  )
  if (answer.status === 200) open.push(dialog)
  else dialog.close()
  return { dialog, answer }
}

const statusOf = async (dialled: Dialled) => (await dial(dialled)).answer.status

test('emergency numbers are answered however many calls a telephone has, and however full every Asterisk is', async () => {
  for (let calls = 0; calls < callsPerPhone; calls++) expect(await statusOf({})).toBe(200)
  expect(await statusOf({})).toBe(486)
  expect(await statusOf({ number: '112' })).toBe(200)
  for (let calls = 1; calls < callsPerPhone; calls++) expect(await statusOf({ account: 'desk2' })).toBe(200)
  expect(await statusOf({ account: 'desk2' })).toBe(503)
  expect(await statusOf({ account: 'desk3', number: '999' })).toBe(200)
})

test('a trunk has its number of calls at all Asterisk together', async () => {
  const first = await provider.call(publicNumber)
  expect(first.status).toBe(200)
  expect((await provider.call(publicNumber)).status).toBe(486)
  await first.hangUp()
  const again = await provider.call(publicNumber)
  expect(again.status).toBe(200)
  await again.hangUp()
})

/** What one INVITE that nobody has signed is answered with. */
async function raw(fields: readonly string[], contact: string): Promise<string> {
  const { sip } = asterisk.switch
  const transport = await openSipTransport('udp', '127.0.0.1', sip)
  const answer = new Promise<string>(resolve => transport.onMessage(text => resolve(text.split(' ')[1] ?? '')))
  const id = randomId(systemRuntime)
  const uri = `sip:${echo}@${sip.host}:${sip.port}`
  const lines = [
    ...[`INVITE ${uri} SIP/2.0`, `Via: SIP/2.0/UDP ${transport.own};branch=z9hG4bK${id};rport`, 'Max-Forwards: 70'],
    ...[`From: <sip:desk1@${sip.host}>;tag=${id}`, `To: <${uri}>`, `Call-ID: ${id}`, 'CSeq: 1 INVITE'],
    ...[`Contact: ${contact}`, ...fields, 'Content-Length: 0', '', ''],
  ]
  transport.send(lines.join('\r\n'))
  try {
    return await withDeadline(systemRuntime, 'the answer', 4_000, answer)
  } finally {
    transport.close()
  }
}

test('what Kamailio and Asterisk could read differently, or says where requests go, is refused', async () => {
  const contact = '<sip:desk1@127.0.0.1:9>'
  expect(await raw([], contact)).toBe('401')
  expect(await raw(['Subject: a\rX-Tonebank-Account: key desk2'], contact)).toBe('400')
  expect(await raw([], '<sip:desk1@127.0.0.1:9;alias=127.0.0.1~9~1>')).toBe('400')
  expect(await raw([], '<sip:desk1@127.0.0.1:9;ALIAS=127.0.0.1~9~1>')).toBe('400')
  expect(await raw([`Contact: <sip:desk1@127.0.0.1:9;alias=127.0.0.1~9~1>`], contact)).toBe('400')
})

test('a Record-Route of a telephone does not say where Asterisk’s requests go', async () => {
  const trap = createSocket('udp4').bind(0, '127.0.0.1')
  await once(trap, 'listening')
  const caught: string[] = []
  trap.on('message', bytes => caught.push(bytes.toString('latin1')))
  const recordRoute = `<sip:127.0.0.1:${trap.address().port};lr>`
  const { dialog } = await dial({ number: short, recordRoute })
  await withDeadline(systemRuntime, 'it hears the end', 4_000, dialog.ended)
  expect(caught).toEqual([])
  trap.close()
})

test('one call that finds no room at an Asterisk takes it away from nobody', async () => {
  expect(await statusOf({ number: congested })).toBe(503)
  for (let calls = 0; calls < 2; calls++) expect(await statusOf({})).toBe(200)
  expect(await callersAt()).toEqual([1, 1])
})

test('an Asterisk that stands still for a while gets no call twice, and nobody in a call there is told that it is over', async () => {
  const [first, second] = [await dial(), await dial()]
  expect(await callersAt()).toEqual([1, 1])
  const pid = pidOf('1')
  const stood = async (ms: number, during: () => Promise<Answer>[]) => {
    signal(pid, 'SIGSTOP')
    const asked = during()
    await systemRuntime.sleep(ms)
    signal(pid, 'SIGCONT')
    return (await Promise.all(asked)).map(({ status }) => status)
  }
  const calls = (account: string) => [1, 2].map(async () => (await dial({ account })).answer)
  expect(await stood(1_900, () => calls('desk2'))).toEqual([200, 200])
  expect(await callersAt()).toEqual([2, 2])
  const inCalls = () => [first, second].map(({ dialog }) => dialog.request('OPTIONS'))
  // Two calls, one of which goes to the one that stands, and on from there.
  expect(await stood(4_200, () => [...inCalls(), ...calls('desk3')])).toEqual([200, 200, 200, 200])
  await until('what came too late is over', async () => (await asterisk.switch.callersAt('1')) === 2, 3_000)
  expect((await callersAt()).reduce((sum = 0, count = 0) => sum + count, 0)).toBe(6)
}, 20_000)

test('when an Asterisk dies, its callers by TCP, by TLS and by a trunk hear the end', async () => {
  const { dialog } = await dial({ transport: 'tcp' })
  const opened = await securePhone(asterisk).open(echo)
  if (opened.outcome !== 'open') throw new Error(JSON.stringify(opened))
  const call = await provider.call(publicNumber)
  expect(call.status).toBe(200)
  for (const name of ['1', '2']) signal(pidOf(name), 'SIGKILL')
  await withDeadline(systemRuntime, 'TCP', 5_000, dialog.ended)
  await withDeadline(systemRuntime, 'TLS', 5_000, opened.line.ended)
  await until('the trunk', () => provider.asked.some(({ method }) => method === 'BYE'), 5_000)
  await asterisk.switch.ready()
  await until('calls are taken again', async () => (await statusOf({})) === 200, 15_000)
}, 40_000)

/** The process of Kamailio that we started, by what it was started with. */
function kamailioPids(): number[] {
  const file = join(asterisk.dataFolder, 'switch/kamailio/kamailio.cfg')
  return readdirSync('/proc').flatMap(name => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(file) ? [Number(name)] : []
    } catch {
      return []
    }
  })
}
const parentOf = (pid: number) => Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

test('Kamailio whose first process is killed outright is started anew', async () => {
  const before = kamailioPids()
  const first = before.find(pid => parentOf(pid) === process.pid)
  expect(before.length).toBeGreaterThan(5)
  signal(first, 'SIGKILL')
  await until('it is back', () => asterisk.log.includes('Kamailio is back'), 10_000)
  expect(kamailioPids().filter(pid => before.includes(pid))).toEqual([])
  expect(await statusOf({})).toBe(200)
}, 20_000)

test('whoever is in a call when the switch stops hears the end', async () => {
  const calls = [await dial({ transport: 'tcp' }), await dial()]
  const ended = Promise.all(calls.map(({ dialog }) => dialog.ended))
  await asterisk.switch.stop()
  isStopped = true
  await withDeadline(systemRuntime, 'both hear it', 1_000, ended)
  for (const dialog of open.splice(0)) dialog.close()
}, 20_000)
