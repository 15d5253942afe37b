/** What a customer hears of the account: the last transactions, and what became of a request of an interrupted call. */
import { type AccountNumber, type IntentId, parseAccountNumber, parseInstitutionId } from '../ids.ts'
import type { SpokenName } from '../languages.ts'
import { ownerOf } from '../ledger/chart.ts'
import { type StatementLine as LedgerLine, statement } from '../ledger/statement.ts'
import { decided } from '../store/once.ts'
import type { ReadTx } from '../store/store.ts'
import type { Resolution, StatementLine } from './bank.ts'
import { type Branch, depositOf, payeeOrFormer } from './branch.ts'
import { customerOf } from './customers.ts'
import type { DecidedSale } from './sale.ts'
import type { DecidedTransfer } from './transfer.ts'

/** Newest first. */
export function recentTransactions(
  branch: Branch,
  account: AccountNumber,
  limit: number,
): Promise<readonly StatementLine[]> {
  return branch.store.read(async tx => {
    const lines = await statement(tx, depositOf(account), limit, branch.chain)
    const told: StatementLine[] = []
    for (const line of lines) {
      const { at, change: amount, reference } = line
      told.push({ at, amount, kind: kindOf(line), counterparty: await counterpartyOf(tx, branch, line), reference })
    }
    return told
  })
}

function kindOf({ kind, change }: LedgerLine): StatementLine['kind'] {
  switch (kind) {
    case 'sale':
      return 'voucher'
    case 'transfer':
      return change.minor > 0n ? 'transfer-in' : 'transfer-out'
    case 'deposit':
    case 'refund':
      return kind
    default:
      throw new Error(`a posting of a kind that a deposit account never has: ${kind}`)
  }
}

async function counterpartyOf(tx: ReadTx, branch: Branch, line: LedgerLine): Promise<SpokenName | undefined> {
  const [other] = line.others
  if (other === undefined) return undefined
  if (line.kind === 'transfer') {
    const account = parseAccountNumber(ownerOf(other))
    return account && (await customerOf(tx, branch.config.id, account))?.name
  }
  const payee = line.kind === 'sale' ? parseInstitutionId(ownerOf(other)) : undefined
  return payee && payeeOrFormer(branch, payee).name
}

/** What became of an account's request, by its intent. */
export function resolve(
  branch: Branch,
  { intent: id, principal }: { intent: IntentId; principal: AccountNumber },
): Promise<Resolution> {
  const tenant = branch.config.id
  return branch.store.read(async tx => {
    const { kind, outcome } = (await decided(tx, tenant, { principal, id })) ?? {}
    if (kind === 'sale') {
      const sale = outcome as DecidedSale
      if (sale.outcome === 'sold') {
        return { outcome: 'done', kind, amount: sale.amount, payee: payeeOrFormer(branch, sale.payee).name }
      }
    }
    if (kind === 'transfer') {
      const { outcome: became, ...moved } = outcome as Extract<DecidedTransfer, { outcome: 'transferred' }>
      const holder = became === 'transferred' ? await customerOf(tx, tenant, moved.to) : undefined
      if (holder !== undefined) {
        return { outcome: 'done', kind, amount: moved.amount, to: holder.name, reference: moved.reference }
      }
    }
    if (kind === 'pin-change') return { outcome: 'done', kind }
    return { outcome: 'not-done' }
  })
}
