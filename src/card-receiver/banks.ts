/** What the banks have told a receiver: where it collects and under which name, and which cards are whose. */
import { type CardNumber, issuerOf } from '../card/numbers.ts'
import type { Payee } from '../card/order.ts'
import type { AccountNumber, InstitutionId } from '../ids.ts'
import type { ReadTx } from '../store/store.ts'
import type { CardReceiver } from './receiver.ts'

type PayeeRow = {
  readonly payee_bank: InstitutionId
  readonly payee_account: AccountNumber
  readonly payee_name: string
}

/** As the bank where it collects has it. Undefined: that has not admitted it, or not any more. */
export async function ownPayee(
  tx: ReadTx,
  { id, cards }: Pick<CardReceiver, 'id' | 'cards'>,
): Promise<Payee | undefined> {
  if (cards === undefined) return undefined
  const row = await tx.one<PayeeRow>(
    `SELECT payee_bank, payee_account, payee_name FROM card_bank
     WHERE tenant = ? AND bank = ? AND payee_bank = bank AND ended = 0`,
    ...[id, cards.collectsAt],
  )
  return row && { bank: row.payee_bank, account: row.payee_account, name: row.payee_name }
}

/** The bank whose card it is by its number. Undefined: none that has admitted this receiver. */
export async function issuerOfCard(
  tx: ReadTx,
  { id }: Pick<CardReceiver, 'id'>,
  card: CardNumber,
): Promise<InstitutionId | undefined> {
  const row = await tx.one<{ bank: InstitutionId }>(
    'SELECT bank FROM card_bank WHERE tenant = ? AND issuer = ? AND ended = 0 ORDER BY bank LIMIT 1',
    ...[id, BigInt(issuerOf(card))],
  )
  return row?.bank
}
