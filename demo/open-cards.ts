/** The demonstration's cards: in software, in files that lie openly in their bank's folder, as the keys of its people do. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { RunningBank } from '../src/bank/start.ts'
import { toHex } from '../src/bytes.ts'
import { SoftCard } from '../src/card/soft/soft-card.ts'
import type { AccountNumber } from '../src/ids.ts'
import type { KnownCard } from '../src/operations/card.ts'
import { cardFile, cardFileIn, personalise } from '../src/operations/card-file.ts'
import type { Runtime } from '../src/runtime.ts'
import { bothSign, type TwoPeople } from './two-people.ts'

/** Undefined where the bank issues none. `folder`: the bank's. */
export async function issueOpenCard(
  bank: RunningBank,
  runtime: Runtime,
  staff: TwoPeople,
  { account, folder }: { readonly account: AccountNumber; readonly folder: string },
): Promise<KnownCard | undefined> {
  const drawn = await bank.cards.draw({ account })
  if (drawn.outcome === 'no-cards') return undefined
  if (drawn.outcome !== 'drawn') throw new Error(`the demonstration's card was not drawn: ${drawn.outcome}`)
  const { card } = drawn
  const path = cardFileIn(folder, card.number)
  const element = await SoftCard.insert(cardFile(path), length => runtime.random(length))
  const key = await personalise(element, card, 'Ed25519')
  const request = { card: card.number, account, algorithm: key.algorithm, publicKey: key.bytes }
  const enrolled = await bothSign(bank, runtime, staff, 'enrol-card', request)
  if (!enrolled.done) throw new Error(`the demonstration's card was not enrolled: ${enrolled.outcome}`)
  const { number, pin, password, puk } = card
  return { number, pin, password, puk, file: join('institutions', basename(folder), 'cards', basename(path)) }
}

/** What a terminal carries, and the key by which it knows that it is the bank's. */
export async function writeDirectory({ cards }: RunningBank, folder: string): Promise<void> {
  const signed = await cards.directory()
  if (signed.outcome === 'no-cards') return
  mkdirSync(join(folder, 'cards'), { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'cards', 'directory.cose'), signed.message)
  writeFileSync(join(folder, 'cards', 'directory-key.txt'), `${toHex(signed.key)}\n`)
}
