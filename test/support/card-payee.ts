/** A payee that takes cards, as the bank where it collects has admitted it, and a customer of a bank whose card pays there. */
import { bothSign } from '../../demo/two-people.ts'
import { nameOnOrder } from '../../src/bank/cards/payee-name.ts'
import type { RunningBank } from '../../src/bank/start.ts'
import { Directory } from '../../src/card/directory.ts'
import type { ReceiverAsked, ReceiverPayment } from '../../src/card-receiver/edge.ts'
import type { AccountNumber } from '../../src/ids.ts'
import { type Money, yuan } from '../../src/money.ts'
import type { Runtime } from '../../src/runtime.ts'
import type { Secret } from '../../src/secret.ts'
import { asSound, type HeldCard, issuedTo, signedBy } from './cards.ts'
import { institutionId, intentId } from './ids.ts'
import { openWorld, type World } from './world.ts'

export type AskedAtPayee = Extract<ReceiverAsked<'pay'>, { outcome: 'asked' }>

export interface CardPayee {
  readonly world: World
  /** Of cai, who has ¥5,000.00 at the harbour. */
  readonly card: HeldCard
  /** Where the payee collects. */
  readonly own: AccountNumber
  ask(name: string, amount?: Money): Promise<AskedAtPayee>
  /** As it comes over the line to this payee. */
  answerTo(asked: AskedAtPayee, keyed?: Secret, card?: HeldCard): Promise<Awaited<ReturnType<typeof asSound>>>
  send(name: string, asked: AskedAtPayee, answer: Awaited<ReturnType<typeof asSound>>): Promise<ReceiverPayment>
  /** Asks, signs and sends. */
  pay(name: string, amount?: Money, keyed?: Secret): Promise<ReceiverPayment>
  /** What the accounts of the customer and of the payee have. */
  balances(): Promise<readonly [Money, Money]>
}

type Options = Omit<Parameters<typeof openWorld>[0], 'runtime' | 'banks'> & {
  /** Where the payee collects: at the bank of the card, or at another. */
  readonly collectsAt?: 'harbour' | 'garden'
}

export const cardNumberOfPayee = 8001

export async function openCardPayee(
  runtime: Runtime,
  { collectsAt = 'harbour', ...options }: Options = {},
): Promise<CardPayee> {
  const cards = { number: cardNumberOfPayee, collectsAt, answerDeadlineMs: 8_000 }
  const banks = collectsAt === 'garden' ? 2 : 1
  const world = await openWorld({ runtime, banks, ...options, payee: { ...options.payee, cards } })
  const { cai, bo } = world.customers
  const self = collectsAt === 'garden' ? world.neighbour : bo
  if (self === undefined) throw new Error('there is no other bank')
  const request = {
    ...{ receiver: 'lantern', bank: collectsAt, account: self.account, name: nameOnOrder(self.name) },
  }
  await admit(world.harbour, runtime, world, request)
  if (world.gardenStaff) await admit(world.other(), runtime, { staff: world.gardenStaff }, request)
  await world.lantern.mail.idle()
  await world.harbour.mail.idle()
  if (banks === 2) await world.other().mail.idle()
  const card = await issuedTo(world.harbour, runtime, world.staff, { account: cai.account })
  const answerKey = await answerKeyOf(world.harbour)
  const holder = collectsAt === 'garden' ? () => world.other() : () => world.harbour
  const ask = async (name: string, amount = yuan(3_000n)) => {
    const asked = await world.merchant.askByCard({ intent: intentId(name), amount })
    if (asked.outcome !== 'asked') throw new Error(asked.outcome)
    return asked
  }
  const answerTo: CardPayee['answerTo'] = async (asked, keyed, held = card) =>
    asSound(runtime, { answerKey }, asked, await signedBy(runtime, held, asked.request, 'hpke', keyed ?? held.password))
  const send: CardPayee['send'] = (name, { request: { nonce } }, answer) =>
    world.merchant.payByCard({ intent: intentId(name), nonce, answer })
  return {
    ...{ world, card, own: self.account, ask, answerTo, send },
    pay: async (name, amount, keyed) => {
      const asked = await ask(name, amount)
      return send(name, asked, await answerTo(asked, keyed))
    },
    balances: async () => [await world.bank.balance(cai.account), await holder().bank.balance(self.account)],
  }
}

async function admit(
  bank: RunningBank,
  runtime: Runtime,
  { staff }: Pick<World, 'staff'>,
  request: { readonly receiver: string; readonly bank: string; readonly account: AccountNumber; readonly name: string },
): Promise<void> {
  const { done, outcome } = await bothSign(bank, runtime, staff, 'admit-receiver', request)
  if (!done) throw new Error(`the payee was not admitted: ${outcome}`)
}

/** As a terminal reads it in the directory of its bank. */
async function answerKeyOf({ cards }: RunningBank): Promise<Uint8Array> {
  const signed = await cards.directory()
  if (signed.outcome !== 'signed') throw new Error(signed.outcome)
  const directory = await Directory.read({ algorithm: 'Ed25519', bytes: signed.key }, signed.message)
  const found = directory?.institution(institutionId('lantern'))
  if (found === undefined) throw new Error('the payee is not in the directory')
  return found.answerKey
}
