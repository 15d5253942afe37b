/**
 * The terminal's telephone from the network: SIP over TLS to an exchange whose certificate it knows, sound under SRTP. Asterisk
 * itself is asked what it negotiated.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TLSSocket } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readTools } from '../../../setup/tools.mjs'
import { aLaw } from '../../../src/g711.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { SipPhone } from '../../../src/terminal/sip/phone.ts'
import type { Exchange } from '../../../src/terminal/sip/transport.ts'
import { root } from '../harness/asterisk.ts'
import { until } from '../harness/until.ts'
import { FrameStage, frameOf, signalOf } from '../phone/frame-stage.ts'
import {
  dialplan,
  Ear,
  hangUpAll,
  lineOf,
  numbers,
  placeOf,
  plainPhone,
  securePhone,
  sendUntil,
} from './terminal-stage.ts'

let stage: FrameStage
let folder: string
const servers: Server[] = []

beforeAll(async () => {
  const network = { host: '127.0.0.1', phones: ['room1'] }
  stage = await FrameStage.open({}, { dialplan, network })
  await stage.connect()
  folder = mkdtempSync(join(tmpdir(), 'tonebank-certificates-'))
})
afterEach(async () => {
  await hangUpAll()
  await stage.clear()
})
afterAll(async () => {
  for (const server of servers) server.close()
  if (folder) rmSync(folder, { recursive: true })
  await stage?.close()
})

/** What Asterisk says of its only call. */
async function asteriskSays(variable: string): Promise<string> {
  const [channel] = (await stage.ari.request('channels', 'list')) as { id: string }[]
  const asked = { channelId: channel?.id ?? '', variable }
  return ((await stage.ari.request('channels', 'getChannelVar', asked)) as { value: string }).value
}

describe('a call from the network', () => {
  it('is under SRTP, as Asterisk says, and its sound is whole', async () => {
    const line = lineOf(await securePhone(stage.asterisk).open(numbers.echo))
    const ear = new Ear(line)
    expect(await asteriskSays('CHANNEL(rtp,secure)')).toBe('1')
    await systemRuntime.sleep(200)
    const chirp = Float32Array.from({ length: 4_000 }, (_, n) => 0.3 * Math.sin(n * n * 0.0002 + 1))
    const saidAtMs = performance.now()
    await line.send(chirp)
    const whole = aLaw.decode(aLaw.encode(chirp))
    await until('all of it comes back', () => placeOf(whole, ear.heard) >= 0)
    expect(ear.cameAtMs(placeOf(whole, ear.heard)) - saidAtMs).toBeLessThan(200)
    await line.keys('159D')
    await until('the keys come back', () => ear.digits === '159D')
    await line.hangUp()
  })

  it('is not under SRTP where it comes from this machine: the question above can be answered with no', async () => {
    const line = lineOf(await plainPhone(stage.asterisk).open(numbers.echo))
    expect(await asteriskSays('CHANNEL(rtp,secure)')).toBe('0')
    await line.hangUp()
  })

  it('carries frames both ways', async () => {
    const [up, down] = [frameOf(31, 150), frameOf(32, 40)]
    stage.script = async call => {
      for (;;) {
        const received = await call.receiveFrame({ withinMs: 20_000 })
        if (received.outcome === 'nothing') return
        if (received.outcome === 'frame' && isDeepStrictEqual(received.frame, up)) await call.sendFrame(down)
      }
    }
    const line = lineOf(await securePhone(stage.asterisk).open('9001'))
    const ear = new Ear(line, 'v23')
    const send = async () => {
      await stage.untilLinked()
      await systemRuntime.sleep(200)
      await line.send(signalOf(up))
    }
    await sendUntil(() => ear.frames.length > 0, send, 6_000)
    expect(ear.frames[0]).toEqual(down)
    await line.hangUp()
  })

  it('is reported on: Asterisk reads what this telephone says of the sound that it gets', {
    timeout: 20_000,
  }, async () => {
    const line = lineOf(await securePhone(stage.asterisk).open(numbers.echo))
    // This one it knows from our reports alone; what it sees itself it calls txjitter.
    const said = async () => asteriskSays('CHANNEL(rtcp,all)')
    await until('a report of ours is read', async () => /;rxjitter=(?!0\.0+;)/.test(await said()), 12_000)
    await line.hangUp()
  })
})

describe('an exchange is not called', () => {
  const certificate = (name: string) => {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '2', '-nodes']
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', ...subject]
    const { command, args, env } = readTools(root).openssl
    const options = { stdio: 'ignore', env: { ...process.env, ...env } } as const
    execFileSync(command, [...args, ...make, '-keyout', key, '-out', cert], options)
    return { key: readFileSync(key), cert: readFileSync(cert, 'utf8') }
  }
  const call = (exchange: Exchange) =>
    new SipPhone({ exchange, account: stage.asterisk.account('room1') }, systemRuntime).open('9001')
  const listening = async (server: Server): Promise<number> => {
    servers.push(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return typeof address === 'object' ? (address?.port ?? 0) : 0
  }

  it('whose certificate has another fingerprint, and it hears not a byte', async () => {
    const { key, cert } = certificate('impostor')
    let heard = 0
    const server = createServer({ key, cert }, (socket: TLSSocket) => {
      socket.on('data', bytes => {
        heard += bytes.length
      })
    })
    const port = await listening(server)
    const fingerprint = stage.asterisk.switch.tls?.fingerprint ?? ''
    const opened = await call({ host: '127.0.0.1', port, transport: { tls: { fingerprint } } })
    expect(opened).toMatchObject({ outcome: 'wrong certificate', why: expect.stringContaining('fingerprint') })
    await systemRuntime.sleep(200)
    expect(heard).toBe(0)
  })

  it('that no trusted authority vouches for, or vouches for by another name', async () => {
    const { key, cert } = certificate('impostor')
    const port = await listening(createServer({ key, cert }))
    const other = certificate('authority').cert
    const unknown = await call({ host: '127.0.0.1', port, transport: { tls: { authority: other } } })
    expect(unknown.outcome).toBe('wrong certificate')
    const misnamed = await call({ host: 'localhost', port, transport: { tls: { authority: cert } } })
    expect(misnamed).toEqual({ outcome: 'wrong certificate', why: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  it('and one that an authority vouches for is', async () => {
    const { tls } = stage.asterisk.switch
    const file = join(stage.asterisk.dataFolder, 'switch/certificate/network-certificate.pem')
    const authority = readFileSync(file, 'utf8')
    const exchange = { host: 'localhost', port: tls?.port ?? 0, transport: { tls: { authority } } }
    await lineOf(await call(exchange)).hangUp()
  })

  it('that never begins the handshake, or is not there', { timeout: 20_000 }, async () => {
    const port = await listening(createTcpServer(() => {}))
    const silent = await call({ host: '127.0.0.1', port, transport: { tls: { fingerprint: '' } } })
    expect(silent).toEqual({ outcome: 'unreachable', why: 'a TLS connection: no answer within 8000 ms' })
    const absent = await call({ host: '127.0.0.1', port: 1, transport: { tls: { fingerprint: '' } } })
    expect(absent).toEqual({ outcome: 'unreachable', why: 'ECONNREFUSED' })
  })

  it('in the clear by an account of the network', async () => {
    const opened = await plainPhone(stage.asterisk, { account: stage.asterisk.account('room1') }).open('9001')
    // As if there were no such account: those of the network are served to the edge of the network alone.
    expect(opened).toMatchObject({ outcome: 'wrong password' })
  })

  it('with a wrong password', async () => {
    const account = { user: 'room1', password: new Secret('wrong') }
    expect(await securePhone(stage.asterisk, { account }).open('9001')).toEqual({ outcome: 'wrong password' })
  })
})
