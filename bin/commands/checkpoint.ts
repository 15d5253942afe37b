/**
 * `tonebank checkpoint`: has a counterparty or an outside auditor sign a snapshot of somebody's books, and shows who has. The
 * signer needs a copy of the folder `checkpoints`, such as a backup has, and nothing of its owner's keys.
 */
import { resolve } from 'node:path'
import { readKeyFolder } from '../../src/keys/key-folder.ts'
import { everyLedgerKey } from '../../src/mail/peer-keys.ts'
import { fingerprint, pinnedPeers } from '../../src/mail/peers.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import {
  checkpointIn,
  collect,
  isAsItSays,
  type KnownSigner,
  keyFolderOf,
  signAs,
  wordsOn,
} from '../../src/operations/checkpoint-signatures.ts'
import {
  booksOf,
  fileOf,
  folderOf,
  institutionOf,
  readInstallation,
  type Where,
} from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { checkpointFolder, checkpointsIn } from '../../src/store/change-log/checkpoint.ts'
import { readSnapshot } from '../../src/store/open.ts'
import { readCard } from './peers.ts'

interface Which {
  readonly record?: string
}

/** `folder`: the checkpoints, or the folder in which they lie. */
export async function sign(folder: string, signer: string, options: Where & Which): Promise<void> {
  const installation = readInstallation(fileOf(options))
  const entry = institutionOf(installation, signer)
  const { record } = options
  if (record !== undefined && !/^\d{1,18}$/.test(record)) throw new CannotDo(`${record} is no number of a record`)
  const at = resolve(folder)
  const where = checkpointsIn(at).length > 0 ? at : checkpointFolder(at)
  const checkpoint = checkpointIn(where, record === undefined ? undefined : BigInt(record))
  const keys = await readKeyFolder(systemRuntime, keyFolderOf(folderOf(installation, entry)))
  await signAs(where, checkpoint, { signer: entry.id, keys })
  process.stdout.write(`${checkpoint.file}: record ${checkpoint.head.sequence}, signed by ${entry.id}\n`)
}

/** `from`: a copy in which others have signed. `card`: files with the keys of signers that are no counterparties. */
export async function verify(
  institution: string,
  options: Where & { readonly from?: string; readonly card?: readonly string[] },
): Promise<void> {
  const installation = readInstallation(fileOf(options))
  const entry = institutionOf(installation, institution)
  const folder = booksOf(installation, entry)
  const keys = await readKeyFolder(systemRuntime, keyFolderOf(folder))
  const peers = await readSnapshot({ folder }, async tx => {
    const known: KnownSigner[] = []
    for (const { institution: signer } of await pinnedPeers(tx, entry.id))
      for (const key of await everyLedgerKey(tx, entry.id, signer)) known.push({ signer, ...key })
    return known
  })
  const cards = (options.card ?? []).map(file => readCard(file))
  const known: readonly KnownSigner[] = [
    ...keys.publicKeys().flatMap(key => (key.purpose === 'ledger' ? [{ signer: entry.id, ...key }] : [])),
    ...peers,
    ...cards.map(({ institution: signer, ledger }) => ({ signer, ...ledger })),
  ]
  const say = (line: string) => process.stdout.write(`${entry.id}: ${line}\n`)
  for (const card of cards) say(`the fingerprint of ${card.institution} must be ${fingerprint(card)}`)
  const own = checkpointFolder(folder)
  if (options.from !== undefined)
    for (const { signer, record } of collect(own, resolve(options.from), known))
      say(`took over the signature of ${signer} under record ${record}`)
  checkpointIn(own)
  for (const checkpoint of checkpointsIn(own)) {
    const isRight = isAsItSays(checkpoint)
    const words = wordsOn(checkpoint, known)
    const signed = words.map(({ signer, is }) => (is === 'genuine' ? signer : `${signer} (${is})`)).join(', ')
    const what = isRight ? 'holds what it says' : 'does NOT hold what it says'
    say(`record ${checkpoint.head.sequence} ${what}; signed by ${signed || 'nobody'}`)
    if (!isRight || words.some(({ is }) => is === 'forged')) process.exitCode = 1
  }
}
