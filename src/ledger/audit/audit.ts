/**
 * `tonebank audit`: proves the books from their raw rows, with code of its own. It imports nothing of the ledger, so that
 * one mistake cannot be in both. It reads a snapshot in the order of its keys, changes nothing, and takes the same memory
 * for books of any length.
 */

import type { LogHead } from '../../store/change-log/head.ts'
import { readSnapshot } from '../../store/open.ts'
import type { ReadTx } from '../../store/store.ts'
import { AccountsCheck } from './accounts.ts'
import { ChainCheck, inHex, zeroHash } from './chain.ts'
import { isGenuine, type ProvedChain, type SignedCheckpoint } from './checkpoint.ts'
import { checkDatabase, checkSchema } from './database.ts'
import type { Finding } from './finding.ts'
import { type HeadEvidence, HeadsCheck, type KnownKey } from './heads-check.ts'
import { HoldsCheck } from './holds.ts'
import type { Identity } from './identity.ts'
import { checkLogHeads, checkRebuilt } from './rebuilt.ts'
import { chainsOf, walkJournal } from './rows.ts'
import { SinceCheck } from './since.ts'

export interface AuditOptions {
  /** Whose books these are. */
  readonly signer: string
  /** Its ledger keys, old ones too, and those of its outside auditors, from outside the database. */
  readonly keys: readonly KnownKey[]
  /** Its signed heads that counterparties kept. Without any, a tail that was cut off after the last own head is not seen. */
  readonly heads?: readonly HeadEvidence[]
  readonly identities?: readonly Identity[]
  /** Tables whose rows the change log leaves out. */
  readonly transient?: ReadonlySet<string>
  /** Heads of its change log that others hold, their signatures verified. */
  readonly logHeads?: readonly LogHead[]
  /** For tests of thousands of calls: without the change log, by the rules of the ledger and the business alone. */
  readonly withoutLog?: true
  /** Rows of one table that are named, when they differ from what the log says. */
  readonly mostRows?: number
  /** Proves only what was written since, trusting whoever signed it for what lies before. */
  readonly since?: SignedCheckpoint
}

export interface AuditReport {
  readonly findings: readonly Finding[]
  /** How far each chain was proved: for the next checkpoint. */
  readonly proved: readonly ProvedChain[]
  /** The last record of the change log by which the tables were proved. */
  readonly log?: LogHead | undefined
  /** By chain, the highest row for which somebody else holds a head. What follows it is proved by nobody else. */
  readonly heldUpTo: ReadonlyMap<string, bigint>
}

export type Books = { readonly folder: string } | { readonly snapshot: Uint8Array }

/** Everything that is wrong; nothing, when the books are right. */
export async function audit(source: Books, options: AuditOptions): Promise<readonly Finding[]> {
  return (await auditReport(source, options)).findings
}

export async function auditReport(source: Books, options: AuditOptions): Promise<AuditReport> {
  try {
    const report = await readSnapshot(source, tx => examine(tx, options))
    const isUnbelieved = report.findings.some(({ kind }) => kind === 'checkpoint')
    if (isUnbelieved || options.withoutLog) return report
    const { keys, transient, mostRows: most, since } = options
    let log: LogHead | undefined
    const rebuilt = await readable('tables', async () => {
      const optional = { ...(transient && { transient }), ...(most && { most }) }
      const { findings, head } = await checkRebuilt(source, { keys, since: since?.log, ...optional })
      log = head
      return findings
    })
    return { ...report, findings: [...report.findings, ...rebuilt], log }
  } catch (error) {
    if (!isDamage(error)) throw error
    const what = `it cannot be read: ${error.message}`
    return { findings: [{ kind: 'database', where: 'pages', what }], proved: [], heldUpTo: new Map() }
  }
}

async function examine(tx: ReadTx, options: AuditOptions): Promise<AuditReport> {
  const { signer, keys, since } = options
  // What is looked up lies all over the file: through the page cache of the system, a row of a long book cost a third less.
  await tx.all('PRAGMA mmap_size = 17179869184')
  const findings: Finding[] = since === undefined ? await checkDatabase(tx) : await checkSchema(tx)
  if (since !== undefined && (since.institution !== signer || !isGenuine(since, keys))) {
    const what = `it is not signed by a key that is known for ${signer}`
    return { findings: [{ kind: 'checkpoint', where: since.institution, what }], proved: [], heldUpTo: new Map() }
  }
  const heads = new HeadsCheck(signer, keys, options.heads ?? [])
  const chains = await chainsOf(tx)
  const lost = since?.chains.filter(({ chain }) => !chains.includes(chain)) ?? []
  for (const { chain, seq } of lost) {
    findings.push({ kind: 'gap', where: chain, what: `it was proved to row ${seq}, and is gone` })
  }
  const proved: ProvedChain[] = []
  for (const chain of chains) {
    const from = since?.chains.find(each => each.chain === chain)
    const examined = await readable(chain, async () => {
      const result = await examineChain(tx, chain, from, heads)
      proved.push(result.proved)
      return result.findings
    })
    findings.push(...examined)
  }
  const ends = new Map(proved.map(({ chain, seq }) => [chain, seq]))
  const ending = await readable('heads', async () => {
    await heads.end(tx, ends)
    return []
  })
  findings.push(...ending, ...heads.findings)
  findings.push(...(await readable('heads', () => checkLogHeads(tx, options.logHeads ?? []))))
  if (since === undefined) {
    for (const identity of options.identities ?? []) findings.push(...(await readable('rules', () => identity(tx))))
  }
  return { findings, proved, heldUpTo: new Map(chains.map(chain => [chain, heads.highest(chain)])) }
}

/** `from`: what was proved of the chain before; undefined: nothing. */
async function examineChain(tx: ReadTx, chain: string, from: ProvedChain | undefined, heads: HeadsCheck) {
  const findings: Finding[] = []
  const start = from ?? { chain, seq: 0n, hash: zeroHash }
  if (from !== undefined && (await hashAt(tx, chain, from.seq)) !== from.hash) {
    const what = 'the row up to which it was proved is another one now'
    findings.push({ kind: 'broken-chain', where: `${chain} ${from.seq}`, what })
  }
  const rows = new ChainCheck(start)
  const holds = new HoldsCheck(tx, chain, start.seq)
  const moved = from === undefined ? undefined : new SinceCheck(tx, from)
  let after = from?.seq ?? -1n
  await walkJournal(tx, chain, start.seq, async page => {
    rows.page(page)
    await heads.page(tx, page, after)
    await holds.page(page)
    await moved?.page(page)
    after = page.events.at(-1)?.seq ?? after
  })
  const accounts = moved ?? new AccountsCheck(tx, chain)
  await accounts.end()
  await holds.end(from === undefined)
  findings.push(...rows.findings, ...holds.findings, ...accounts.findings)
  return { findings, proved: { ...rows.position, root: accounts.root } }
}

async function hashAt(tx: ReadTx, chain: string, seq: bigint): Promise<string> {
  const row = await tx.one<{ hash: Uint8Array }>('SELECT hash FROM journal WHERE chain = ? AND seq = ?', chain, seq)
  return row === undefined ? zeroHash : inHex(row.hash)
}

/**
 * What a check finds, or that it could not be made: somebody put a value there that no program of ours writes, such as a state
 * without a meaning or a sum beyond 64 bits. The other checks go on, as one of them names the row.
 */
async function readable(where: string, check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await check()
  } catch (error) {
    if (isDamage(error) || !(error instanceof Error)) throw error
    return [{ kind: 'unreadable', where, what: `a value has no meaning here: ${error.message}` }]
  }
}

function isDamage(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code))
}
