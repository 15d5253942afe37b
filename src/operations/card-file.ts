/** A card in software whose memory is a file: its tries and its counter are on the disk before anything is given out. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DrawnCard } from '../bank/cards/issue.ts'
import { fromHex } from '../bytes.ts'
import type { SecureElement } from '../card/apdu/secure-element.ts'
import type { SigningAlgorithm, SigningPublicKey } from '../card/cose/signing.ts'
import { issueCard } from '../card/issue-card.ts'
import type { CardNumber } from '../card/numbers.ts'
import { type CardStore, decodeMemory } from '../card/soft/memory.ts'
import { replaceFile } from '../store/replace-file.ts'
import { CannotDo } from './cannot-do.ts'
import { cardSentences } from './card-sentences.ts'
import { orExplain } from './explain.ts'

/** Where a card that is made at a bank's counter lies, if nobody says otherwise. */
export function cardFileIn(folder: string, number: CardNumber): string {
  return join(folder, 'cards', `${number}.card`)
}

/** For its owner's eyes alone. It holds the card's secrets in clear: whoever has it and the PIN has the card. */
export function cardFile(path: string): CardStore {
  return {
    load: async () => (existsSync(path) ? readCard(path) : undefined),
    save: async memory => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      replaceFile(path, memory)
    },
  }
}

/** @throws CannotDo when the file holds no card's memory */
function readCard(path: string): Uint8Array {
  const memory = new Uint8Array(orExplain('the card cannot be read', () => readFileSync(path)))
  try {
    decodeMemory(memory)
  } catch {
    throw new CannotDo(
      `${path} is no card, or it is damaged: nothing can be signed with it. Have the card blocked and a new one issued at the branch`,
    )
  }
  return memory
}

/** Writes what the bank drew into a new card, which makes its key. @returns what two people enrol. @throws CannotDo */
export async function personalise(
  element: SecureElement,
  { agreedKey, ...card }: DrawnCard,
  algorithm: SigningAlgorithm,
): Promise<SigningPublicKey> {
  const issued = await issueCard(element, { ...card, agreedKey: fromHex(agreedKey.reveal()), algorithm })
  switch (issued.outcome) {
    case 'issued':
      return issued.key
    case 'already-issued':
      throw new CannotDo('this card is somebody’s already: take a new one')
    case 'not-ours':
      throw new CannotDo('this is another kind of card')
    case 'removed':
      throw new CannotDo(`${cardSentences[issued.why]}. Nothing was enrolled: issue another one`)
    case 'failed':
      throw new CannotDo(`the card does not take it (${issued.status.toString(16)}): issue another one`)
  }
}
