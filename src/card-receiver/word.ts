/**
 * The word of the card's bank about what was forwarded. It repeats the signed message, so that it stands by itself in books that lost the
 * asking: what it moved is taken down even there. A letter that the bank refused as such moved nothing.
 */
import { raiseAlarm } from '../alarm.ts'
import { parseSign1 } from '../card/cose/sign1.ts'
import { parseResultReason } from '../card/messages/result.ts'
import { parseWitnessed } from '../card/order-bytes.ts'
import type { InstitutionId } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import { accepted, refused } from '../mail/inbox.ts'
import type { Letter } from '../mail/messages.ts'
import type { LetterHandler } from '../mail/reception.ts'
import type { Place } from '../mail/streams.ts'
import { formatMoney, isPayable, tooMuch } from '../money.ts'
import { now } from '../runtime.ts'
import { columnsOf } from '../store/amount-columns.ts'
import type { Tx } from '../store/store.ts'
import { epochOf } from '../store/tenants.ts'
import { type PaymentRow, paymentRow, paymentUnderNonce, takenPayment } from './payments.ts'
import type { CardReceiver } from './receiver.ts'

type Word = Letter<'card-payment-result'>
type State = PaymentRow['state']

/** From which states a word leads on. */
const leadsFrom: Readonly<Record<Word['outcome'], readonly State[]>> = {
  sent: ['forwarded'],
  paid: ['forwarded', 'sent', 'came-back'],
  'came-back': ['forwarded', 'sent'],
  refused: ['forwarded'],
}
/** Words that came late: what they say was so, and another is true since. */
const wasSo: Readonly<Record<Word['outcome'], readonly State[]>> = {
  sent: ['sent', 'paid', 'came-back'],
  paid: ['paid'],
  'came-back': ['came-back'],
  refused: ['refused'],
}

export function wordTaking(receiver: CardReceiver): LetterHandler<'card-payment-result'> {
  return {
    judge: async (tx, bank, word, _prepared, place) => {
      if ((word.outcome === 'refused') !== (word.reference === '')) return refused('a reference says that money moved')
      const row = (await paymentRow(tx, receiver, word.payment)) ?? (await takeDown(tx, receiver, bank, word, place))
      if (row === undefined) return word.outcome === 'refused' ? accepted : refused('about nothing that was asked for')
      if (row.issuer !== bank) return refused('about a card of another bank')
      await take(tx, receiver, row, word, place)
      return accepted
    },
  }
}

/** The letters that forwarded a signature: one that was refused, or is void, moved nothing. */
export function forwardAnswers(receiver: CardReceiver): Pick<LetterHandler<'card-payment'>, 'answered'> {
  return {
    answered: async (tx, bank, place, verdict) => {
      if (verdict.outcome === 'accepted') return
      await tx.run(
        `UPDATE receiver_payment SET state = 'refused', reason = 'not-now'
         WHERE tenant = ? AND issuer = ? AND letter_epoch = ? AND letter_sequence = ? AND state = 'forwarded'`,
        ...[receiver.id, bank, place.epoch, place.sequence],
      )
    },
  }
}

async function take(tx: Tx, receiver: CardReceiver, row: PaymentRow, word: Word, place: Place): Promise<void> {
  const at = now(receiver)
  const { outcome, reference, field, triesLeft } = word
  const reason = outcome === 'refused' ? (parseResultReason(word.reason) ?? 'not-now') : ''
  if (wasSo[outcome].includes(row.state)) return
  if (!leadsFrom[outcome].includes(row.state)) {
    const detail = `card payment ${row.id}: ${outcome} ${reason}`.trim()
    return raiseAlarm(tx, receiver.id, { peer: row.issuer, kind: 'card-contradicted', detail, at })
  }
  const stepped = await tx.run(
    `UPDATE receiver_payment SET state = ?, reference = ?, reason = ?, field = ?, tries_left = ?, word_epoch = ?, word_sequence = ?
     WHERE tenant = ? AND id = ? AND state = ?`,
    ...[outcome, reference, reason, field ?? null, triesLeft === undefined ? null : BigInt(triesLeft)],
    ...[place.epoch, place.sequence, receiver.id, row.id, row.state],
  )
  steppedOnce(stepped, 'a card payment took a step that it may not take', row.id)
  if (outcome === 'paid') await receiver.paid?.(tx, takenPayment({ ...row, reference }), at)
}

/**
 * Books that lost the asking take down what moved: out of the message that the bank sends back, with an alarm, as the card's key is for
 * its bank alone to compare. Undefined: it is not for this receiver, or these books never went back and so lost no asking.
 */
async function takeDown(
  tx: Tx,
  receiver: CardReceiver,
  bank: InstitutionId,
  { payment, message, outcome, reference }: Word,
  place: Place,
): Promise<PaymentRow | undefined> {
  if (outcome === 'refused' || message === undefined) return undefined
  const read = readWord(message)
  const order = read?.order
  if (order === undefined || order.receiver !== receiver.id || order.issuer !== bank) return undefined
  // Nothing else was ever asked for here, and nothing else can be posted.
  if (!('amount' in order) || !isPayable(order.amount, receiver.currency)) return undefined
  if (order.amount.minor >= tooMuch) return undefined
  if ((await paymentUnderNonce(tx, receiver, order.nonce)) !== undefined) return undefined
  const at = now(receiver)
  const detail = `card payment ${payment}: ${outcome}, ${formatMoney(order.amount)}`
  await raiseAlarm(tx, receiver.id, { peer: bank, kind: 'card-unasked', detail, at })
  if ((await epochOf(tx, receiver.id)) === 1n) return undefined
  await tx.run(
    'UPDATE receiver_order SET over_at = ? WHERE tenant = ? AND nonce = ? AND over_at IS NULL',
    ...[BigInt(at), receiver.id, order.nonce],
  )
  await tx.run(
    `INSERT INTO receiver_payment (tenant, id, nonce, principal, intent, issuer, card, counter, minor, asset, scale, message, at,
       state, reference, word_epoch, word_sequence) VALUES (?, ?, ?, '', '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[receiver.id, payment, order.nonce, bank, order.card, BigInt(read?.witness.counter ?? 0)],
    ...[...columnsOf(order.amount), message, BigInt(at), 'sent', reference, place.epoch, place.sequence],
  )
  return paymentRow(tx, receiver, payment)
}

function readWord(message: Uint8Array) {
  try {
    return parseWitnessed(parseSign1(message).payload)
  } catch {
    return undefined
  }
}
