/** Every proper name that a call of the installation may speak: institutions, payees, and who has an account in the books. */
import { existsSync } from 'node:fs'
import { holderNames } from '../../bank/customers.ts'
import type { SpokenName } from '../../speech/speech.ts'
import { databaseIn } from '../../store/connection.ts'
import { readSnapshot } from '../../store/open.ts'
import { folderOf, type Installation } from './file.ts'

export async function namesOf(installation: Installation): Promise<readonly SpokenName[]> {
  const names: SpokenName[] = []
  for (const entry of installation.institutions) {
    names.push(entry.name)
    if (entry.kind !== 'bank') continue
    names.push(...entry.payees.map(({ name }) => name), ...entry.banks.map(({ name }) => name))
    const folder = folderOf(installation, entry)
    if (existsSync(databaseIn(folder))) names.push(...(await readSnapshot({ folder }, holderNames)))
  }
  return names
}
