/** Opens what came up a line: as sound with one of the receiver's own keys; as digits it lies open, but for the password. */
import { type Answer, decryptAnswer, parseDigitAnswer } from '../card/messages/answer.ts'
import type { InstitutionId } from '../ids.ts'
import type { KeyStore } from '../keys/keys.ts'
import type { CardAnswer } from './edge.ts'

/** Undefined: it is not for this receiver, or no answer. */
export async function openAnswer(
  { id, keys }: { readonly id: InstitutionId; readonly keys: Pick<KeyStore, 'answerKeys' | 'openAnswer'> },
  answer: CardAnswer,
): Promise<Answer | undefined> {
  if (answer.way === 'digits') return parseDigitAnswer(answer.bytes)
  const key = (await keys.answerKeys()).find(({ number }) => number === answer.keyId)
  if (key === undefined) return undefined
  return decryptAnswer(id, (sealed, binding) => keys.openAnswer(key.keyId, sealed, binding), answer.bytes)
}
