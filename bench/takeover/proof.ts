/** The books that the benchmark is about to hand over are a bank's: its auditors find nothing in them. */
import { join } from 'node:path'
import { bankIdentities } from '../../src/bank/audit.ts'
import { openKeyFolder } from '../../src/keys/key-folder.ts'
import { auditReport } from '../../src/ledger/audit/audit.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { bankSettings } from '../ledger/stocked-bank.ts'

/** `folder`: of a bank that is closed. @throws Error when something is wrong with its books */
export async function proveBooks(folder: string): Promise<void> {
  const { id } = bankSettings
  const keys = await openKeyFolder(systemRuntime, join(folder, 'keys'), 'an established institution')
  const { findings } = await auditReport(
    { folder },
    {
      signer: id,
      keys: keys.publicKeys().filter(({ purpose }) => purpose === 'ledger'),
      identities: bankIdentities({ tenant: id, chain: 'main' }),
    },
  )
  const [first] = findings
  if (first !== undefined) throw new Error(`the books that were made are wrong: ${JSON.stringify(first)}`)
}
