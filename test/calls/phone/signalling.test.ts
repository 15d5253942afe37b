/** What phones ask over SIP besides a call, from where they may, by which transport and with which codec. */
import { execFile, execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AsteriskLine } from '../../../src/phone/asterisk/asterisk-line.ts'
import { accepted } from '../../../src/phone/call.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { ManagerClient } from '../../../src/switch/manager-client.ts'
import { ownAddresses } from '../../../src/switch/own-addresses.ts'
import { startPhone } from '../harness/baresip.ts'
import type { RtpPhone, RtpPhoneOptions } from '../harness/rtp-phone.ts'
import { type Extra, SipDialog } from '../harness/sip-dialog.ts'
import { until } from '../harness/until.ts'
import { FrameStage } from './frame-stage.ts'

let stage: FrameStage
let keyed: string[] = []

beforeAll(async () => {
  stage = await FrameStage.open({ 'sign-in.account': { frequencyHz: 500, seconds: 1 } })
  await stage.connect()
  stage.script = async call => {
    const digits = { min: 1, max: 20 }
    keyed.push(await call.ask('account', { phrase: 'sign-in.account', digits, accept: accepted }))
  }
})

afterEach(async () => {
  keyed = []
  await stage.clear()
})
afterAll(() => stage?.close())

/** The call is of use: the prompt is heard in the phone's codec, keys arrive, and it ends. */
async function expectWholeCall(phone: RtpPhone, payloadType: number): Promise<void> {
  await systemRuntime.sleep(1_000)
  for (const key of '246#') {
    await phone.press(key)
    await systemRuntime.sleep(80)
  }
  await phone.ended
  expect(keyed).toEqual(['246'])
  expect(phone.received.filter(packet => packet.payloadType === payloadType).length).toBeGreaterThan(20)
}

/** What the line knows, as our answers list it: each of these is answered, and nothing else is. */
const known = ['ACK', 'BYE', 'CANCEL', 'INFO', 'INVITE', 'OPTIONS', 'PRACK', 'REGISTER', 'UPDATE']
const listed = (header = '') => header.split(', ').toSorted()
const key = { contentType: 'application/dtmf-relay', body: 'Signal=5\r\nDuration=160\r\n' }

const unwanted: [string, number, Extra][] = [
  ['REFER', 405, { headers: ['Refer-To: <sip:8001@127.0.0.1>'] }],
  ['MESSAGE', 405, { contentType: 'text/plain', body: 'hello' }],
  ['SUBSCRIBE', 405, { headers: ['Event: presence', 'Expires: 600'] }],
  ['NOTIFY', 405, { headers: ['Event: keep-alive', 'Subscription-State: active'] }],
  ['PUBLISH', 405, { headers: ['Event: presence'] }],
  ['FOOBAR', 405, {}],
  ['INFO', 415, { contentType: 'application/media_control+xml', body: '<media_control/>' }],
  ['INFO', 415, { contentType: 'application/hook-flash', body: 'flash' }],
  ['INFO', 415, { contentType: 'text/plain' }],
]

describe.each(['udp', 'tcp'] as const)('a request inside a call over %s is answered at once', transport => {
  it.each<[string, number, Extra]>([
    ...unwanted,
    ['OPTIONS', 200, {}],
    ['UPDATE', 200, {}],
    ['PRACK', 400, {}],
    ['CANCEL', 481, {}],
    // Nobody has that name: the number that was called.
    ['REGISTER', 404, {}],
    ['INFO', 200, {}],
    ['INFO', 200, key],
    ['INFO', 200, { ...key, contentType: 'Application/DTMF-Relay' }],
    ['INFO', 500, { ...key, body: 'Signal=Z' }],
  ])('%s: %i', async (method, status, extra) => {
    const phone = await stage.dial({ transport })
    const askedAtMs = performance.now()
    const answer = await phone.dialog.request(method, extra)
    expect(answer.status).toBe(status)
    // Before the first retransmission.
    expect(performance.now() - askedAtMs).toBeLessThan(500)
    if (status === 405) expect(listed(answer.headers.get('allow'))).toEqual(known)
    if (status === 415) expect(answer.headers.get('accept')).toBe('application/dtmf-relay, application/dtmf')
    expect(answer.headers.get('via')).toContain(`;received=127.0.0.1;rport=${phone.dialog.port}`)
    await phone.hangUp()
  })

  it.each(unwanted)('%s: %i, to each of forty copies alike', async (method, status, extra) => {
    const phone = await stage.dial({ transport })
    const answers = await phone.dialog.repeated(method, 40, extra)
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toMatch(new RegExp(`^SIP/2.0 ${status} `))
    await phone.hangUp()
  })

  it('and every answer lists what is answered, no more', async () => {
    const phone = await stage.dial({ transport })
    expect(listed(phone.dialog.accepted?.headers.get('allow'))).toEqual(known)
    expect(listed((await phone.dialog.request('OPTIONS')).headers.get('allow'))).toEqual(known)
    await phone.hangUp()
  })
})

it('a header in which this installation tells itself something is not for a telephone to say, and its institution does not find it', async () => {
  const { sip: server } = stage.asterisk.switch
  const lines: AsteriskLine[] = []
  stage.onLine = line => void lines.push(line)
  const dialog = await SipDialog.open({ server, account: stage.asterisk.account('desk1'), number: '9001' })
  const headers = ['X-Tonebank-Account: key desk2', 'x-tonebank-account: desk2', 'X-Tonebank-Captions: k', 'X-Other: o']
  expect((await dialog.request('INVITE', { headers })).status).toBe(200)
  await until('the line has it', () => lines.length > 0)
  expect(lines.map(({ callerNumber, args }) => [callerNumber, args])).toEqual([['desk1', ['bank', 'own']]])
  const { channelId } = lines[0] ?? {}
  const told = (name: string) =>
    stage.ari.request('channels', 'getChannelVar', {
      channelId: channelId ?? '',
      variable: `PJSIP_HEADER(read,${name})`,
    })
  for (const name of ['X-Tonebank-Account', 'X-Tonebank-Captions']) await expect(told(name)).rejects.toThrow('500')
  expect(await told('X-Other')).toEqual({ value: 'o' })
  await dialog.bye()
  dialog.close()
})

describe.each(['udp', 'tcp'] as const)('a request outside any call over %s is answered at once', transport => {
  it.each([
    'OPTIONS',
    'MESSAGE',
    'REFER',
    'SUBSCRIBE',
    'NOTIFY',
    'PUBLISH',
    'FOOBAR',
    'INFO',
    'UPDATE',
    'PRACK',
    'BYE',
  ])('%s', async method => {
    const server = stage.asterisk.switch.sip
    const phone = await SipDialog.open({ server, account: stage.asterisk.account('desk1'), number: '9001', transport })
    const askedAtMs = performance.now()
    const { status } = await phone.request(method, { headers: ['Event: presence'] })
    expect(status).not.toBe(401)
    expect(performance.now() - askedAtMs).toBeLessThan(500)
    phone.close()
  })
})

describe('a phone is served', () => {
  it.each<[string, number, Partial<RtpPhoneOptions>]>([
    ['by TCP', 8, { transport: 'tcp' }],
    ['that offers G.722 alone', 9, { codec: 'G722' }],
    ['that offers Opus alone', 107, { codec: 'opus' }],
  ])('%s', async (_, payloadType, options) => {
    await expectWholeCall(await stage.dial(options), payloadType)
  })

  it.each(['udp', 'tcp'] as const)('that is a softphone which registers and calls by %s', async transport => {
    const { sip: server } = stage.asterisk.switch
    const account = stage.asterisk.account('desk1')
    const phone = await startPhone({ server, account, transport, register: true })
    await phone.dial('9001')
    await systemRuntime.sleep(1_000)
    await phone.press('246#')
    await phone.untilEnded()
    expect((await phone.quit()).packets.received).toBeGreaterThan(50)
    expect(keyed).toEqual(['246'])
  })

  it.skipIf(ownAddresses().length === 0)("that is bound to the network card's address", async () => {
    const [from = ''] = ownAddresses()
    await expectWholeCall(await stage.dial({ from }), 8)
  })

  it('four times at once, and no more', async () => {
    const calls = []
    for (let call = 0; call < 4; call++) calls.push(await stage.dial())
    await expect(stage.dial()).rejects.toThrow('486')
    await expect(stage.dial({ number: '123' })).rejects.toThrow('486')
    const another = await stage.dial({ account: stage.asterisk.account('desk2') })
    for (const phone of [...calls, another]) await phone.hangUp()
    await expectWholeCall(await stage.dial(), 8)
  })
})

describe.each(['udp', 'tcp'] as const)(
  'what Asterisk asks of a phone by %s reaches it, and so does the answer',
  transport => {
    /** Longer than Asterisk waits before it sends a request again. */
    const againMs = 800

    it('in a call', async () => {
      const phone = await stage.dial({ transport })
      await systemRuntime.sleep(1_000)
      await phone.press('2')
      await phone.press('#')
      await phone.ended
      await systemRuntime.sleep(againMs)
      expect(phone.dialog.asked).toEqual([expect.stringMatching(`^BYE ${contactOf(phone.dialog, transport)} SIP/2.0$`)])
      phone.close()
    })

    it('of one that is registered', async () => {
      const { switch: running, dataFolder } = stage.asterisk
      const user = transport === 'udp' ? 'desk3' : 'desk4'
      const account = stage.asterisk.account(user)
      const phone = await SipDialog.open({ server: running.sip, account, number: user, transport })
      const { status, headers } = await phone.request('REGISTER', { headers: ['Expires: 60'] })
      expect(status).toBe(200)
      expect(headers.get('contact')).toMatch(new RegExp(`^<${contactOf(phone, transport)}>;expires=`))

      const kept = JSON.parse(readFileSync(join(dataFolder, 'switch/installation.json'), 'utf8'))
      const address = { host: '127.0.0.1', port: kept.ports.manager, user: 'switch' }
      const manager = await ManagerClient.open(
        { ...address, password: new Secret(kept.managerPassword) },
        systemRuntime,
      )
      await manager.action('PJSIPQualify', { endpoint: user })
      await systemRuntime.sleep(againMs)
      manager.close()
      phone.close()
      expect(phone.asked).toEqual([expect.stringMatching(`^OPTIONS ${contactOf(phone, transport)} SIP/2.0$`)])
    })
  },
)

/** What the phone named, as an expression: Asterisk writes the transport in its own way. */
const contactOf = ({ user, port }: SipDialog, transport: 'udp' | 'tcp') =>
  `sip:${user}@127\\.0\\.0\\.1:${port}${transport === 'tcp' ? ';transport=(tcp|TCP)' : ''}`

describe('after Asterisk has died under the edge', () => {
  it.each(['udp', 'tcp'] as const)('the next call over %s is served', async transport => {
    const before = await stage.dial({ transport })
    const { switch: running, log } = stage.asterisk
    const told = log.length
    process.kill(running.pid ?? 0, 'SIGKILL')
    await until('Asterisk is away', () => log.slice(told).some(line => line.startsWith('Asterisk ended')))
    await running.ready()
    before.close()
    const applications = async () => (await stage.ari.request('applications', 'list')) as { name: string }[]
    await until(
      'the institution is back',
      async () => (await applications()).some(({ name }) => name === 'harbour'),
      10_000,
    )
    await expectWholeCall(await stage.dial({ transport }), 8)
  })
})

describe('without the network', () => {
  it('the edge listens on the loopback alone', () => {
    const { sip } = stage.asterisk.switch
    const sockets = internetSocketsOf(process.pid).filter(({ port }) => port === sip.port)
    expect(sockets.map(({ kind, address }) => `${kind} ${address}`)).toEqual(['udp 127.0.0.1', 'tcp 127.0.0.1'])
  })

  it('Asterisk listens on the loopback alone, in a call, too', async () => {
    const phone = await stage.dial()
    const sockets = internetSocketsOf(stage.asterisk.switch.pid ?? 0)
    await phone.hangUp()
    // SIP by UDP and TCP, ARI, AMI, and the call's RTP and RTCP.
    expect(sockets.length).toBeGreaterThanOrEqual(6)
    // Two sockets ask the name servers, by IPv4 and by IPv6, and PJSIP has no setting for them. Linux chose their ports.
    const elsewhere = sockets.filter(({ address }) => address !== '127.0.0.1')
    expect(elsewhere.filter(({ kind, port }) => kind.startsWith('tcp') || port < 32_768)).toEqual([])
    expect(elsewhere.length).toBeLessThanOrEqual(2)
  })

  it.skipIf(process.getuid?.() !== 0)(
    'another machine gets no answer, not even by a route to the loopback',
    async () => {
      const { port } = stage.asterisk.switch.sip
      const network = `tb${process.pid}`
      const run = (command: string) => execFileSync('sh', ['-ec', command], { encoding: 'utf8' })
      // The other machine has no loopback of its own, and this one lets it through to ours, as a port forwarding would.
      run(`ip netns add ${network}
      ip link add ${network}a type veth peer name ${network}b; ip link set ${network}b netns ${network}
      ip address add 198.51.100.1/30 dev ${network}a; ip link set ${network}a up
      ip -n ${network} address add 198.51.100.2/30 dev ${network}b; ip -n ${network} link set ${network}b up
      ip -n ${network} route add 127.0.0.1/32 via 198.51.100.1 dev ${network}b src 198.51.100.2
      sysctl -qw net.ipv4.conf.${network}a.route_localnet=1
      ip netns exec ${network} sysctl -qw net.ipv4.conf.${network}b.route_localnet=1`)
      try {
        expect(await calledFrom(network, '198.51.100.1', port)).toEqual(['ECONNREFUSED'])
        expect(await calledFrom(network, '127.0.0.1', port)).toEqual(['ECONNRESET'])
      } finally {
        run(`ip netns delete ${network}`)
      }
    },
  )
})

/** What a phone in another network namespace is answered: a request inside a call, which the edge answers itself, by UDP and by TCP. */
async function calledFrom(network: string, address: string, port: number): Promise<string[]> {
  const lines = [
    `FOOBAR sip:9001@${address} SIP/2.0`,
    'Via: SIP/2.0/UDP 198.51.100.2:5099;branch=z9hG4bK1;rport',
    'From: <sip:desk1@198.51.100.2>;tag=1',
    `To: <sip:9001@${address}>;tag=2`,
    ...['Call-ID: 1', 'CSeq: 1 FOOBAR', 'Max-Forwards: 70', 'Content-Length: 0', '', ''],
  ]
  const program = `
    const request = ${JSON.stringify(lines.join('\r\n'))}
    const socket = require('dgram').createSocket('udp4')
    socket.on('message', () => console.log('answered by UDP'))
    socket.on('error', () => {})
    socket.send(request, ${port}, '${address}')
    const tcp = require('net').connect(${port}, '${address}', () => tcp.write(request))
    tcp.on('data', () => console.log('answered by TCP'))
    tcp.on('error', error => console.log(error.code))
    setTimeout(() => process.exit(), 1000)`
  // Without waiting for it here: the edge runs in this process.
  const { stdout } = await promisify(execFile)('ip', ['netns', 'exec', network, process.execPath, '-e', program])
  return stdout.trim().split('\n')
}

interface InternetSocket {
  readonly kind: string
  readonly address: string
  readonly port: number
}

/** A process's own ends of its sockets, as Linux lists them (proc_pid_net(5)): hexadecimal, the address's bytes turned. */
function internetSocketsOf(pid: number): InternetSocket[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).match(/^socket:\[(\d+)\]$/)?.[1] ?? []
      } catch {
        return []
      }
    }),
  )
  return ['udp', 'tcp', 'udp6', 'tcp6'].flatMap(kind =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map(line => line.trim().split(/\s+/))
      .filter(fields => inodes.has(fields[9] ?? ''))
      .map(fields => {
        const [hex = '', port = ''] = fields[1]?.split(':') ?? []
        const address = hex.length > 8 ? hex : [...Buffer.from(hex, 'hex')].toReversed().join('.')
        return { kind, address, port: Number.parseInt(port, 16) }
      }),
  )
}
