/** The last transactions of an account, as its customer hears them. */
import { type AccountNumber, parseAccountNumber, parseInstitutionId } from '../ids.ts'
import type { SpokenName } from '../languages.ts'
import { ownerOf } from '../ledger/chart.ts'
import { type StatementLine, statement } from '../ledger/statement.ts'
import type { ReadTx } from '../store/store.ts'
import type { PastTransaction } from './bank.ts'
import { type Branch, depositOf, payeeOrFormer } from './branch.ts'
import { holderOf } from './customers.ts'

/** Newest first. */
export function recentTransactions(
  branch: Branch,
  account: AccountNumber,
  limit: number,
): Promise<readonly PastTransaction[]> {
  return branch.store.read(async tx => {
    const lines = await statement(tx, depositOf(account), limit, branch.chain)
    const told: PastTransaction[] = []
    for (const line of lines) {
      const { at, change: amount, reference } = line
      told.push({ at, amount, kind: kindOf(line), counterparty: await counterpartyOf(tx, branch, line), reference })
    }
    return told
  })
}

function kindOf({ kind, change }: StatementLine): PastTransaction['kind'] {
  switch (kind) {
    case 'sale':
      return 'voucher'
    case 'transfer':
      return change.minor > 0n ? 'transfer-in' : 'transfer-out'
    case 'deposit':
    case 'refund':
    case 'recovery-loss':
      return kind
    // What was cleared for a payee comes to its account like any other credit.
    case 'payout':
      return 'deposit'
    default:
      throw new Error(`a posting of a kind that a deposit account never has: ${kind}`)
  }
}

async function counterpartyOf(tx: ReadTx, branch: Branch, line: StatementLine): Promise<SpokenName | undefined> {
  const [other] = line.others
  if (other === undefined) return undefined
  if (line.kind === 'transfer') {
    const account = parseAccountNumber(ownerOf(other))
    return account && (await holderOf(tx, branch.config.id, account))?.name
  }
  const isOfVoucher = line.kind === 'sale' || line.kind === 'refund'
  const payee = isOfVoucher ? parseInstitutionId(ownerOf(other)) : undefined
  return payee && payeeOrFormer(branch, payee).name
}
