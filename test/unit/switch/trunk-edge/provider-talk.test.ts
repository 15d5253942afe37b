/** What a trunk's edge says to its provider by itself, and when: registrations do not run out, and refusals are not hammered at. */
import { describe, expect, test } from 'vitest'
import { Secret } from '../../../../src/secret.ts'
import { headerOf, readSipMessage, type SipRequest } from '../../../../src/sip-message.ts'
import { ProviderTalk } from '../../../../src/switch/trunk-edge/provider-talk.ts'
import type { Trunk, TrunkState } from '../../../../src/switch/trunk-edge/trunk.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const trunk: Trunk = {
  ...{ name: 'carrier', addresses: [], numbers: { 4711: '9001' }, attested: false, key: 'KEY' },
  register: { account: { user: 'tonebank', password: new Secret('what the provider gave us') }, seconds: 600 },
  provider: { host: 'sip.provider.example', port: 5060, transport: 'tls' },
  own: { address: '192.0.2.1', port: 5080 },
  calls: { mostAtOnce: 1, rate: { burst: 1, perMinute: 1 } },
}

/** Status and header lines; undefined: no answer. */
type Answer = readonly string[] | undefined

/** A provider that answers so, for as long as the test says. */
class Provider {
  readonly runtime = new VirtualRuntime()
  readonly asked: { readonly atS: number; readonly method: string; readonly expires: string | undefined }[] = []
  readonly states: TrunkState[] = []
  /** How often the edge gave up on where it asked. */
  unansweredTimes = 0
  readonly talk: ProviderTalk
  readonly #answers: (request: SipRequest) => Answer

  constructor(answers: (request: SipRequest) => Answer) {
    this.#answers = answers
    this.talk = new ProviderTalk(trunk, this.#way, this.runtime)
  }

  async during(seconds: number): Promise<void> {
    const ending = new AbortController()
    await this.runtime.run(async () => {
      const keeping = this.talk.keep(ending.signal, state => this.states.push(state))
      await this.runtime.sleep(seconds * 1_000)
      ending.abort()
      await keeping
    })
  }

  /** When it was asked so, in seconds. */
  timesOf(method: string): number[] {
    return this.asked.flatMap(asked => (asked.method === method ? [asked.atS] : []))
  }

  get #way() {
    return {
      isReliable: true,
      send: async (bytes: Buffer) => this.#hear(bytes),
      unanswered: () => {
        this.unansweredTimes++
      },
    }
  }

  #hear(bytes: Buffer): void {
    const request = readSipMessage(bytes)
    if (request?.kind !== 'request') throw new Error('no request')
    const { method } = request
    this.asked.push({ atS: this.runtime.monotonicMs() / 1_000, method, expires: headerOf(request, 'expires') })
    const [status, ...says] = this.#answers(request) ?? []
    if (status === undefined) return
    const copied = request.fields.filter(({ name }) => ['via', 'from', 'to', 'call-id', 'cseq'].includes(name))
    const answer = [`SIP/2.0 ${status}`, ...copied.map(({ raw }) => raw), ...says, '\r\n'].join('\r\n')
    const message = readSipMessage(Buffer.from(answer))
    if (message) this.talk.takes(message)
  }
}

const granting = (seconds: number) => (request: SipRequest) =>
  request.method === 'REGISTER' ? ['200 OK', `Contact: <sip:tonebank@192.0.2.1:5080>;expires=${seconds}`] : ['200 OK']

describe('a registration', () => {
  test.each([600, 60, 40, 20])('of %i s is renewed before it runs out', async seconds => {
    const provider = new Provider(granting(seconds))
    await provider.during(2_000)
    const times = provider.timesOf('REGISTER')
    const gaps = times.slice(1).map((atS, i) => atS - (times[i] ?? 0))
    expect(times.length).toBeGreaterThan(3)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(seconds * 0.8 + 0.001)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(seconds * 0.8 - 0.001)
    expect(provider.states).toEqual(['registered'])
  })

  test('that is granted for no time at all is not asked for without a pause', async () => {
    const provider = new Provider(granting(0))
    await provider.during(100)
    expect(provider.timesOf('REGISTER').length).toBeLessThanOrEqual(21)
  })

  test('is asked for as long as the provider wants it at least, and then always', async () => {
    const provider = new Provider(request =>
      Number(headerOf(request, 'expires') ?? 9_999) < 1_800
        ? ['423 Interval Too Brief', 'Min-Expires: 1800']
        : ['200 OK'],
    )
    await provider.during(3_000)
    const expires = provider.asked.flatMap(asked => (asked.method === 'REGISTER' ? [asked.expires] : []))
    expect(expires).toEqual(['600', '1800', '1800', '1800'])
    expect(provider.states).toEqual(['registered'])
  })
})

describe('an account that is refused', () => {
  test.each(['403 Forbidden', '404 Not Found', '401 Unauthorized', '603 Decline'])(
    '(%s) is tried again after a minute, then ever less often',
    async status => {
      const provider = new Provider(() => [status, 'WWW-Authenticate: Digest realm="a", nonce="b"'])
      await provider.during(7_200)
      const times = [...new Set(provider.timesOf('REGISTER'))]
      const gaps = times.slice(1).map((atS, i) => atS - (times[i] ?? 0))
      expect(gaps[0]).toBeGreaterThanOrEqual(40)
      expect(gaps[0]).toBeLessThanOrEqual(80)
      expect(Math.min(...gaps.slice(4))).toBeGreaterThanOrEqual(600)
      expect(Math.max(...gaps)).toBeLessThanOrEqual(1_200)
      expect(provider.states).toEqual(['refused'])
    },
  )

  test.each([0, 100])('is not tried sooner where each refusal ends the connection after %i ms', async ms => {
    const provider: Provider = new Provider(() => {
      if (ms === 0) provider.talk.lost()
      else void provider.runtime.sleep(ms).then(() => provider.talk.lost())
      return ['403 Forbidden']
    })
    await provider.during(600)
    expect(provider.timesOf('REGISTER').length).toBeLessThan(6)
  })

  test.each([
    '423 Interval Too Brief',
    '480 Temporarily Unavailable',
    '503 Service Unavailable',
    '408 Request Timeout',
  ])(
    'is not what %s means: it is tried again in seconds, elsewhere if the provider is elsewhere, too',
    async status => {
      const provider = new Provider(() => [status])
      await provider.during(60)
      expect(provider.states).toEqual(['unreachable'])
      expect(provider.timesOf('REGISTER').length).toBeGreaterThan(10)
      expect(provider.unansweredTimes).toBe(provider.timesOf('REGISTER').length)
    },
  )

  test('is none where the nonce only was too old', async () => {
    let times = 0
    const provider = new Provider(({ method }) => {
      if (method !== 'REGISTER' || ++times > 2) return ['200 OK']
      return [
        '401 Unauthorized',
        `WWW-Authenticate: Digest realm="a", nonce="${times}"${times > 1 ? ', stale=true' : ''}`,
      ]
    })
    await provider.during(10)
    expect(provider.states).toEqual(['registered'])
  })
})

test('a provider that answers nothing is given up where it was asked, and one that does is kept to', async () => {
  const [silent, well] = [new Provider(() => undefined), new Provider(granting(600))]
  await silent.during(60)
  await well.during(600)
  expect(silent.states).toEqual(['unreachable'])
  expect(silent.unansweredTimes).toBeGreaterThan(3)
  expect(well.unansweredTimes).toBe(0)
})
