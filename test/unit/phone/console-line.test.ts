/** A whole call written down and piped into the console. */
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { CNY, money } from '../../../src/money.ts'
import { accepted, type Call } from '../../../src/phone/call.ts'
import { ConsoleLine, consoleLimits } from '../../../src/phone/console/console-line.ts'
import { type Input, openKeyboard } from '../../../src/phone/console/keyboard.ts'
import { serveCall } from '../../../src/phone/serve-call.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import { Secret } from '../../../src/secret.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const payee = { en: 'Lantern Books', zh: '灯笼书店' }

async function purchase(call: Call): Promise<void> {
  await call.ask('sign-in.account', { phrase: 'sign-in.account', digits: { min: 4, max: 8 }, accept: accepted })
  await call.ask('sign-in.pin', { phrase: 'sign-in.pin', digits: { min: 6, max: 6 }, secret: true, accept: accepted })
  await call.say('sign-in.hello.unnamed')
  await call.confirm('pay.confirm', { amount: money(1_250n, CNY), payee })
  await call.say('voucher.password', { password: new Secret('91827364') }, { inFull: true })
}

async function call(typed: string, { isTTY, columns }: { isTTY: boolean; columns?: number }) {
  const runtime = new VirtualRuntime()
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => {} })
  input.write(typed)
  if (!isTTY) input.end()
  let screen = ''
  const write = (text: string) => {
    screen += text
  }
  const keyboard = openKeyboard(input as unknown as Input)
  const line = new ConsoleLine({ runtime, dialled: '9001', keyboard, write, columns })
  const events: TranscriptEvent[] = []
  const transcript = (event: TranscriptEvent) => {
    events.push(event)
    line.transcript(event)
  }
  const options = { speech: catalogueSpeech(), runtime, transcript, limits: consoleLimits }
  await runtime.run(() => serveCall(line, purchase, options))
  return { screen, events, ended: events.flatMap(event => (event.event === 'ended' ? [event.how] : [])) }
}

it('keys each written line in after the question before it', async () => {
  const { screen, ended } = await call('1001#\n246810\n1\n', { isTTY: false })
  expect(screen).toContain('12.50 yuan to Lantern Books')
  expect(screen).toContain('9182 7364')
  expect(ended).toEqual(['said-goodbye'])
})

it('keys no line ahead when the one before it answered two questions', async () => {
  const { screen, ended } = await call('1001#246810\n1\n', { isTTY: false })
  expect(screen).toContain('9182 7364')
  expect(ended).toEqual(['said-goodbye'])
})

it('hangs up at the end of the input', async () => {
  const { ended } = await call('1001#\n', { isTTY: false })
  expect(ended).toEqual(['caller-left'])
})

it('shows a person the keys of an open question only', async () => {
  const { screen, ended } = await call('1001\r246810\u0003', { isTTY: true })
  expect(screen).not.toContain('246810')
  expect(ended).toEqual(['caller-left'])
})

it('breaks a line between words where the terminal ends', async () => {
  const { screen } = await call('1001\r246810\u0003', { isTTY: true, columns: 30 })
  expect(screen).toContain('\nPlease key in your account\nnumber, then press the hash\nkey.\n')
})
