/** Somebody who pays a large amount by phone and terminal, with every sample of the modem. */
import { bankLine } from '../../../ivr/bank/bank-line.ts'
import type { Bank } from '../../../src/bank/bank.ts'
import type { SecureElement } from '../../../src/card/apdu/secure-element.ts'
import { Directory } from '../../../src/card/directory.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import { type Approval, type Paid, payInCall, type Signature } from '../../../src/terminal/payment.ts'
import { type HeldCard, issuedTo } from '../../support/cards.ts'
import { simulateCall } from '../../support/simulated-line.ts'
import { SimulatedSound } from '../../support/simulated-sound.ts'
import { SimulatedTerminal } from '../../support/simulated-terminal.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { openTown, reacting, signingIn, type Town } from './callers.ts'

export async function townWithCard() {
  const town = await openTown()
  const { harbour, staff, customers } = town.world
  const card = await town.runtime.run(() => issuedTo(harbour, town.runtime, staff, { account: customers.cai.account }))
  const signed = await town.runtime.run(() => harbour.cards.directory())
  if (signed.outcome !== 'signed') throw new Error(signed.outcome)
  const directory = await Directory.read({ algorithm: 'Ed25519', bytes: signed.key }, signed.message)
  if (directory === undefined) throw new Error('no directory')
  return { town, card, directory }
}

export interface Story {
  readonly approve?: (card: HeldCard) => Approval
  readonly keys?: Readonly<Record<string, string>>
  readonly bank?: (bank: Bank) => Bank
  /** In place of the card in software: where that card is. */
  readonly element?: SecureElement
  readonly unsettled?: { current: Signature | undefined }
  readonly isWithoutTerminal?: boolean
  readonly language?: '1' | '2'
  /** Who has signed in, and pays the other one. */
  readonly payer?: 'cai' | 'bo'
}

/** Cai pays ¥800 to Bo, by menu 6, with Cai's card at the terminal. */
export async function paying(
  { town, card, directory }: Awaited<ReturnType<typeof townWithCard>>,
  {
    approve,
    keys,
    bank,
    element,
    unsettled = { current: undefined },
    isWithoutTerminal,
    language,
    payer = 'cai',
  }: Story = {},
) {
  const { runtime, world } = town
  const { cai, bo } = world.customers
  const sound = new SimulatedSound(runtime)
  const inserted = element ?? (await SoftCard.insert(card.store, length => runtime.random(length)))
  let ended: Paid | undefined
  const script = (call: Parameters<typeof bankLine>[0]) => bankLine(call, bank?.(world.bank) ?? world.bank)
  const call = await simulateCall(runtime, { speech: catalogueSpeech(), script, sound }, async caller => {
    const hands = {
      approve: async () => {
        await runtime.sleep(6_000)
        return approve?.(card) ?? { pin: card.pin, password: card.password }
      },
      onResult: () => {},
      onSettled: () => {},
    }
    const store = {
      find: async () => unsettled.current,
      add: async (signature: Signature) => {
        unsettled.current = signature
      },
      remove: async () => {
        unsettled.current = undefined
      },
    }
    const acting = reacting({
      ...signingIn(payer === 'cai' ? cai : bo, language),
      'bank.menu': ['6', 'hang up'],
      'transfer.account': `${(payer === 'cai' ? bo : cai).account}#`,
      'transfer.amount': '800#',
      ...keys,
    })
    const line = new SimulatedTerminal(runtime, caller.line, sound)
    const pays = async () => {
      if (isWithoutTerminal) return
      ended = await payInCall(line, { card: inserted, directory, hands, unsettled: store, runtime })
    }
    await Promise.all([acting(caller), pays()])
  })
  return { call, ended, unsettled }
}

export const balanceOf = ({ runtime, world }: Town, who: 'cai' | 'bo') =>
  runtime.run(async () => (await world.bank.balance(world.customers[who].account)).minor)
