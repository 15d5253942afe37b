/**
 * `tonebank audit`: proves the books from their raw rows, with code of its own. It imports nothing of the ledger, so that
 * one mistake cannot be in both. It reads a snapshot and changes nothing.
 */
import { readSnapshot } from '../../store/open.ts'
import type { ReadTx } from '../../store/store.ts'
import { checkChain, checkHeads, type HeldHead, type KnownKey } from './chain.ts'
import { checkDatabase } from './database.ts'
import type { Finding } from './finding.ts'
import { replay } from './replay.ts'
import { readBooks } from './rows.ts'

/** A rule of one institution's business over its raw rows, such as a bank's `float = remaining + authorised + …`. */
export type Identity = (tx: ReadTx) => Promise<readonly Finding[]>

export interface AuditOptions {
  /** Whose books these are. */
  readonly signer: string
  /** Its ledger keys, old ones too, from outside the database. */
  readonly keys: readonly KnownKey[]
  /** Its signed heads that counterparties kept. Without any, a tail that was cut off after the last own head is not seen. */
  readonly heads?: readonly HeldHead[]
  readonly identities?: readonly Identity[]
}

/** Everything that is wrong; nothing, when the books are right. */
export async function audit(
  source: { readonly folder: string } | { readonly snapshot: Uint8Array },
  options: AuditOptions,
): Promise<readonly Finding[]> {
  try {
    return await readSnapshot(source, tx => examine(tx, options))
  } catch (error) {
    if (!isDamage(error)) throw error
    return [{ kind: 'database', where: 'pages', what: `it cannot be read: ${error.message}` }]
  }
}

async function examine(tx: ReadTx, options: AuditOptions): Promise<readonly Finding[]> {
  const books = await readBooks(tx)
  const findings = [
    ...(await checkDatabase(tx)),
    ...checkChain(books),
    ...checkHeads(books, options.signer, options.keys, options.heads ?? []),
    ...replay(books),
  ]
  for (const identity of options.identities ?? []) findings.push(...(await identity(tx)))
  return findings
}

function isDamage(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code))
}
