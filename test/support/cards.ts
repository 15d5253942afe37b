/** Cards in software that a bank of a test issued, and what their holders answer with them. */
import { bothSign, type TwoPeople } from '../../demo/two-people.ts'
import type { DrawnCard } from '../../src/bank/cards/issue.ts'
import type { RunningBank } from '../../src/bank/start.ts'
import { CardSession } from '../../src/card/card-session.ts'
import type { SigningAlgorithm } from '../../src/card/cose/signing.ts'
import { Directory } from '../../src/card/directory.ts'
import { type Answer, encodeDigitAnswer, encryptAnswer } from '../../src/card/messages/answer.ts'
import type { CardNumber } from '../../src/card/numbers.ts'
import type { OrderRequest } from '../../src/card/order.ts'
import type { CardStore } from '../../src/card/soft/memory.ts'
import { SoftCard } from '../../src/card/soft/soft-card.ts'
import type { AccountNumber } from '../../src/ids.ts'
import { personalise } from '../../src/operations/card-file.ts'
import type { Runtime } from '../../src/runtime.ts'
import type { Secret } from '../../src/secret.ts'

export interface HeldCard extends Pick<DrawnCard, 'number' | 'pin' | 'puk' | 'password' | 'expiresAt'> {
  readonly session: CardSession
  /** What the card keeps. */
  readonly store: CardStore
  /** The bank's, 32 bytes: as its directory has it. */
  readonly answerKey: Uint8Array
}

export interface Issuing {
  readonly account: AccountNumber
  readonly algorithm?: SigningAlgorithm
  readonly replaces?: CardNumber
}

/** Drawn, written and enrolled as in the field. */
export async function issuedTo(
  bank: RunningBank,
  runtime: Runtime,
  staff: TwoPeople,
  { account, algorithm = 'Ed25519', replaces }: Issuing,
): Promise<HeldCard> {
  const { card, publicKey } = await written(bank, runtime, { account, algorithm, ...(replaces && { replaces }) })
  const request = { card: card.number, account, algorithm, publicKey, ...(replaces && { replaces }) }
  const enrolled = await bothSign(bank, runtime, staff, 'enrol-card', request)
  if (!enrolled.done) throw new Error(`the card was not enrolled: ${enrolled.outcome}`)
  return card
}

/** Drawn and written, and enrolled by nobody. */
export async function written(
  bank: RunningBank,
  runtime: Runtime,
  { account, algorithm = 'Ed25519', replaces }: Issuing,
): Promise<{ readonly card: HeldCard; readonly publicKey: Uint8Array }> {
  const drawn = await bank.cards.draw({ account, replaces })
  if (drawn.outcome !== 'drawn') throw new Error(`no card was drawn: ${drawn.outcome}`)
  const store = inMemory()
  const element = await SoftCard.insert(store, length => runtime.random(length))
  const key = await runtime.work(personalise(element, drawn.card, algorithm))
  const answerKey = await answerKeyOf(bank)
  return { card: { ...drawn.card, session: await sessionOf(runtime, element), store, answerKey }, publicKey: key.bytes }
}

export async function sessionOf(runtime: Runtime, element: SoftCard): Promise<CardSession> {
  const opened = await runtime.work(CardSession.open(element))
  if (opened.outcome !== 'ready') throw new Error(`the card does not open: ${opened.outcome}`)
  return opened.session
}

/** A second card with the memory that this one has now, its counter included. */
export async function copyOf(runtime: Runtime, card: HeldCard): Promise<HeldCard> {
  const store = inMemory(await card.store.load())
  const element = await SoftCard.insert(store, length => runtime.random(length))
  return { ...card, store, session: await sessionOf(runtime, element) }
}

function inMemory(memory?: Uint8Array): CardStore {
  let kept = memory
  return {
    load: async () => kept,
    save: async next => {
      kept = next
    },
  }
}

/** As a terminal reads it in the bank's directory. */
async function answerKeyOf({ cards, card: { institution } }: RunningBank): Promise<Uint8Array> {
  const signed = await cards.directory()
  if (signed.outcome !== 'signed') throw new Error(signed.outcome)
  const directory = await Directory.read({ algorithm: 'Ed25519', bytes: signed.key }, signed.message)
  const found = directory?.institution(institution)
  if (found === undefined) throw new Error('the bank is not in its own directory')
  return found.answerKey
}

/** Its holder keys PIN and password, the card signs. */
export async function signedBy(
  runtime: Runtime,
  { session, pin, password }: Pick<HeldCard, 'session' | 'pin' | 'password'>,
  request: OrderRequest,
  form: Answer['password']['form'] = 'hpke',
  keyed: Secret = password,
): Promise<Answer> {
  const signed = await runtime.work(session.sign(session.prepare(request), pin, keyed, form))
  if (signed.outcome !== 'signed') throw new Error(`the card did not sign: ${signed.outcome}`)
  return signed.answer
}

/** As it comes over the line, as sound. */
export async function asSound(
  runtime: Runtime,
  { answerKey }: Pick<HeldCard, 'answerKey'>,
  { request, answerKeyId: keyId }: { readonly request: OrderRequest; readonly answerKeyId: number },
  answer: Answer,
) {
  const to = { receiver: request.receiver, receiverKey: answerKey }
  const bytes = await runtime.work(encryptAnswer(length => runtime.random(length), to, answer))
  return { way: 'sound', keyId, bytes } as const
}

export function asDigits(answer: Answer) {
  return { way: 'digits', bytes: encodeDigitAnswer(answer) } as const
}
