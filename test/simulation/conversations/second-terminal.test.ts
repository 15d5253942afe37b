/** By phone and by digits alone, with a terminal that shares no code with ours: a large amount is paid by card, once, or is not. */
import { expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { bankLine } from '../../../ivr/bank/bank-line.ts'
import type { AccountNumber } from '../../../src/ids.ts'
import { personalise } from '../../../src/operations/card-file.ts'
import { Secret } from '../../../src/secret.ts'
import { Card } from '../../support/second-terminal/card.ts'
import { CardReader } from '../../support/second-terminal/card-reader.ts'
import { Directory } from '../../support/second-terminal/directory.ts'
import { type Hands, type Kept, SecondTerminal } from '../../support/second-terminal/terminal.ts'
import { simulateCall } from '../../support/simulated-line.ts'
import { type Losses, SimulatedTelephone } from '../../support/simulated-telephone.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { heard, openTown, reacting, signingIn, type Town } from './callers.ts'

async function townWithCard() {
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
    const { bytes: publicKey } = await runtime.work(personalise(card, drawn.card, 'Ed25519'))
    const enrolling = { card: drawn.card.number, account, algorithm: 'Ed25519', publicKey } as const
    const enrolled = await bothSign(harbour, runtime, staff, 'enrol-card', enrolling)
    if (!enrolled.done) throw new Error(enrolled.outcome)
    return { card, shop, secrets: { pin: drawn.card.pin.reveal(), password: drawn.card.password.reveal() } }
  })
  const signed = await runtime.run(() => harbour.cards.directory())
  if (signed.outcome !== 'signed') throw new Error(signed.outcome)
  return { town, card, secrets, shop, directory: new Directory(signed.key, signed.message), kept: new Map() satisfies Kept }
}

interface Story {
  readonly losses?: Losses
  readonly password?: string
  readonly hands?: Hands
}

/** Cai pays ¥800 to Lotus Books, by menu 6, with Cai's card at the terminal. */
async function paying(
  { town, card, secrets, shop, directory, kept }: Awaited<ReturnType<typeof townWithCard>>,
  { losses = {}, password = secrets.password, hands }: Story = {},
) {
  const { runtime, world } = town
  const { cai } = world.customers
  let terminal: SecondTerminal | undefined
  let telephone: SimulatedTelephone | undefined
  const script = (call: Parameters<typeof bankLine>[0]) => bankLine(call, world.bank)
  const call = await simulateCall(runtime, { speech: catalogueSpeech(), script }, async caller => {
    telephone = new SimulatedTelephone(runtime, caller.line, losses)
    terminal = new SecondTerminal({
      ...{ telephone, directory, kept, card: new CardReader(command => card.transmit(command)) },
      keyed: { payee: { bank: 'harbour', account: shop } },
      hands: async order => {
        await runtime.sleep(6_000)
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
  })
  return { call, told: terminal?.told, telephone }
}

const balanceOf = ({ runtime, world }: Town, account: AccountNumber) =>
  runtime.run(async () => (await world.bank.balance(account)).minor)

test('it pays, once, and is told so', async () => {
  const all = await townWithCard()
  const { town, shop } = all
  const { cai } = town.world.customers
  const before = await balanceOf(town, cai.account)
  const { call, told, telephone } = await paying(all)
  console.log(call.said, call.answers, told, telephone?.keyed, telephone?.heard)
  expect(heard(call, 'transfer.done')[0]).toMatch(/^800 yuan was sent to Lotus Books\./)
  expect(told).toMatchObject([{ outcome: 'result', result: { outcome: 'paid' } }])
  expect(await balanceOf(town, cai.account)).toBe(before - 80_000n)
  expect(await balanceOf(town, shop)).toBe(80_000n)
  expect(await town.world.audited()).toEqual([])
})
