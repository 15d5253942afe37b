/** The last transactions of an account, as its customer hears them. */
import { type AccountNumber, parseAccountNumber, parseInstitutionId } from '../ids.ts'
import type { SpokenName } from '../languages.ts'
import { ownerOf } from '../ledger/chart.ts'
import { type StatementLine, statement } from '../ledger/statement.ts'
import type { ReadTx } from '../store/store.ts'
import type { PastTransaction } from './bank.ts'
import { type Branch, depositOf, payeeOrFormer } from './branch.ts'
import { holderOf } from './customers.ts'
import { nameOfBank } from './interbank/correspondents.ts'
import { sentTransfer } from './interbank/send.ts'

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
    case 'transfer-sent':
      return 'transfer-out'
    case 'transfer-received':
      return 'transfer-in'
    case 'transfer-returned':
      return 'transfer-back'
    case 'deposit':
    case 'refund':
    case 'recovery-loss':
      return kind
    // What was cleared for a payee comes to its account like any other credit.
    case 'payout':
      return 'deposit'
    // What waited in suspense, and two people found out whose it was.
    case 'suspense-cleared':
      return 'correction'
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
  if (line.kind === 'transfer-sent' || line.kind === 'transfer-returned') return receiverOf(tx, branch, line)
  if (line.kind === 'transfer-received') {
    const bank = parseInstitutionId(ownerOf(other))
    return bank && nameOfBank(branch, bank)
  }
  const isOfVoucher = line.kind === 'sale' || line.kind === 'refund'
  const payee = isOfVoucher ? parseInstitutionId(ownerOf(other)) : undefined
  return payee && payeeOrFormer(branch, payee).name
}

/** Whose name the other bank told, else that bank's. */
async function receiverOf(tx: ReadTx, branch: Branch, { id }: StatementLine): Promise<SpokenName | undefined> {
  const row = await sentTransfer(tx, branch, id.slice(id.indexOf(' ') + 1))
  if (row === undefined) return undefined
  const { name_en: en, name_zh: zh } = row
  return en === null || zh === null ? nameOfBank(branch, row.bank) : { en, zh }
}
