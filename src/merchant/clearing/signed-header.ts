/** Whether a bank shows, of a file that it holds, that it was signed here: books that went back in time know nothing else of it. */
import { sameBytes } from '../../bytes.ts'
import type { InstitutionId } from '../../ids.ts'
import type { KeyStore } from '../../keys/keys.ts'
import { type KeptLetter, ownLetter } from '../../mail/kept-letter.ts'
import type { ContentOf } from '../../mail/letter.ts'
import { letters } from '../../mail/messages.ts'
import type { ReadTx } from '../../store/store.ts'

/** `house`: the payee itself, or its host, who writes for it. */
export async function isSignedHere(
  tx: ReadTx,
  { keys, house }: { readonly keys: Pick<KeyStore, 'publicKeys'>; readonly house: InstitutionId },
  bank: InstitutionId,
  header: Uint8Array,
  proof: KeptLetter | undefined,
): Promise<boolean> {
  const letter = proof && (await ownLetter(tx, keys, { from: house, to: bank }, proof))
  return letter !== undefined && headersIn(letter).some(each => sameBytes(each, header))
}

function headersIn({ type, body }: ContentOf<'letter'>): readonly Uint8Array[] {
  switch (type) {
    case 'day-end-file':
    case 'host-file':
      return [letters[type].parse(body).header]
    case 'host-file-sections':
      return letters[type].parse(body).sections
    default:
      return []
  }
}
