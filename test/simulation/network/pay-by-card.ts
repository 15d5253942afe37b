/**
 * The holder of a card, who pays at payees: sometimes with a wrong password, or asks too early what became of it. What has no result is
 * asked for by card, counter and nonce, as a terminal does, and never signed again; what has one comes once more.
 */
import type { ReceiverBecame, ReceiverPayment } from '../../../src/card-receiver/edge.ts'
import { drawIntentId } from '../../../src/ids.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { asDigits, copyOf, type HeldCard, signedBy } from '../../support/cards.ts'
import type { BankHouse, PayeeHouse } from '../../support/network/network.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import type { Chance } from './chances.ts'
import type { Line } from './line.ts'

/** What nobody hears who signed what was asked with a card in use. */
const neverRefused = /^(unreadable|other-receiver|changed-field|bad-signature|revoked|expired|payee-name|unknown-card)$/

export async function payByCard(
  line: Line,
  chance: Chance,
  bank: BankHouse,
  payees: readonly PayeeHouse[],
  asMade: HeldCard,
  times: number,
): Promise<void> {
  const holder = new VirtualRuntime({ seed: chance.below(2 ** 31) })
  const card = await line.runtime.offThread(copyOf(holder, asMade))
  for (let i = 0; i < times; i++) {
    await payOnce(line, chance, bank, chance.among(payees), card, holder)
    await line.runtime.sleep(chance.below(4_000))
  }
}

async function payOnce(
  { runtime, lives, told }: Line,
  chance: Chance,
  bank: BankHouse,
  payee: PayeeHouse,
  card: HeldCard,
  holder: VirtualRuntime,
): Promise<void> {
  const intent = drawIntentId(runtime)
  const amount = yuan(BigInt(1 + chance.below(9)))
  const asked = await lives.insist(payee, () => payee.running.merchant.askByCard({ intent, amount }))
  if (asked.outcome !== 'asked') throw new Error(`an order by card was ${asked.outcome}`)
  const { request } = asked
  const isWrong = chance.oneIn(8)
  const password = isWrong ? new Secret('11223344') : card.password
  const signed = await runtime.offThread(signedBy(holder, card, request, 'agreed', password))
  const signature = { card: card.number, counter: signed.witness.counter, nonce: request.nonce }
  const note = (became: ReceiverPayment | ReceiverBecame) => {
    const { outcome } = became
    if (outcome === 'unknown' || outcome === 'on-its-way') return
    if (outcome === 'unreadable-answer') throw new Error(`what was signed for ${payee.id} is unreadable`)
    if (outcome === 'refused' && neverRefused.test(became.reason) && !told.wentBack(bank.id, payee.id))
      throw new Error(`what a card signed for ${payee.id} is refused: ${became.reason}`)
    if (outcome === 'paid' && isWrong) throw new Error(`${payee.id} was paid with a wrong password`)
    const reason = outcome === 'refused' ? { reason: became.reason } : {}
    told.byCard({ by: payee.id, ...signature, amount, outcome, ...reason })
  }
  const send = () =>
    lives.insist(payee, () =>
      payee.running.merchant.payByCard({ intent, nonce: request.nonce, answer: asDigits(signed) }),
    )
  const ask = () => lives.insist(payee, () => payee.running.merchant.becameOfCard(signature))
  // Whoever asks first is told that nothing came of it, and then nothing does.
  if (chance.oneIn(8)) note(await ask())
  let became: ReceiverPayment | ReceiverBecame = await send()
  note(became)
  for (let calls = chance.below(4); calls > 0 && /unknown|on-its-way/.test(became.outcome); calls--) {
    await runtime.sleep(chance.below(8_000))
    became = await ask()
    note(became)
  }
  if (chance.oneIn(3)) note(await send())
}
