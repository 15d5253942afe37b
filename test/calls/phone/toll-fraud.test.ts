/**
 * Whoever gets at an exchange tries to telephone on somebody's account. A thousand INVITEs to outside numbers and strange dial strings,
 * by strangers and by a telephone with a password, begin no call: no packet of Asterisk's own asks for one (every packet of the loopback
 * is captured), no channel has a second one, and a line answers meanwhile.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { challengeIn, digestAnswer } from '../../../src/sip-digest.ts'
import { headerOf, readSipMessage, type SipResponse } from '../../../src/sip-message.ts'
import type { SipAccount } from '../../../src/switch/contract.ts'
import { SipPhone } from '../../../src/terminal/sip/phone.ts'
import { needsCapture, startCapture } from '../harness/capture.ts'
import { foreignNumbers, malformedDialStrings, strangeDialStrings } from '../harness/dial-strings.ts'
import { lineOf } from '../terminal/terminal-stage.ts'
import { FrameStage } from './frame-stage.ts'

const [strangers, insiders] = [800, 200]
const atOnce = 20
const unansweredMs = 1_000

const unanswered = new Set<string>()

let stage: FrameStage
beforeAll(async () => {
  stage = await FrameStage.open({ 'sign-in.account': { frequencyHz: 500, seconds: 1 } })
  await stage.connect()
  stage.script = async call => call.say('sign-in.account')
})
afterAll(() => stage?.close())

/** Sends INVITEs over one socket, acknowledges what comes, and hangs up at once where somebody answers. */
class Dialler {
  readonly #socket: Socket = createSocket('udp4')
  readonly #waiting = new Map<string, (response: SipResponse) => void>()
  #calls = 0

  async open(): Promise<void> {
    this.#socket.on('message', bytes => {
      const message = readSipMessage(bytes)
      if (message?.kind !== 'response' || message.status < 200) return
      const sequence = headerOf(message, 'cseq') ?? ''
      if (sequence.endsWith('INVITE')) this.#waiting.get(`${headerOf(message, 'call-id')} ${sequence}`)?.(message)
    })
    this.#socket.bind(0, '127.0.0.1')
    await once(this.#socket, 'listening')
  }

  /** @returns the last status of it; undefined where nobody answered. */
  async invite(dialled: string, account?: SipAccount): Promise<number | undefined> {
    const id = `fraud-${++this.#calls}`
    const first = await this.#ask('INVITE', dialled, id, 1, account)
    const challenge = first?.status === 401 && account && challengeIn([headerOf(first, 'www-authenticate') ?? ''])
    if (!challenge) return first?.status
    const asked = { method: 'INVITE', uri: this.#uri(dialled), count: 1, cnonce: id }
    const second = await this.#ask('INVITE', dialled, id, 2, account, digestAnswer(challenge, account, asked))
    if (second?.status === 200) this.#send('BYE', dialled, id, 3, account, headerOf(second, 'to'))
    return second?.status
  }

  close(): void {
    this.#socket.close()
  }

  async #ask(method: string, dialled: string, id: string, sequence: number, account?: SipAccount, answer?: string) {
    const came = new Promise<SipResponse>(resolve => this.#waiting.set(`${id} ${sequence} ${method}`, resolve))
    this.#send(method, dialled, id, sequence, account, undefined, answer)
    const response = await Promise.race([came, systemRuntime.sleep(unansweredMs).then(() => undefined)])
    if (response) this.#send('ACK', dialled, id, sequence, account, headerOf(response, 'to'))
    return response
  }

  #uri(dialled: string): string {
    return `sip:${dialled}@127.0.0.1:${stage.asterisk.switch.sip.port}`
  }

  #send(
    method: string,
    dialled: string,
    id: string,
    sequence: number,
    account?: SipAccount,
    to?: string,
    answer?: string,
  ): void {
    const user = account?.user ?? '1001'
    const { port } = this.#socket.address()
    const isOffer = method === 'INVITE'
    const offer = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n`
    const body = isOffer ? offer : ''
    const lines = [
      `${method} ${this.#uri(dialled)} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${id}-${sequence}${method === 'BYE' ? 'b' : ''};rport`,
      'Max-Forwards: 70',
      `From: <sip:${user}@127.0.0.1>;tag=${id}`,
      `To: ${to ?? `<${this.#uri('9001')}>`}`,
      `Call-ID: ${id}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:${user}@127.0.0.1:${port}>`,
      ...(answer === undefined ? [] : [`Authorization: ${answer}`]),
      ...(isOffer ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${body.length}`,
    ]
    this.#socket.send(`${lines.join('\r\n')}\r\n\r\n${body}`, stage.asterisk.switch.sip.port, '127.0.0.1')
  }
}

async function flood(count: number, account?: SipAccount): Promise<Map<number | undefined, number>> {
  const dialler = new Dialler()
  await dialler.open()
  const dialled = [...foreignNumbers, ...strangeDialStrings, ...malformedDialStrings]
  const came = new Map<number | undefined, number>()
  let next = 0
  const dial = async () => {
    while (next < count) {
      const number = next++
      const status = await dialler.invite(`${dialled[number % dialled.length]}`, account)
      came.set(status, (came.get(status) ?? 0) + 1)
      if (status === undefined) unanswered.add(`${dialled[number % dialled.length]}`)
    }
  }
  await Promise.all(Array.from({ length: account ? 2 : atOnce }, dial))
  dialler.close()
  return came
}

/** A telephone of this machine calls a line, and hears it to its end. */
async function callTheBank(): Promise<number> {
  const exchange = { ...stage.asterisk.switch.sip, transport: 'udp' } as const
  const beganAtMs = performance.now()
  const line = lineOf(
    await new SipPhone({ exchange, account: stage.asterisk.account('desk2') }, systemRuntime).open('9001'),
  )
  expect(await line.ended).toBe('hung up there')
  return performance.now() - beganAtMs
}

it('a thousand INVITEs to outside numbers and strange dial strings begin no call, and the bank’s line goes on', {
  timeout: 120_000,
}, async context => {
  needsCapture(context)
  const capture = await startCapture('127.0.0.1')
  const answers = flood(strangers)
  const tookMs = await callTheBank()
  const ofStrangers = await answers
  const ofInsiders = await flood(insiders, stage.asterisk.account('desk1'))
  await callTheBank()
  console.log(
    `strangers: ${show(ofStrangers)}; with a password: ${show(ofInsiders)}; the bank's line took ${Math.round(tookMs)} ms`,
  )

  // Whom it does not know it asks who they are. Whom it knows hears that nobody has that number (200, or 486 in a fifth call).
  const isRefused = (status = 400) => status >= 400
  expect([...ofStrangers.keys()].filter(status => !isRefused(status))).toEqual([])
  expect(ofInsiders.get(200)).toBeGreaterThan(insiders / 4)
  expect([...unanswered].filter(dialled => !malformedDialStrings.includes(dialled))).toEqual([])
  await expect.poll(async () => stage.ari.request('channels', 'list'), { timeout: 20_000 }).toEqual([])

  const sent = await capture.end()
  const { ports } = JSON.parse(readFileSync(join(stage.asterisk.dataFolder, 'switch/installation.json'), 'utf8'))
  const invites = sent.filter(({ payload }) => payload.subarray(0, 7).toString() === 'INVITE ')
  expect(invites.length).toBeGreaterThan(2 * (strangers + insiders))
  const ofAsterisk = sent.filter(({ sourcePort }) => sourcePort === ports.asteriskSip)
  expect(ofAsterisk.length).toBeGreaterThan(strangers)
  expect(invites.filter(({ sourcePort }) => sourcePort === ports.asteriskSip)).toEqual([])
})

const show = (came: ReadonlyMap<number | undefined, number>) =>
  [...came].map(([status, count]) => `${count} × ${status ?? 'no answer'}`).join(', ')
