/**
 * The talk with a card at the caller's payment terminal, of whichever line: it is explained, asked, and whatever keeps the card from
 * signing is told. The caller may go on by voice at any time. What an earlier call left unknown the terminal asks about first;
 * it is told to both, and the card is asked anew for what the call is about.
 */
import { encodeChallenge, fitsChallenge } from '../../src/card/messages/challenge.ts'
import type { Inquiry } from '../../src/card/messages/inquiry.ts'
import { encodeRequest } from '../../src/card/messages/request.ts'
import type { CardResult, ResultReason } from '../../src/card/messages/result.ts'
import type { InstitutionNumber } from '../../src/card/numbers.ts'
import type { OrderRequest } from '../../src/card/order.ts'
import type { CardAnswer } from '../../src/card-receiver/edge.ts'
import type { Call, CardMessage, CardQuestion } from '../../src/phone/call.ts'
import type { PhraseKey } from '../../src/speech/speech.ts'

/** How a line says, before the reason, that what was to be signed did not come about. */
export type NothingCame = Extract<PhraseKey, `card.nothing-${string}`>

export interface AskedOfCard {
  readonly request: OrderRequest
  /** By which a challenge in digits names who asks. */
  readonly receiverNumber: InstitutionNumber
}

export type Signed =
  | { readonly outcome: 'answered'; readonly answer: CardAnswer }
  /** What became of an earlier signature? It is to be told by `tellEarlier`. */
  | { readonly outcome: 'inquiry'; readonly inquiry: Inquiry }
  /** Nothing came, and the caller has heard why. */
  | { readonly outcome: 'over' }

/** What an earlier call left unknown is one signature, as a terminal asks before it signs the next. */
const mostInquiries = 2

/** `ask`: one round, in which the card is asked. `again`: it asked about an earlier signature, and has heard of it. */
export async function untilAsked(
  call: Call,
  nothing: NothingCame,
  ask: () => Promise<'again' | undefined>,
): Promise<void> {
  for (let inquiries = 0; inquiries <= mostInquiries; inquiries++) if ((await ask()) !== 'again') return
  await refuse(call, nothing, 'card.no-answer')
}

/**
 * Says what happens next, and has the card sign. Whatever keeps it from that is told here. `signedBefore`: whose card has signed in
 * this call already knows what happens.
 */
export async function signByCard(
  call: Call,
  asked: AskedOfCard,
  nothing: NothingCame,
  { signedBefore = false }: { readonly signedBefore?: boolean } = {},
): Promise<Signed> {
  if (!signedBefore) await call.say('card.explained')
  await call.say('card.insert', {}, { inFull: true })
  const signed = await call.askCard(questionOf(asked))
  switch (signed.outcome) {
    case 'answered':
      return { outcome: 'answered', answer: answerOf(signed.answer) }
    case 'inquiry':
      return signed
    case 'declined':
      await refuse(call, nothing, `card.declined.${signed.why}`)
      break
    case 'by-voice':
    case 'no-terminal':
    case 'no-answer':
      await refuse(call, nothing, `card.${signed.outcome}`)
      break
    case 'unsuitable line':
      await refuse(call, nothing, 'card.unsuitable')
  }
  return { outcome: 'over' }
}

/**
 * By sound all of it is asked; in digits, what the holder has keyed into the terminal completes it. An amount that digits cannot say,
 * in another currency above all, goes by sound alone.
 */
function questionOf({ request, receiverNumber: receiver }: AskedOfCard): CardQuestion {
  const bySound = { request: encodeRequest(request) }
  if ('amount' in request && !fitsChallenge(request.amount)) return bySound
  return { ...bySound, challenge: encodeChallenge({ ...request, receiver }) }
}

function answerOf({ way, keyId, payload: bytes }: CardMessage): CardAnswer {
  return way === 'sound' ? { way, keyId, bytes } : { way, bytes }
}

/**
 * The terminal never heard what became of a signature: it is told, and so is the caller, by `tell`. Nothing else is signed while
 * that is unknown.
 */
export async function tellEarlier(
  call: Call,
  result: CardResult,
  tell: () => Promise<void>,
): Promise<'again' | undefined> {
  await call.tellCard(result)
  await call.say('card.earlier')
  await tell()
  return result.outcome === 'unknown' ? undefined : 'again'
}

/** What the card signed was judged, and not accepted. `triesLeft`: of a wrong personal password. */
export type NotAccepted =
  | { readonly outcome: 'refused'; readonly reason: ResultReason; readonly triesLeft?: number }
  | { readonly outcome: 'unreadable-answer' }

/** For the terminal. */
export function refusalResult(refused: NotAccepted): CardResult {
  if (refused.outcome === 'unreadable-answer') return { outcome: 'refused', reason: 'unreadable' }
  const { outcome, reason, triesLeft } = refused
  return { outcome, reason, ...(triesLeft !== undefined && { triesLeft }) }
}

/** For the caller. */
export async function tellNotAccepted(call: Call, refused: NotAccepted, nothing: NothingCame): Promise<void> {
  if (refused.outcome === 'unreadable-answer') return refuse(call, nothing, 'card.refused.unreadable')
  const { reason, triesLeft: tries } = refused
  // The signature may well have paid when it was used before.
  if (reason === 'used-nonce') return call.refuse('card.refused.used-nonce')
  if (reason !== 'wrong-password' || tries === undefined) return refuse(call, nothing, `card.refused.${reason}`)
  if (tries === 0) return refuse(call, nothing, 'card.refused.wrong-password.last')
  await call.refuse(nothing)
  await call.say('card.refused.wrong-password.left', { tries })
}

type Reason =
  | `card.${'no-terminal' | 'no-answer' | 'by-voice' | 'unsuitable'}`
  | Extract<PhraseKey, `card.declined.${string}`>
  | Exclude<Extract<PhraseKey, `card.refused.${string}`>, 'card.refused.wrong-password.left'>

async function refuse(call: Call, nothing: NothingCame, why: Reason): Promise<void> {
  await call.refuse(nothing)
  await call.say(why)
}
