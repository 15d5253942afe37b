/** By phone and by digits alone, with a terminal that shares no code with ours: a large amount is paid by card, once, or is not. */
import { expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { bankLine } from '../../../ivr/bank/bank-line.ts'
import type { SecureElement } from '../../../src/card/apdu/secure-element.ts'
import type { AccountNumber } from '../../../src/ids.ts'
import { personalise } from '../../../src/operations/card-file.ts'
import { Secret } from '../../../src/secret.ts'
import { hex } from '../../support/second-terminal/bytes.ts'
import { Card } from '../../support/second-terminal/card.ts'
import { CardReader } from '../../support/second-terminal/card-reader.ts'
import { Directory } from '../../support/second-terminal/directory.ts'
import { type Hands, type Kept, SecondTerminal, type Told } from '../../support/second-terminal/terminal.ts'
import { simulateCall } from '../../support/simulated-line.ts'
import { SimulatedSound } from '../../support/simulated-sound.ts'
import { type Losses, SimulatedTelephone } from '../../support/simulated-telephone.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { heard, openTown, reacting, signingIn, type Town } from './callers.ts'

async function townWithCard(algorithm: 'Ed25519' | 'P-256' = 'Ed25519') {
  const town = await openTown()
  const { runtime, world } = town
  const { harbour, staff, customers } = world
  const { account } = customers.cai
  const { card, secrets, shop } = await runtime.run(async () => {
    // Only businesses are in a directory.
    const shop = await harbour.teller.drawAccountNumber()
    const name = { en: 'Lotus Books', zh: '荷花书店' }
    await harbour.teller.openCustomer({ account: shop, name, pin: new Secret('538264'), isBusiness: true })
    const drawn = await harbour.cards.draw({ account })
    if (drawn.outcome !== 'drawn') throw new Error(drawn.outcome)
    const card = new Card()
    const { bytes: publicKey } = await runtime.work(personalise(inReader(card), drawn.card, algorithm))
    const enrolling = { card: drawn.card.number, account, algorithm, publicKey } as const
    const enrolled = await bothSign(harbour, runtime, staff, 'enrol-card', enrolling)
    if (!enrolled.done) throw new Error(enrolled.outcome)
    return { card, shop, secrets: { pin: drawn.card.pin.reveal(), password: drawn.card.password.reveal() } }
  })
  const signed = await runtime.run(() => harbour.cards.directory())
  if (signed.outcome !== 'signed') throw new Error(signed.outcome)
  return {
    town,
    card,
    secrets,
    shop,
    directory: new Directory(signed.key, signed.message),
    kept: new Map() satisfies Kept,
  }
}

interface Story {
  readonly losses?: Losses
  readonly hands?: Hands
  readonly handsMs?: number
  readonly password?: string
  readonly isWithoutCard?: boolean
  /** The line carries sound, which this terminal does not hear. */
  readonly hasSound?: boolean
}

/** Cai pays ¥800 to Lotus Books, by menu 6, with Cai's card at the terminal. */
async function paying(
  { town, card, secrets, shop, directory, kept }: Awaited<ReturnType<typeof townWithCard>>,
  { losses = {}, password = secrets.password, hands, handsMs = 6_000, isWithoutCard, hasSound }: Story = {},
) {
  const { runtime, world } = town
  const { cai } = world.customers
  const told: Told[] = []
  const rows = { up: 0, down: 0 }
  let signatures = 0
  let approvals = 0
  const transmit = (command: Uint8Array) => {
    // COMPUTE DIGITAL SIGNATURE, its last part.
    if (hex(command.slice(0, 4)) === '002a9e9a') signatures++
    return card.transmit(command)
  }
  const script = (call: Parameters<typeof bankLine>[0]) => bankLine(call, world.bank)
  const sound = hasSound ? { sound: new SimulatedSound(runtime) } : {}
  const call = await simulateCall(runtime, { speech: catalogueSpeech(), script, ...sound }, async caller => {
    const telephone = new SimulatedTelephone(runtime, caller.line, losses)
    const terminal = new SecondTerminal({
      ...{ telephone, directory, kept, card: isWithoutCard ? undefined : new CardReader(transmit) },
      keyed: { payee: { bank: 'harbour', account: shop } },
      hands: async order => {
        approvals++
        await runtime.sleep(handsMs)
        return hands ? hands(order) : { pin: secrets.pin, password }
      },
      firstNumber: 7,
    })
    const acting = reacting({
      ...signingIn(cai),
      'bank.menu': ['6', 'hang up'],
      'transfer.account': `${shop}#`,
      'transfer.amount': '800#',
    })
    await Promise.all([acting(caller), terminal.attend()])
    told.push(...terminal.told)
    rows.up = telephone.keyed.length
    rows.down = telephone.heard.length
  })
  return { call, told, rows, signatures, approvals }
}

const balanceOf = ({ runtime, world }: Town, account: AccountNumber) =>
  runtime.run(async () => (await world.bank.balance(account)).minor)

const paid = { outcome: 'result', result: { outcome: 'paid' } }

/** By the number of a row of digits. Up: the request acknowledged, two halves of the answer, the result acknowledged. Down: request, acknowledgement, result. */
const only = (lost: number) => (row: number) => row === lost

test.each<[string, Story, { readonly up: number; readonly down: number }]>([
  ['nothing is lost', {}, { up: 4, down: 3 }],
  ['the request is lost', { losses: { down: only(0) } }, { up: 4, down: 4 }],
  // The answer is being heard when it would be sent again.
  ['the acknowledgement of the request is lost', { losses: { up: only(0) } }, { up: 4, down: 3 }],
  ['and its holder takes long: it is asked again', { losses: { up: only(0) }, handsMs: 60_000 }, { up: 5, down: 4 }],
  ['the first half of the answer is lost', { losses: { up: only(1) } }, { up: 6, down: 3 }],
  ['the second half of the answer is lost', { losses: { up: only(2) } }, { up: 6, down: 3 }],
  ['the acknowledgement of the answer is lost', { losses: { down: only(1) } }, { up: 4, down: 3 }],
  ['the result is lost once', { losses: { down: only(2) } }, { up: 4, down: 4 }],
  ['the acknowledgement of the result is lost', { losses: { up: only(3) } }, { up: 5, down: 4 }],
  ['the line carries sound, which the terminal does not hear: the last rung', { hasSound: true }, { up: 4, down: 3 }],
])('it pays once, by one signature, and is told so: %s', async (_, story, rows) => {
  const all = await townWithCard()
  const { town, shop, kept } = all
  const { cai } = town.world.customers
  const before = await balanceOf(town, cai.account)
  const done = await paying(all, story)
  expect(heard(done.call, 'transfer.done')[0]).toMatch(/^800 yuan was sent to Lotus Books\./)
  expect(done).toMatchObject({ told: [paid], rows, signatures: 1, approvals: 1 })
  expect(kept).toEqual(new Map())
  expect(await balanceOf(town, cai.account)).toBe(before - 80_000n)
  expect(await balanceOf(town, shop)).toBe(80_000n)
  expect(await town.world.audited()).toEqual([])
})

test('the last digit of a row comes twice, as a line may do: it is no answer to the next question', async () => {
  const asEver = await paying(await townWithCard())
  for (const row of [0, 1, 2, 3]) {
    const done = await paying(await townWithCard(), { losses: { twiceUp: only(row) } })
    expect(done).toMatchObject({ told: [paid], rows: { up: 4, down: 3 }, signatures: 1 })
    expect([row, done.call.answers]).toEqual([row, asEver.call.answers])
  }
})

test('with a P-256 card, too', async () => {
  const done = await paying(await townWithCard('P-256'))
  expect(done.told).toMatchObject([paid])
})

test.each<[string, Story, Told, string]>([
  ['the holder does not sign', { hands: async () => 'no' }, declined('by-holder'), 'card.declined.by-holder'],
  ['there is no card', { isWithoutCard: true }, declined('no-card'), 'card.declined.no-card'],
  [
    'the PIN is wrong until none is left',
    { hands: async () => ({ pin: '000000', password: '11111111' }) },
    declined('pin-blocked'),
    'card.declined.card-blocked',
  ],
  [
    'the personal password is wrong',
    { password: '11111111' },
    { outcome: 'result', result: { outcome: 'refused', reason: 18, triesLeft: 2, reference: '' } },
    'card.refused.wrong-password.left',
  ],
])('nothing is paid: %s', async (_, story, told, phrase) => {
  const all = await townWithCard()
  const { cai } = all.town.world.customers
  const before = await balanceOf(all.town, cai.account)
  const done = await paying(all, story)
  expect(done.told).toEqual([told])
  expect(done.call.said).toContain(phrase)
  expect(await balanceOf(all.town, cai.account)).toBe(before)
  expect(all.kept).toEqual(new Map())
})

/** For our end, which begins with a card and lets go of it: SELECT, which comes first, makes this one forget as much. */
function inReader(card: Card): SecureElement {
  return { begin: async () => {}, transmit: apdu => card.transmit(apdu), end: async () => {} }
}

function declined(why: Extract<Told, { outcome: 'declined' }>['why']): Told {
  return { outcome: 'declined', why }
}

test('a holder who takes too long has nothing signed, and nothing is keyed into what is said by then', async () => {
  const done = await paying(await townWithCard(), { handsMs: 200_000 })
  expect(done.call.said).toContain('card.no-answer')
  expect(done).toMatchObject({ told: [{ outcome: 'not-sent' }], signatures: 0, rows: { up: 1, down: 1 } })
})

test('a result that never came is asked for in the next call, and nothing is signed twice', async () => {
  const all = await townWithCard()
  const { cai } = all.town.world.customers
  const before = await balanceOf(all.town, cai.account)
  const first = await paying(all, { losses: { down: row => row >= 2 } })
  expect(first.told).toEqual([{ outcome: 'unknown' }])
  expect(first.rows).toEqual({ up: 3, down: 6 })
  expect(all.kept.size).toBe(1)
  // The order of the second call is another one: its holder says no.
  const second = await paying(all, { hands: async () => 'no' })
  expect(second.call.said).toContain('card.earlier')
  expect(second.told).toMatchObject([{ outcome: 'earlier', result: { outcome: 'paid' } }, declined('by-holder')])
  expect(all.kept).toEqual(new Map())
  expect(first.signatures + second.signatures).toBe(1)
  expect(await balanceOf(all.town, cai.account)).toBe(before - 80_000n)
})

test('an answer that never arrived is not accepted any more once it was asked for', async () => {
  const all = await townWithCard()
  const { cai } = all.town.world.customers
  const before = await balanceOf(all.town, cai.account)
  const first = await paying(all, { losses: { up: row => row >= 1 } })
  expect(first.told).toEqual([{ outcome: 'unknown' }])
  const second = await paying(all)
  expect(second.told).toMatchObject([{ outcome: 'earlier', result: { outcome: 'not-accepted' } }, paid])
  expect(await balanceOf(all.town, cai.account)).toBe(before - 80_000n)
})
