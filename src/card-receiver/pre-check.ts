/**
 * What a receiver can tell of a signature before the card's bank does: that it answers what was asked, in time, and with a card of a bank that
 * it knows. Of cards it knows those that are listed as out of use: with their keys, so that "blocked" is told to nobody who does not
 * hold the card. The rest is plausible at best.
 */
import { isSign1By, parseSign1 } from '../card/cose/sign1.ts'
import type { SigningAlgorithm } from '../card/cose/signing.ts'
import { type Judgement, judgeOrder } from '../card/judge.ts'
import { type CardNumber, issuerOf } from '../card/numbers.ts'
import type { AskedFor, CardRegister, RegisteredCard } from '../card/register.ts'
import type { AccountNumber, InstitutionId } from '../ids.ts'
import { now } from '../runtime.ts'
import { requestIn } from './asked-bytes.ts'
import { ownPayee } from './banks.ts'
import { orderRow } from './orders.ts'
import type { AskedOf, CardReceiver } from './receiver.ts'

export interface Rebuilt {
  /** COSE_Sign1, whole. */
  readonly message: Uint8Array
  readonly issuer: InstitutionId
  readonly account: AccountNumber
}

export function preCheck(receiver: CardReceiver, of: AskedOf, rebuilt: Rebuilt): Promise<Judgement> {
  const seconds = Math.trunc(now(receiver) / 1_000)
  const presented = { message: rebuilt.message, receiver: receiver.id, now: seconds, runtime: receiver.runtime }
  return judgeOrder(presented, registerOf(receiver, of, rebuilt))
}

function registerOf(receiver: CardReceiver, of: AskedOf, rebuilt: Rebuilt): CardRegister {
  const { store, id } = receiver
  return {
    card: async (number, issuer) => (await outOfUse(receiver, rebuilt, number, issuer)) ?? 'elsewhere',
    asked: async (asker, nonce): Promise<AskedFor> => {
      if (asker !== id) return { state: 'foreign' }
      const row = await store.read(tx => orderRow(tx, receiver, of, nonce))
      if (row === undefined) return { state: 'foreign' }
      return row.over_at === null ? { state: 'open', request: requestIn(row) } : { state: 'used' }
    },
    payeeName: async payee => {
      const own = await store.read(tx => ownPayee(tx, receiver))
      return own?.bank === payee.bank && own.account === payee.account ? { name: own.name } : 'unknown'
    },
    mayCollect: async (asker, payee) => {
      const own = await store.read(tx => ownPayee(tx, receiver))
      return asker === id && own?.bank === payee.bank && own.account === payee.account
    },
  }
}

type ListedRow = {
  readonly state: 'blocked' | 'revoked'
  readonly algorithm: SigningAlgorithm
  readonly key: Uint8Array
}

/**
 * A card that is listed, and that did sign this. What somebody else signed in its name goes on to its bank as if it were in
 * use, so that neither answer nor time tells a stranger of its state.
 */
async function outOfUse(
  { store, id, runtime }: CardReceiver,
  { message, account }: Rebuilt,
  card: CardNumber,
  issuer: InstitutionId,
): Promise<RegisteredCard | undefined> {
  const listed = await store.read(tx =>
    tx.one<ListedRow>(
      'SELECT state, algorithm, key FROM listed_card WHERE tenant = ? AND card = ? AND bank = ?',
      ...[id, card, issuer],
    ),
  )
  if (listed === undefined) return undefined
  const key = { algorithm: listed.algorithm, bytes: listed.key }
  if (!(await runtime.offThread(isSign1By(key, parseSign1(message))))) return undefined
  return { issuer, account, key, state: listed.state, expiresAt: Number.MAX_SAFE_INTEGER, counter: 0 }
}

/** Whether a letter names a card that the bank may speak of. */
export const isOf = (card: CardNumber, issuer: bigint | null): boolean =>
  issuer !== null && BigInt(issuerOf(card)) === issuer
