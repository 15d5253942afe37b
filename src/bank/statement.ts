/** What a customer hears of the account: the last transactions, and what became of a request of an interrupted call. */
import { ownerOf } from '../ledger/chart.ts'
import { type StatementLine as LedgerLine, statement } from '../ledger/statement.ts'
import { decided } from '../store/once.ts'
import type { ReadTx } from '../store/store.ts'
import type { Resolution, SpokenName, StatementLine } from './bank.ts'
import { type Branch, depositOf, payeeOrFormer } from './branch.ts'
import { customerOf } from './customers.ts'
import type { DecidedSale } from './sale.ts'
import type { DecidedTransfer } from './transfer.ts'

/** Newest first. */
export function recentTransactions(branch: Branch, account: string, limit: number): Promise<readonly StatementLine[]> {
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
  if (line.kind === 'transfer') return (await customerOf(tx, branch.config.id, ownerOf(other)))?.name
  return line.kind === 'sale' ? payeeOrFormer(branch, ownerOf(other)).name : undefined
}

/** What became of a request, by its intent alone: 128 random bits that only its asker knows. */
export function resolve(branch: Branch, intent: string): Promise<Resolution> {
  const tenant = branch.config.id
  return branch.store.read(async tx => {
    for (const { kind, outcome } of await decided(tx, tenant, intent)) {
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
    }
    return { outcome: 'not-done' }
  })
}
