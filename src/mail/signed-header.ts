/**
 * Whether somebody who holds a file or a statement of ours shows that it was signed here: books that went back in time know nothing else of it.
 */
import { sameBytes } from '../bytes.ts'
import type { InstitutionId } from '../ids.ts'
import type { KeyStore } from '../keys/keys.ts'
import type { ReadTx } from '../store/store.ts'
import { type KeptLetter, ownLetter } from './kept-letter.ts'
import type { ContentOf } from './letter.ts'
import { letters } from './messages.ts'

export type Headed = 'day-end-file' | 'host-file' | 'host-file-sections' | 'net-statement'

/** What it is the header of: by which letters it may have been told. */
export const fileLetters: readonly Headed[] = ['day-end-file', 'host-file', 'host-file-sections']
export const statementLetters: readonly Headed[] = ['net-statement']

/** `proof`: the letter that brought `header`. `from`: whose it is, or who writes for it; `to`: who shows it. */
export async function isSignedHere(
  tx: ReadTx,
  keys: Pick<KeyStore, 'publicKeys'>,
  { from, to, by }: { readonly from: InstitutionId; readonly to: InstitutionId; readonly by: readonly Headed[] },
  header: Uint8Array,
  proof: KeptLetter | undefined,
): Promise<boolean> {
  const letter = proof && (await ownLetter(tx, keys, { from, to }, proof))
  return letter !== undefined && headersIn(letter, by).some(each => sameBytes(each, header))
}

function headersIn({ type, body }: ContentOf<'letter'>, by: readonly Headed[]): readonly Uint8Array[] {
  const told = by.find(each => each === type)
  if (told === undefined) return []
  return told === 'host-file-sections' ? letters[told].parse(body).sections : [letters[told].parse(body).header]
}
