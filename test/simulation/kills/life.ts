/**
 * One life of a bank's process: it opens its books, serves a simulated caller who buys vouchers, and dies by SIGKILL at
 * the step it was told. Run as a child process by `kills.test.ts`; nothing outside the books and its messages survives it.
 */

import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { harbour, lantern } from '../../../demo/institutions.ts'
import { bankLine } from '../../../ivr/bank/bank-line.ts'
import type { Bank } from '../../../src/bank/bank.ts'
import { start as startBank } from '../../../src/bank/start.ts'
import type { IntentId } from '../../../src/ids.ts'
import type { Merchant } from '../../../src/merchant/merchant.ts'
import { start as startMerchant } from '../../../src/merchant/start.ts'
import { yuan } from '../../../src/money.ts'
import { serveCall } from '../../../src/phone/serve-call.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, institutionId, toldVoucher } from '../../support/ids.ts'
import { inProcessMail } from '../../support/in-process-mail.ts'
import { SimulatedCaller, SimulatedLine } from '../../support/simulated-line.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import type { Life, Message } from './messages.ts'

const life: Life = JSON.parse(process.env['TONEBANK_LIFE'] ?? '')
const amount = yuan(50n)

let passes = 0
const runtime = new VirtualRuntime({ seed: life.seed, startsAt: Date.now(), onReached: reached })
await runtime.run(live)
process.exit(0)

/** Dies here if this is the place: the signal is delivered before `kill` returns. */
function reached(step: string): void {
  if (step === life.killAt && ++passes === life.occurrence) process.kill(process.pid, 'SIGKILL')
}

async function live(): Promise<void> {
  const mail = inProcessMail(runtime)
  const quiet = { nightlyAt: undefined }
  const bankSettings = { ...harbour, ...quiet, folder: join(life.folder, 'harbour') }
  const { bank, mail: bankMail } = await startBank(bankSettings, runtime, mail)
  const { merchant } = await startMerchant(
    { ...lantern, ...quiet, folder: join(life.folder, 'lantern') },
    runtime,
    mail,
  )
  tell({ kind: 'began', ...(await books(bank)) })

  const heard = await call(bank)
  for (const intent of life.intents) tell({ kind: 'asked-again', intent, outcomes: await askAgain(bank, intent) })
  await bankMail.idle()
  tell({ kind: 'ended', ...(await books(bank)), opened: await openEach(merchant, heard) })
}

/** @returns each number with its password, as heard */
async function call(bank: Bank): Promise<ReadonlyMap<string, string>> {
  const line = new SimulatedLine(runtime, '9001', { resumed: life.resumed })
  const remember = line.remember.bind(line)
  line.remember = async progress => {
    tell({ kind: 'remembered', progress })
    return remember(progress)
  }
  const heard = new Map<string, string>()
  const transcript = (event: TranscriptEvent) => {
    if (event.event === 'said') line.announce(event.phrase)
    const step = stepOf(event)
    if (step === undefined) return
    tell({ kind: 'step', step })
    reached(step)
  }
  const served = serveCall(line, ivr => bankLine(ivr, bank), { speech: catalogueSpeech(), runtime, transcript })
  await Promise.all([served.then(() => line.end()), converse(new SimulatedCaller(runtime, line), heard)])
  return heard
}

/** The conversation's own steps of a purchase, beside those of the bank. */
function stepOf(event: TranscriptEvent): string | undefined {
  switch (event.event) {
    case 'intent':
      return `call: intent ${event.name}`
    case 'said':
      return `call: says ${event.phrase}`
    case 'heard-in-full':
      return `call: heard ${event.phrase}`
    case 'answered':
      return `call: answered ${event.step}`
    default:
      return undefined
  }
}

async function converse(caller: SimulatedCaller, heard: Map<string, string>): Promise<void> {
  const keys: Record<string, string> = {
    'language.choose': '1',
    'sign-in.account': `${life.account}#`,
    'sign-in.pin': life.pin,
    'buy.payee': '8001#',
    'buy.amount': '50#',
    'buy.confirm': '1',
    'voucher.written': '1',
  }
  let left = life.purchases
  let number = ''
  for (;;) {
    const phrase = await caller.hearsAny([...Object.keys(keys), 'voucher.number', 'voucher.password', 'bank.menu'])
    switch (phrase) {
      case undefined:
        return
      case 'voucher.number':
        number = caller.last.replace(/\D/g, '')
        tell({ kind: 'heard', phrase, digits: number })
        break
      case 'voucher.password':
        heard.set(number, caller.last.replace(/\D/g, ''))
        tell({ kind: 'heard', phrase, digits: heard.get(number) ?? '' })
        break
      case 'bank.menu':
        if (left-- === 0) return caller.hangsUp()
        await caller.presses('2')
        break
      default:
        await caller.presses(keys[phrase] ?? '')
        // Put in both languages, and answered at the first.
        if (phrase === 'language.choose') delete keys[phrase]
    }
  }
}

async function askAgain(bank: Bank, intent: IntentId): Promise<string[]> {
  const order = { intent, buyer: life.account, payee: institutionId(lantern.id), amount, channel: 'telephone' } as const
  const sales = [await bank.sellVoucher(order), await bank.sellVoucher(order)]
  return sales.map(sale => ('voucher' in sale ? `sold ${sale.voucher.number}` : sale.outcome))
}

/** What each voucher turns out to be when it is used: the payee knows it, and it is worth its face. */
async function openEach(merchant: Merchant, heard: ReadonlyMap<string, string>): Promise<string[]> {
  const outcomes: string[] = []
  for (const [number, password] of heard) {
    const opening = await merchant.openVoucher({
      number: toldVoucher(number),
      password: new Secret(password),
      origin: aPhone,
    })
    outcomes.push(opening.outcome === 'open' ? `open ${opening.remaining.minor}` : opening.outcome)
  }
  return outcomes
}

async function books(bank: Bank) {
  const vouchers = await bank.vouchers(life.account)
  const { minor } = await bank.balance(life.account)
  const confirmed = vouchers.filter(({ state }) => state === 'confirmed').length
  return { balance: minor.toString(), sold: vouchers.length, confirmed }
}

/** Written before the process goes on, so that a kill after it cannot take it back. */
function tell(message: Message): void {
  writeSync(1, `${JSON.stringify(message)}\n`)
}
