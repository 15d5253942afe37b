/** What phones ask over SIP besides a call, from where they may, by which transport and with which codec. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { accepted } from '../../../src/phone/call.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { ownAddresses } from '../../../src/switch/own-addresses.ts'
import type { RtpPhone, RtpPhoneOptions } from '../harness/rtp-phone.ts'
import type { Extra } from '../harness/sip-dialog.ts'
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

describe('a request inside a call is answered at once', () => {
  it.each<[string, number, Extra]>([
    ['REFER', 603, { headers: ['Refer-To: <sip:8001@127.0.0.1>'] }],
    ['OPTIONS', 200, {}],
    ['INFO', 200, {}],
    ['INFO', 200, { contentType: 'application/media_control+xml', body: '<media_control/>' }],
    ['MESSAGE', 202, { contentType: 'text/plain', body: 'hello' }],
  ])('%s: %i', async (method, status, extra) => {
    const phone = await stage.dial()
    const askedAtMs = performance.now()
    const answer = await phone.dialog.request(method, extra)
    expect(answer.status).toBe(status)
    // Before the first retransmission.
    expect(performance.now() - askedAtMs).toBeLessThan(500)
    await phone.hangUp()
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

describe('without the network', () => {
  it('Asterisk listens on the loopback alone, in a call, too', async () => {
    const phone = await stage.dial()
    const { sip } = stage.asterisk.switch
    const sockets = internetSocketsOf(stage.asterisk.switch.pid ?? 0)
    await phone.hangUp()
    // SIP by UDP and TCP, ARI, AMI, and the call's RTP and RTCP.
    expect(sockets.length).toBeGreaterThanOrEqual(6)
    expect(sockets.filter(({ port }) => port === sip.port).length).toBe(2)
    // Two sockets ask the name servers, by IPv4 and by IPv6, and PJSIP has no setting for them. Linux chose their ports.
    const elsewhere = sockets.filter(({ address }) => address !== '127.0.0.1')
    expect(elsewhere.filter(({ kind, port }) => kind.startsWith('tcp') || port < 32_768)).toEqual([])
    expect(elsewhere.length).toBeLessThanOrEqual(2)
  })

  it.skipIf(process.getuid?.() !== 0)('another machine gets no answer', async () => {
    const { port } = stage.asterisk.switch.sip
    const network = `tb${process.pid}`
    const run = (command: string) => execFileSync('sh', ['-ec', command], { encoding: 'utf8' })
    run(`ip netns add ${network}
      ip link add ${network}a type veth peer name ${network}b; ip link set ${network}b netns ${network}
      ip address add 198.51.100.1/30 dev ${network}a; ip link set ${network}a up
      ip -n ${network} address add 198.51.100.2/30 dev ${network}b; ip -n ${network} link set ${network}b up`)
    try {
      const options = [
        `OPTIONS sip:9001@198.51.100.1 SIP/2.0`,
        'Via: SIP/2.0/UDP 198.51.100.2:5099;branch=z9hG4bK1;rport',
        'From: <sip:desk1@198.51.100.2>;tag=1',
        'To: <sip:9001@198.51.100.1>',
        'Call-ID: 1',
        'CSeq: 1 OPTIONS',
        'Max-Forwards: 70',
        'Content-Length: 0',
      ]
      const program = `
        const socket = require('dgram').createSocket('udp4')
        socket.on('message', () => console.log('answered by UDP'))
        socket.on('error', () => {})
        socket.send(${JSON.stringify(`${options.join('\r\n')}\r\n\r\n`)}, ${port}, '198.51.100.1')
        const tcp = require('net').connect(${port}, '198.51.100.1', () => console.log('connected by TCP'))
        tcp.on('error', error => console.log(error.code))
        setTimeout(() => process.exit(), 1000)`
      const node = execFileSync('ip', ['netns', 'exec', network, process.execPath, '-e', program], { encoding: 'utf8' })
      expect(node.trim()).toBe('ECONNREFUSED')
    } finally {
      run(`ip netns delete ${network}`)
    }
  })
})

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
