/**
 * Real calls with known PINs and passwords, and then a search for them wherever somebody could look: data folder, caches,
 * Asterisk's log and consoles, the manager interface, processes, the terminal. The controls open each of these on purpose,
 * and the same search must find the secrets there.
 */
import { randomInt } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isGuessable } from '../../src/keys/guessable.ts'
import { logTranscript, openLog } from '../../src/operations/log.ts'
import { places } from '../../src/operations/places.ts'
import { currentGeneration, readManifest } from '../../src/speech/manifest.ts'
import { type DigitClips, filesBelow, findLeaks, type KnownSecret, type Place } from '../support/leaks/places.ts'
import { tracesIn } from '../support/leaks/traces.ts'
import { consoleCommand } from './harness/asterisk-console.ts'
import {
  callInEnglish,
  openVoucher,
  orderVoucher,
  signIn,
  type WrittenDown,
  writeDown,
} from './harness/conversations.ts'
import { institutionsMade } from './harness/institutions-made.ts'
import { tapManager } from './harness/manager-tap.ts'
import { type Customer, type Network, startNetwork } from './harness/network.ts'
import { watchFromOutside } from './harness/onlookers.ts'
import { until } from './harness/until.ts'
import { digitSaid } from './listen/digits.ts'

/** Beside the data folder: what the controls let out. */
const tapFolder = mkdtempSync(join(tmpdir(), 'tonebank-leaks-'))
let network: Network
let customer: Customer
/** What lay in the data folder before the first call. */
let atFirst: readonly Place[]
/** When the first call was about to be made. */
let beganAtMs: number
let clips: DigitClips
/** Known because this test chose it, and chosen so that it stands nowhere by chance. */
let newPin: string
let heardInFull: WrittenDown

beforeAll(async () => {
  network = await startNetwork([], {}, institutionsMade)
  atFirst = dataFiles()
  beganAtMs = Date.now()
  clips = digitClips()
  customer = customerWithoutTrace()
  newPin = unusedDigits(6)
})
afterAll(async () => {
  await network?.stop()
  network?.remove()
  rmSync(tapFolder, { recursive: true, force: true })
})

test('opening the accounts left their PINs on the card and nowhere else', () => {
  for (const { name, bytes } of atFirst) {
    const pins = network.customers.map(({ pin }) => pin)
    if (isCard(name)) continue
    // One may stand in a voucher's number by chance, or two; who writes PINs down writes those of a whole bank.
    const found = tracesIn(bytes, pins).filter(({ encoding }) => encoding !== 'bcd')
    expect(new Set(found.map(({ secret }) => secret)).size, name).toBeLessThan(3)
  }
})

test('calls leave no trace of a PIN or a password; the same calls through taps do', async () => {
  const [wrongPin, wrongPassword] = [unusedDigits(6), unusedDigits(8)]
  const onlookers = await watchFromOutside(network)
  const taps = await openTaps()

  heardInFull = await changePinAndBuy(wrongPin)
  await Promise.all([buyAndHangUpInADigit(taps), payAfterAMistake(wrongPassword)])

  const seen = await onlookers.leave()
  const chosen: KnownSecret[] = [
    { what: 'new PIN', digits: newPin },
    { what: 'wrong PIN', digits: wrongPin },
    { what: 'password', digits: heardInFull.password },
    { what: 'wrong password', digits: wrongPassword },
  ]
  const old: KnownSecret = { what: 'old PIN', digits: customer.pin }
  // The card is printed for the newcomer, with the PIN that the bank gave.
  const card = readFileSync(join(network.dataFolder, 'card.txt'), 'utf8')
  const terminal = { name: 'the terminal', bytes: Buffer.from(network.printed().replace(card, '')) }
  const all = [...seen, terminal, ...dataFiles(), ...runFiles(), ...freshPrompts()]
  const [onCards, elsewhere] = [true, false].map(is => all.filter(({ name }) => isCard(name) === is))
  expect(findLeaks(onCards ?? [], chosen, clips)).toEqual([])
  expect(findLeaks(elsewhere ?? [], [...chosen, old], clips)).toEqual([])

  // They did look while the calls were there.
  const whatSaw = (onlooker: string) => seen.find(({ name }) => name === onlooker)?.bytes.toString('latin1')
  expect(whatSaw('asterisk -rx')).toContain('harbour,bank')
  expect(whatSaw('AMI')).toContain('TONEBANK_CALL')
  expect(whatSaw('arguments and environments')).toContain('institution\0harbour')

  // And the same search finds what is let out on purpose, whether it was keyed or spoken.
  taps.close()
  const found = findLeaks(taps.taken(), [...chosen, old], clips)
  expect(found).toContain('log of verbose(3): the password, one-digit-a-line')
  for (const tap of ['log of dtmf', 'log of debug', 'AMI with dtmf']) {
    for (const { what } of [...chosen, old]) expect(found).toContain(`${tap}: the ${what}, one-digit-a-line`)
  }
  expect(found).toContain(clipOfADigit)
})

test('the search finds keys that a log of ours takes down one by one', () => {
  const folder = join(tapFolder, 'institution')
  const call = 'c0ffee00'.repeat(4)
  const log = openLog(folder)
  const transcript = logTranscript(log, call)
  transcript({ event: 'asked', step: 'sign-in.pin', classes: ['valid', 'silence'], secret: true })
  for (const key of newPin) log.info({ call, event: 'key', key })
  transcript({ event: 'answered', step: 'sign-in.pin', answer: 'valid' })
  const leaks = findLeaks(filesBelow(folder), [{ what: 'PIN', digits: newPin }], clips)
  expect(leaks).toEqual([`${join(folder, 'log.ndjson')}: the PIN, one-digit-a-line`])
})

interface Taps {
  /** What they have taken down so far. */
  taken(): Place[]
  /** How many clips of digits have begun on the calls of a telephone. */
  digitsPlayedTo(user: string): number
  close(): void
}

/**
 * The controls, outside the data folder: logs with verbosity 3, DTMF, a debug trace and notices, and an account at the
 * manager interface that is told keys.
 */
async function openTaps(): Promise<Taps> {
  const logs = ['verbose(3)', 'dtmf', 'debug', 'notice,warning'].map(levels => {
    return { levels, file: join(tapFolder, levels.replace(/\W/g, '')) }
  })
  for (const { levels, file } of logs) await consoleCommand(network, `logger add channel ${file} ${levels}`)
  await consoleCommand(network, 'core set debug 1 res_rtp_asterisk')

  const account = ['', '[listener]', 'secret = not-a-secret', 'read = dtmf', 'permit = 127.0.0.1/255.255.255.255', '']
  appendFileSync(join(network.dataFolder, 'switch/conf/manager.conf'), account.join('\n'))
  await consoleCommand(network, 'manager reload')
  const listener = await tapManager(network, 'listener', 'not-a-secret')
  return {
    taken: () => [
      ...logs.map(({ levels, file }) => ({ name: `log of ${levels}`, bytes: readFileSync(file) })),
      { name: 'AMI with dtmf', bytes: Buffer.from(listener.printed(), 'latin1') },
    ],
    digitsPlayedTo: user => {
      const played = new RegExp(`<PJSIP/${user}-\\w+> Playing '(?:tonebank/)?([a-z]{2}/[0-9a-f]+)`, 'g')
      const [verbose] = logs
      const text = readFileSync(verbose?.file ?? '', 'latin1')
      return [...text.matchAll(played)].filter(([, clip = '']) => clips.has(clip)).length
    },
    close: () => listener.close(),
  }
}

async function changePinAndBuy(wrongPin: string): Promise<WrittenDown> {
  const bank = await callInEnglish(network, 'phone1', '9001', 'harbour')
  await signIn(bank, { ...customer, pin: wrongPin })
  await bank.answer('sign-in.again', customer.pin)
  await bank.answer('bank.menu', '7')
  await bank.answer('access.menu', '1')
  await bank.answer('pin.new', newPin)
  await bank.answer('pin.repeat', newPin)
  await bank.hears('pin.changed')
  await bank.answer('access.menu', '9')
  await orderVoucher(bank)
  const voucher = await writeDown(bank, '1')
  await bank.hears('voucher.confirmed')
  await bank.hangUp()
  await bank.quit()
  return voucher
}

const clipOfADigit = 'log of notice,warning: the clip of a digit'

/**
 * Asterisk writes down which clip was cut off when a caller leaves, unless it is told not to. Whoever leaves as soon as the
 * line says that a digit begins leaves in that digit; a machine that stood still just then gets another try.
 */
async function buyAndHangUpInADigit(taps: Taps): Promise<void> {
  for (let call = 0; call < 4; call++) {
    const bank = await callInEnglish(network, 'phone1', '9001', 'harbour')
    await signIn(bank, { ...customer, pin: newPin })
    // The voucher of the last call was not told to its end: it is told first.
    if (call === 0) await orderVoucher(bank)
    await bank.hears('voucher.password')
    const before = taps.digitsPlayedTo('phone1')
    await until('a digit is played', () => taps.digitsPlayedTo('phone1') > before, 10_000)
    await bank.hangUp()
    await bank.quit()
    if (findLeaks(taps.taken(), [], clips).includes(clipOfADigit)) return
  }
}

async function payAfterAMistake(wrongPassword: string): Promise<void> {
  const shop = await callInEnglish(network, 'phone2', '8001', 'lantern')
  await shop.answer('merchant.menu', '1')
  await openVoucher(shop, { ...heardInFull, password: wrongPassword })
  await shop.answer('voucher.ask-password', `${heardInFull.password}#`)
  await shop.answer('voucher.menu', '1')
  await shop.answer('pay.amount', '20#')
  await shop.answer('pay.confirm', '1')
  await shop.hears('pay.done')
  await shop.hangUp()
  await shop.quit()
}

const isCard = (name: string) => /\/(card\.txt|institutions\/customers\.json)$/.test(name)
const soundsFolder = () => join(network.dataFolder, 'switch/sounds')
const dataFiles = () => filesBelow(network.dataFolder).filter(({ name }) => !name.startsWith(soundsFolder()))
/** Those of the checkout and those of the installation. */
/** Asterisk's own short-lived folder. */
function runFiles(): Place[] {
  const conf = readFileSync(join(network.dataFolder, 'switch/conf/asterisk.conf'), 'utf8')
  return filesBelow(/^astrundir => (.+)$/m.exec(conf)?.[1] ?? '')
}

/**
 * What the calls wrote among the prompts: nothing that is spoken may be kept there. Of the sounds from before any six digits would be
 * found by chance, as bytes that look like a line with a digit in it; and a manifest, which another installation of this checkout may
 * write meanwhile, names every clip there is.
 */
function freshPrompts(): Place[] {
  const all = [places.promptsCache, soundsFolder()].flatMap(filesBelow)
  return all.filter(({ name }) => basename(name) !== 'manifest.json' && statSync(name).mtimeMs >= beganAtMs)
}

function digitClips(): DigitClips {
  const manifest = readManifest(currentGeneration(places.promptsCache) ?? '')
  return new Map(manifest.clips.flatMap(({ name, text }) => (digitSaid(text) ? [[name, digitSaid(text) ?? '']] : [])))
}

/** One whose PIN does not stand anywhere by chance, and who can pay for two vouchers. */
function customerWithoutTrace(): Customer {
  const files = atFirst.filter(({ name }) => !isCard(name))
  const rich = network.customers.filter(({ bank, paidInMinor }) => bank === 'harbour' && Number(paidInMinor) >= 100_00)
  const found = rich.find(({ pin }) => findLeaks(files, [{ what: 'PIN', digits: pin }], clips).length === 0)
  if (found) return found
  throw new Error('the PIN of every customer stands in a file')
}

/** Digits that no file of the network holds yet, and no thief tries first. */
function unusedDigits(count: number): string {
  for (;;) {
    const digits = String(randomInt(10 ** count)).padStart(count, '0')
    const isUsed = atFirst.some(({ bytes }) => tracesIn(bytes, [digits]).length > 0)
    if (!isUsed && !isGuessable(digits, [customer.account])) return digits
  }
}
