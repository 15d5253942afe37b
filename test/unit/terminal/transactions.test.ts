/** The timers of RFC 3261, table 4, on virtual time. */
import { describe, expect, it } from 'vitest'
import { readSipMessage } from '../../../src/sip-message.ts'
import { type Answer, type Listener, Transactions } from '../../../src/terminal/sip/transactions.ts'
import type { SipTransport } from '../../../src/terminal/sip/transport.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { answerTo } from './fake-exchange.ts'

const draft = (method: string) => ({
  ...{ method, uri: 'sip:9001@bank', from: '<sip:a@bank>;tag=1', to: '<sip:9001@bank>', callId: 'c', sequence: 1 },
})

/** A wire on which nothing arrives but what the test lets arrive. */
class Wire implements SipTransport {
  readonly own = { address: '127.0.0.1', port: 5070 }
  readonly protocol: 'UDP' | 'TLS'
  readonly sent: { readonly atMs: number; readonly text: string }[] = []
  deliver: (bytes: Buffer) => void = () => {}
  break: (why: string) => void = () => {}
  readonly #runtime: VirtualRuntime

  constructor(runtime: VirtualRuntime, protocol: 'UDP' | 'TLS') {
    this.#runtime = runtime
    this.protocol = protocol
  }

  get isReliable(): boolean {
    return this.protocol === 'TLS'
  }

  send(message: Buffer): void {
    this.sent.push({ atMs: this.#runtime.monotonicMs(), text: message.toString('latin1') })
  }

  listen(onMessage: (bytes: Buffer) => void, onBroken: (why: string) => void): void {
    this.deliver = onMessage
    this.break = onBroken
  }

  close(): void {}

  /** Answers the last request that was sent. */
  answer(status: string): void {
    const request = readSipMessage(Buffer.from(this.sent.findLast(({ text }) => !text.startsWith('ACK'))?.text ?? ''))
    if (request?.kind === 'request') this.deliver(Buffer.from(answerTo(request, status)))
  }

  timesOf(method: string): number[] {
    return this.sent.filter(({ text }) => text.startsWith(method)).map(({ atMs }) => atMs)
  }
}

function told(heard: Partial<Listener> = {}): Listener {
  const nothing = () => {}
  const silent = { onRequest: nothing, onAck: nothing, onUnacknowledged: nothing, onAcceptedAgain: nothing }
  return { ...silent, onBroken: nothing, ...heard }
}

async function on<T>(
  protocol: 'UDP' | 'TLS',
  body: (wire: Wire, transactions: Transactions, runtime: VirtualRuntime) => Promise<T>,
  listener = told(),
): Promise<T> {
  const runtime = new VirtualRuntime()
  const wire = new Wire(runtime, protocol)
  return runtime.run(() => body(wire, new Transactions(wire, runtime, listener), runtime))
}

const seconds = (all: readonly number[]) => all.map(ms => ms / 1000)

describe('a request that nobody answers', () => {
  it.each<[string, 'UDP' | 'TLS', number[]]>([
    ['INVITE', 'UDP', [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]],
    ['BYE', 'UDP', [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]],
    ['INVITE', 'TLS', [0]],
    ['BYE', 'TLS', [0]],
  ])('%s over %s', async (method, protocol, times) => {
    await on(protocol, async (wire, transactions, runtime) => {
      expect(await transactions.request(draft(method))).toEqual({ kind: 'nothing' })
      expect(runtime.monotonicMs()).toBe(32_000)
      expect(seconds(wire.timesOf(method))).toEqual(times)
    })
  })
})

describe('a provisional answer', () => {
  it('ends the repetitions of an INVITE, which may then ring for as long as its caller likes', async () => {
    await on('UDP', async (wire, transactions, runtime) => {
      let heard = 0
      const asking = transactions.request(draft('INVITE'), undefined, () => {
        heard++
      })
      await runtime.sleep(700)
      wire.answer('180 Ringing')
      await runtime.sleep(120_000)
      expect(seconds(wire.timesOf('INVITE'))).toEqual([0, 0.5])
      wire.answer('486 Busy Here')
      expect((await asking).kind).toBe('response')
      expect(heard).toBe(1)
    })
  })

  it('slows the repetitions of any other request', async () => {
    await on('UDP', async (wire, transactions, runtime) => {
      const asking = transactions.request(draft('OPTIONS'))
      await runtime.sleep(100)
      wire.answer('100 Trying')
      expect(await asking).toEqual({ kind: 'nothing' })
      expect(seconds(wire.timesOf('OPTIONS'))).toEqual([0, 0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5])
    })
  })
})

it('a refusal of an INVITE is acknowledged as often as it comes, for 32 s, in its own transaction', async () => {
  await on('UDP', async (wire, transactions, runtime) => {
    const asking = transactions.request(draft('INVITE'))
    await runtime.sleep(100)
    for (const waitMs of [0, 500, 31_000, 1_000]) {
      await runtime.sleep(waitMs)
      wire.answer('486 Busy Here')
    }
    await asking
    expect(seconds(wire.timesOf('ACK'))).toEqual([0.1, 0.6, 31.6])
    const [invite, ack] = ['INVITE', 'ACK'].map(method => wire.sent.find(({ text }) => text.startsWith(method))?.text)
    const viaOf = (text = '') => /^Via: .*$/m.exec(text)?.[0]
    expect(viaOf(ack)).toBe(viaOf(invite))
    expect(ack).toContain('To: <sip:9001@bank>;tag=theirs\r\n')
  })
})

it('a 2xx of ours to INVITE is repeated until it is acknowledged, over TLS as well, and given up after 32 s', async () => {
  let [isLost, atMs] = [false, 0]
  const invite = Buffer.from(
    'INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/TLS x;branch=z9hG4bK1\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n',
  )
  const listener = told({
    onRequest: (_, answer) => answer(Buffer.from('SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n')),
    onUnacknowledged: () => {
      isLost = true
    },
  })
  await on(
    'TLS',
    async (wire, _, runtime) => {
      wire.deliver(invite)
      while (!isLost) await runtime.sleep(100)
      atMs = runtime.monotonicMs()
      expect(seconds(wire.timesOf('SIP/2.0 200'))).toEqual([0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5])
    },
    listener,
  )
  expect(atMs).toBeGreaterThanOrEqual(32_000)
  expect(atMs).toBeLessThan(32_200)
})

it('a connection that breaks answers whoever waits, and whoever asks later', async () => {
  await on('TLS', async (wire, transactions) => {
    const asking = transactions.request(draft('BYE'))
    wire.break('it was cut')
    const broken: Answer = { kind: 'broken', why: 'it was cut' }
    expect(await asking).toEqual(broken)
    expect(await transactions.request(draft('OPTIONS'))).toEqual(broken)
  })
})
