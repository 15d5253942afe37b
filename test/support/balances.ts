/**
 * Balances of an installation as the raw entries of what was posted add up, read beside the running institutions, with no
 * code of theirs.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from '../../src/store/driver.ts'

/** Credits less debits in minor units, by `<institution> <account>`. */
export async function balancesOf(dataFolder: string): Promise<ReadonlyMap<string, bigint>> {
  const balances = new Map<string, bigint>()
  const folder = join(dataFolder, 'institutions')
  for (const institution of readdirSync(folder)) {
    const file = join(folder, institution, 'institution.db')
    if (!existsSync(file)) continue
    const database = new Database(file, { readonly: true }).defaultSafeIntegers(true)
    const rows = database
      .prepare<[], { account: string; total: bigint }>(
        `SELECT account, sum(CASE side WHEN 'credit' THEN minor ELSE -minor END) AS total
         FROM entry JOIN journal USING (chain, seq) WHERE event NOT IN ('open', 'reserve', 'accrue', 'start') GROUP BY account`,
      )
      .all()
    database.close()
    for (const { account, total } of rows) balances.set(`${institution} ${account}`, total)
  }
  if (balances.size === 0) throw new Error(`no books in ${folder}`)
  return balances
}
