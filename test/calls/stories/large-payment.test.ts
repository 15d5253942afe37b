/**
 * A payment terminal pays large amounts at 9001, and at the payee's 8001, in real SIP calls: by UDP, by TLS and SRTP over a line that drops, deletes, repeats and
 * conceals, and in digits over one that carries no signals. What the line did is printed, which frames went, and how long it took from "insert your card" to "paid".
 * A machine that is busy with other networks may tear a frame, which is sent again: paid it is all the same, and the time counts where the first try of each frame arrived.
 * `TONEBANK_PAYMENTS=20` pays more often, on a quiet machine, and there each payment counts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fromHex } from '../../../src/bytes.ts'
import { Directory } from '../../../src/card/directory.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import { parseAccountNumber } from '../../../src/ids.ts'
import { yuan } from '../../../src/money.ts'
import { cardFile } from '../../../src/operations/card-file.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { keysOfLargePayment } from '../../../src/terminal/bank-line.ts'
import type { TerminalLine } from '../../../src/terminal/line.ts'
import { keysOfCardPayment } from '../../../src/terminal/payee-line.ts'
import { type Paid, payInCall } from '../../../src/terminal/payment.ts'
import { SipPhone, type SipPhoneOptions } from '../../../src/terminal/sip/phone.ts'
import { institutionId } from '../../support/ids.ts'
import { UnsettledInMemory } from '../../support/unsettled.ts'
import { drawFrom } from '../../support/virtual-runtime.ts'
import { root } from '../harness/asterisk.ts'
import type { InstitutionLog, LogLine } from '../harness/institution-log.ts'
import { institutionsMade } from '../harness/institutions-made.ts'
import { type Network, startNetwork } from '../harness/network.ts'
import { BadLine } from '../terminal/bad-line.ts'
import { openEventsOnly } from '../terminal/events-only-line.ts'
import { hangUpAll, lineOf } from '../terminal/terminal-stage.ts'

const times = Number(process.env['TONEBANK_PAYMENTS'] ?? 1)
const mostCalls = 4
const seed = 20_261_127
const draw = drawFrom(seed)

let network: Network
let logs: Readonly<Record<'harbour' | 'lantern', InstitutionLog>>
beforeAll(async () => {
  network = await startNetwork(['--lan'], {}, institutionsMade)
  logs = { harbour: network.log('harbour'), lantern: network.log('lantern') }
})
afterAll(async () => {
  await hangUpAll()
  await network?.stop()
  network?.remove()
})

/** Whoever of the demonstration has a card, and a business of the same bank, which a terminal's directory lists. */
function people() {
  const { customers } = network
  const holder = customers.find(each => each.card !== undefined)
  const other = customers.find(({ bank, name }) => bank === holder?.bank && name.en === 'Lantern Books')
  const [account, to] = [parseAccountNumber(holder?.account ?? ''), parseAccountNumber(other?.account ?? '')]
  if (holder?.card === undefined || account === undefined || to === undefined) throw new Error('nobody has a card')
  return { holder, held: holder.card, account, to }
}

type OpenLine = () => Promise<TerminalLine>

/** The bank's line, or that of the payee which the people of its bank have admitted. */
type Where = '9001' | '8001'

async function byUdp(number = '9001'): Promise<TerminalLine> {
  const exchange = { ...network.server, transport: 'udp' } as const
  return lineOf(await new SipPhone({ exchange, account: network.phoneAccount('phone1') }, systemRuntime).open(number))
}

/** As a telephone of the network, which knows the exchange by what is printed. */
async function byTls(shim: SipPhoneOptions['shim'] & object, number = '9001'): Promise<TerminalLine> {
  const [, host = '', port] = /network: (\S+):(\d+), TLS/.exec(network.printed()) ?? []
  const [, fingerprint = ''] = /certificate SHA-256 (\S+)/.exec(network.printed()) ?? []
  const exchange = { host, port: Number(port), transport: { tls: { fingerprint } } }
  const account = network.phoneAccount('lan1')
  return lineOf(await new SipPhone({ exchange, account, shim }, systemRuntime).open(number))
}

/** What came of one payment. `frames`: as the log of who asked tells of them. */
interface Payment {
  readonly paid: Paid
  readonly seconds: number
  readonly frames: readonly LogLine[]
}

/** Request, acknowledged, answer, acknowledged, result, acknowledged: what is more than that was sent again. */
const fewestFrames = 6

const isWhole = ({ frames }: Payment) => frames.length === fewestFrames

/** A busy machine loses a frame now and then: of so many payments one loses none. */
const mostUntilWhole = 3

/** So many as there are to be, and a few more until one has lost no frame. */
async function payments(pay: (time: number) => Promise<Payment>): Promise<Payment[]> {
  const made: Payment[] = []
  while (made.length < times || (made.length < mostUntilWhole && !made.some(isWhole))) {
    const each = await pay(made.length)
    expect(each.paid).toMatchObject({ outcome: 'result', result: { outcome: 'paid' } })
    made.push(each)
  }
  return made
}

/** They take 25 s at the median: of few, those that lost no frame, of which there is one. */
function expectSwift(way: string, made: readonly Payment[]): void {
  for (const { seconds, frames } of made) {
    const told = frames.map(({ event, mode, type, outcome }) =>
      [event === 'frame-sent' ? mode : outcome, type].join(' '),
    )
    console.log(`from "insert your card" to "paid", ${way}: ${seconds.toFixed(1)} s; ${told.join(', ')}`)
  }
  const asserted = made.length >= 20 ? made : made.filter(isWhole)
  expect(median(asserted.map(({ seconds }) => seconds))).toBeLessThan(25)
}

/** A busy machine tears keys, too: a call in which the bank did not come to ask is begun anew, as its caller would. */
async function payment(open: OpenLine, whole: bigint, at: Where = '9001'): Promise<Payment> {
  for (let calls = 1; ; calls++) {
    const made = await call(open, whole, at)
    if (made !== 'not asked') return made
    if (calls === mostCalls) throw new Error(`in ${mostCalls} calls nobody asked for a signature`)
    console.log(`the keys did not arrive whole: once more\n${logs.harbour.tail()}`)
  }
}

/** One call. */
async function call(open: OpenLine, whole: bigint, at: Where): Promise<Payment | 'not asked'> {
  const { holder, held, account, to } = people()
  const folder = join(network.dataFolder, 'institutions/harbour/cards')
  const key = fromHex(readFileSync(join(folder, 'directory-key.txt'), 'utf8').trim())
  const message = new Uint8Array(readFileSync(join(folder, 'directory.cose')))
  const directory = await Directory.read({ algorithm: 'Ed25519', bytes: key }, message)
  const path = join(network.dataFolder, held.file)
  if (directory === undefined || !existsSync(path)) throw new Error('no directory, or no card')
  const card = await SoftCard.insert(cardFile(path), length => systemRuntime.random(length))
  const amount = yuan(whole)
  const line = await open()
  const paying = payInCall(line, {
    card,
    directory,
    wish:
      at === '8001'
        ? { type: 'pay', amount }
        : { type: 'transfer', payee: { bank: institutionId('harbour'), account: to }, amount },
    hands: {
      approve: async ({ shown }) => {
        const type = at === '8001' ? 'pay' : 'transfer'
        expect(shown).toMatchObject({ type, payee: { account: to }, amount: `${whole}.00 CNY` })
        // A person's hands: 6 s, more or less.
        await systemRuntime.sleep(5_000 + (draw() / 2 ** 32) * 2_000)
        return { pin: new Secret(held.pin), password: new Secret(held.password) }
      },
      onResult: () => {},
      onSettled: () => {},
    },
    unsettled: new UnsettledInMemory(),
    runtime: systemRuntime,
  })
  const [log, paidPhrase] = at === '8001' ? [logs.lantern, 'card.paid'] : [logs.harbour, 'transfer.done']
  if (at === '8001') await keysOfCardPayment(line, systemRuntime, amount)
  else await keysOfLargePayment(line, systemRuntime, { account, pin: new Secret(holder.pin), to, amount })
  const inserted = await said(log, 'card.insert', 30_000).catch(() => undefined)
  if (inserted === undefined) {
    await line.hangUp()
    await paying
    return 'not asked'
  }
  const told = await said(log, paidPhrase, 120_000)
  const paid = await paying
  await line.hangUp()
  const frames = log.lines.filter(({ event, call: of }) => of === told['call'] && /^frame-/.test(String(event)))
  return { paid, seconds: (atMs(told) - atMs(inserted)) / 1_000, frames }
}

function said(log: InstitutionLog, phrase: string, withinMs?: number): Promise<LogLine> {
  return log.next({ event: 'said', phrase }, withinMs)
}

const atMs = ({ time }: LogLine) => new Date(String(time)).getTime()

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

it(`pays ${times} × by UDP`, { timeout: 300_000 + times * 60_000 }, async () => {
  const made = await payments(time => payment(() => byUdp(), 101n + BigInt(time)))
  expectSwift('UDP', made)
})

it(`pays ${times} × by TLS and SRTP over a bad line`, { timeout: 300_000 + times * 60_000 }, async () => {
  const made = await payments(async time => {
    const shim = new BadLine({ seed: seed + time, drop: 0.02, delete: 0.01, repeat: 0.01, conceal: 0.01 })
    // Keys are events beside the sound, which the line leaves alone.
    const each = await payment(() => byTls(shim), 201n + BigInt(time))
    console.log(shim.story())
    return each
  })
  expectSwift(`bad line, seed ${seed}`, made)
})

it('pays at a payee by UDP, and by TLS and SRTP over a bad line', { timeout: 400_000 }, async () => {
  const udp = await payments(time => payment(() => byUdp('8001'), 401n + BigInt(time), '8001'))
  const shim = new BadLine({ seed: seed + 8001, drop: 0.02, delete: 0.01, repeat: 0.01, conceal: 0.01 })
  const tls = await payment(() => byTls(shim, '8001'), 499n, '8001')
  expect(tls.paid).toMatchObject({ outcome: 'result', result: { outcome: 'paid' } })
  console.log(shim.story())
  expectSwift(`at a payee, UDP and then a bad line, seed ${seed + 8001}`, [...udp, tls])
})

it('pays in digits where the codec carries no signals', { timeout: 400_000 }, async () => {
  const { server } = network
  const { paid, seconds } = await payment(
    () => openEventsOnly({ server, account: network.phoneAccount('phone2'), number: '9001' }),
    301n,
  )
  expect(paid).toMatchObject({ outcome: 'result', result: { outcome: 'paid' } })
  console.log(`from "insert your card" to "paid", in digits: ${seconds.toFixed(1)} s`)
  expect(seconds).toBeLessThan(90)
})

it('pays with the command at the command line, which shows what is signed', { timeout: 120_000 }, async () => {
  const { holder, held, to } = people()
  const path = join(network.dataFolder, held.file)
  const args = ['terminal', '9001', '--data', network.dataFolder, '--card', path, '--to', to, '--amount', '12.50']
  const typed = [holder.pin, held.pin, held.password]
  const child = spawn(process.execPath, ['bin/tonebank.mjs', ...args], { cwd: root })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', piece => (text += piece))
  child.stdin.end(`${typed.join('\n')}\n`)
  const [status] = await once(child, 'close')
  expect(text, logs.harbour.tail()).toContain('Harbour Bank')
  expect(text).toContain(`12.50 CNY to`)
  expect(text).toMatch(/Paid\. Reference \d+\./)
  for (const secret of typed) expect(text).not.toContain(secret)
  expect(status).toBe(0)
})

it('leaves books that prove themselves, with each payment once', async () => {
  const audit = await network.audit()
  expect(audit.text).not.toMatch(/TAMPERED|finding/i)
  expect(audit.status).toBe(0)
})
