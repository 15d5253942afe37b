/** What a receiver does with the letters of the banks: that it may collect, which cards are out of use, what became of what it forwarded. */
import { raiseAlarmOnce } from '../alarm.ts'
import { parseCardNumber } from '../card/numbers.ts'
import { parsePayee } from '../card/order-bytes.ts'
import type { InstitutionId } from '../ids.ts'
import { accepted, refused } from '../mail/inbox.ts'
import type { Letter } from '../mail/messages.ts'
import type { LetterHandler, LetterHandlers } from '../mail/reception.ts'
import { now } from '../runtime.ts'
import type { Tx } from '../store/store.ts'
import { isOf } from './pre-check.ts'
import type { CardReceiver } from './receiver.ts'
import { forwardAnswers, wordTaking } from './word.ts'

/** Asked for each time, as a receiver is made after the mail room's handlers are named. */
export function receiverLetters(receiver: CardReceiver): LetterHandlers {
  return {
    'receiver-admitted': admissionTaking(receiver),
    'card-list': listTaking(receiver),
    'card-payment': forwardAnswers(receiver),
    'card-payment-result': wordTaking(receiver),
  }
}

function admissionTaking(receiver: CardReceiver): LetterHandler<'receiver-admitted'> {
  const { id } = receiver
  return {
    judge: async (tx, bank, { payee: told, issuer, ended }) => {
      const payee = parsePayee(told)
      if (payee === undefined) return refused('no payee that an order can name')
      // The first one has them: otherwise the cards of one would be taken for the other's, and none of them would pay.
      const other = issuer === null || ended ? undefined : await whoHas(tx, id, issuer, bank)
      if (other !== undefined) {
        const detail = `its cards would begin with ${issuer}, as those of ${other} do: people of both have to agree on numbers`
        await raiseAlarmOnce(tx, id, { peer: bank, kind: 'card-contradicted', detail, at: now(receiver) })
        return refused('another bank has these card numbers')
      }
      await tx.run(
        `INSERT INTO card_bank (tenant, bank, payee_bank, payee_account, payee_name, issuer, ended) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (tenant, bank) DO UPDATE SET payee_bank = excluded.payee_bank, payee_account = excluded.payee_account,
           payee_name = excluded.payee_name, issuer = excluded.issuer, ended = excluded.ended`,
        ...[id, bank, payee.bank, payee.account, payee.name, issuer === null ? null : BigInt(issuer), ended ? 1n : 0n],
      )
      return accepted
    },
  }
}

async function whoHas(tx: Tx, id: InstitutionId, issuer: number, otherThan: InstitutionId) {
  const row = await tx.one<{ bank: InstitutionId }>(
    'SELECT bank FROM card_bank WHERE tenant = ? AND issuer = ? AND bank <> ? AND ended = 0',
    ...[id, BigInt(issuer), otherThan],
  )
  return row?.bank
}

/** The mail delivers lists once and in order, so that each is added to those before. A whole one takes their place. */
function listTaking({ id }: CardReceiver): LetterHandler<'card-list'> {
  return {
    judge: async (tx, bank, { number, whole, cards }) => {
      const admitted = await tx.one<{ issuer: bigint | null }>(
        'SELECT issuer FROM card_bank WHERE tenant = ? AND bank = ?',
        ...[id, bank],
      )
      if (admitted === undefined) return refused('of a bank that has not admitted this receiver')
      if (whole) await tx.run('DELETE FROM listed_card WHERE tenant = ? AND bank = ?', id, bank)
      for (const each of cards) await list(tx, { id, bank, issuer: admitted.issuer }, each)
      await tx.run('UPDATE card_bank SET list_number = ? WHERE tenant = ? AND bank = ?', number, id, bank)
      return accepted
    },
  }
}

async function list(
  tx: Tx,
  { id, bank, issuer }: { readonly id: string; readonly bank: string; readonly issuer: bigint | null },
  { card: digits, state, algorithm, key }: Letter<'card-list'>['cards'][number],
): Promise<void> {
  const card = parseCardNumber(digits)
  // A bank speaks of its own cards.
  if (card === undefined || !isOf(card, issuer)) return
  if (state === 'active') {
    await tx.run('DELETE FROM listed_card WHERE tenant = ? AND card = ? AND bank = ?', id, card, bank)
    return
  }
  await tx.run(
    `INSERT INTO listed_card (tenant, bank, card, state, algorithm, key) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, card, bank) DO UPDATE SET state = excluded.state, algorithm = excluded.algorithm, key = excluded.key`,
    ...[id, bank, card, state, algorithm, key],
  )
}
