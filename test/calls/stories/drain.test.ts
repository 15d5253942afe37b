/**
 * Draining, with real calls: whoever is in the middle of a purchase finishes it, new callers hear that the lines are busy, and then the
 * process ends. Told twice, it ends at once, and the books are right all the same.
 */
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { places } from '../../../src/operations/places.ts'
import { currentGeneration } from '../../../src/speech/manifest.ts'
import { balancesOf } from '../../support/balances.ts'
import { startPhone } from '../harness/baresip.ts'
import { type Caller, call } from '../harness/caller.ts'
import { institutionsMade } from '../harness/institutions-made.ts'
import { type Network, startNetwork } from '../harness/network.ts'
import { until } from '../harness/until.ts'
import { loadClipSet } from '../listen/clip-set.ts'
import { listen } from '../listen/listen.ts'

let network: Network
let operations: string

beforeAll(async () => {
  network = await startNetwork([], {}, institutionsMade)
  operations = network.printed().match(/Operators look at (\S+)\.\n/)?.[1] ?? ''
})
afterAll(async () => {
  await network?.stop()
  network?.remove()
})

const sentences = { busy: /^All our lines are busy/, apology: /^We are sorry\. This service/ }

/** Which sentence of the plain dialplan is in a recording. */
function sentenceIn(recording: Int16Array = new Int16Array()): string | undefined {
  const clips = loadClipSet(currentGeneration(places.promptsCache) ?? '', 'en').filter(({ text }) =>
    Object.values(sentences).some(known => known.test(text)),
  )
  const samples = new Float32Array(recording).map(sample => sample / 32_768)
  const texts = listen(samples, clips).flatMap(heard => ('clip' in heard ? [heard.clip.text] : []))
  return Object.entries(sentences).find(([, known]) => texts.some(text => known.test(text)))?.[0]
}

async function sentenceAt(number: string): Promise<string | undefined> {
  const phone = await startPhone({ server: network.server, account: network.phoneAccount('phone2') })
  await phone.dial(number)
  await phone.untilEnded()
  const { heard } = await phone.quit()
  return sentenceIn(heard[0])
}

async function readyAt(institution: string): Promise<{ readonly ready: boolean; readonly state: string }> {
  const targets = (await (await fetch(`${operations}/targets`)).json()) as {
    targets: string[]
    labels: { institution: string }
  }[]
  const found = targets.find(({ labels }) => labels.institution === institution)
  const answer = await fetch(`http://${found?.targets[0]}/ready`)
  const said = (await answer.json()) as { ready: boolean; state: string }
  expect(answer.status).toBe(said.ready ? 200 : 503)
  return said
}

/** Calls in progress, as the operators' page shows them: without a digit that was dialled or keyed. */
async function seenAtWork(): Promise<string> {
  // Asterisk knows how well sound comes in after the first reports.
  await new Promise(resolve => setTimeout(resolve, 4_000))
  const page = await (await fetch(`${operations}/?lang=en`)).text()
  const [, calls = ''] = /<div id="calls">(.*?)<\/div>/s.exec(page) ?? []
  expect(calls).not.toMatch(/\d{4}/)
  return calls
}

async function halfWay(): Promise<Caller> {
  const buyer = network.customers[0]
  const bank = await call(network, 'phone1', '9001', 'harbour')
  await bank.answer('language.choose', '1')
  await bank.answer('sign-in.account', `${buyer?.account}#`)
  await bank.answer('sign-in.pin', `${buyer?.pin}`)
  await bank.answer('bank.menu', '2')
  await bank.answer('buy.payee', '8001#')
  return bank
}

async function finish(bank: Caller): Promise<void> {
  await bank.answer('buy.amount', '50#')
  await bank.answer('buy.confirm', '1')
  await bank.answer('voucher.written', '1')
  await bank.hears('voucher.confirmed')
  await bank.answer('bank.menu', '')
  await bank.hangUp()
  await bank.quit()
}

async function startAgain(): Promise<void> {
  expect((await network.command('reload')).status).toBe(0)
  await until('it takes calls', async () => (await readyAt('harbour').catch(() => ({ ready: false }))).ready, 30_000)
}

const sold = async () => (await balancesOf(network.dataFolder)).get('harbour float:lantern') ?? 0n

test('a caller in mid purchase finishes it; a new caller hears that the lines are busy; then the process ends', async () => {
  const before = await sold()
  const bank = await halfWay()
  expect(await readyAt('harbour')).toEqual({ ready: true, state: 'serving' })
  expect(await seenAtWork()).toMatch(
    /Harbour Bank<\/strong>\s*<span class="reference">bank · <code>buy.(payee|amount)<\/code>.*? 0 % lost packets · \d+ ms jitter/s,
  )
  const draining = network.command('drain', 'harbour')
  await until('/ready flips', async () => (await readyAt('harbour')).state === 'draining', 20_000)
  expect(await sentenceAt('9001')).toBe('busy')
  expect((await network.command('status')).text).toMatch(/harbour: .*, takes no new calls, 1 calls in progress/)
  await finish(bank)
  expect(await draining).toEqual({
    status: 0,
    text: 'harbour: 1 calls in progress\nharbour: the last call has ended\n',
  })
  expect((await sold()) - before).toBe(50_00n)
  await until('it has ended', async () => /harbour: not running/.test((await network.command('status')).text), 20_000)
  expect(await sentenceAt('9001')).toBe('busy')
  expect((await fetch(`${operations}/ready`)).status).toBe(503)
})

test('a reload starts it again', () => startAgain())

test('told twice, it waits for nobody: callers hear the apology, and no money is in doubt', async () => {
  const before = await sold()
  const bank = await halfWay()
  const pid = Number((await network.command('status')).text.match(/harbour: a bank, running as process (\d+)/)?.[1])
  process.kill(pid, 'SIGTERM')
  await until('/ready flips', async () => (await readyAt('harbour')).state === 'draining')
  await new Promise(resolve => setTimeout(resolve, 1_000))
  expect(await readyAt('harbour')).toEqual({ ready: false, state: 'draining' })
  process.kill(pid, 'SIGTERM')
  await bank.phone.untilEnded(20_000)
  const { heard } = await bank.quit()
  expect(sentenceIn(heard[0])).toBe('apology')
  expect(network.printed()).toContain('harbour was drained and has ended')
  expect(await sold()).toBe(before)
  expect((await network.audit()).status).toBe(0)
  await startAgain()
})

test('SIGTERM drains all of it: who is in mid purchase finishes, and then everything ends', async () => {
  const before = await sold()
  const bank = await halfWay()
  const gone = once(network.process, 'exit')
  network.process.kill('SIGTERM')
  await until('/ready flips', async () => (await readyAt('lantern')).state === 'draining')
  // Who has no caller is there for those who have.
  expect(await sentenceAt('8001')).toBe('busy')
  expect(network.process.exitCode).toBe(null)
  await finish(bank)
  expect(await gone).toEqual([0, null])
  expect((await sold()) - before).toBe(50_00n)
  expect((await network.audit()).status).toBe(0)
})
