/**
 * Six digits by which a caller quotes a payment. They do not count up, so that a reference does not tell how much
 * business an institution does, and they come again only after a million payments.
 */
import type { InstitutionId } from '../ids.ts'
import type { Migration } from '../store/migrations.ts'
import type { Tx } from '../store/store.ts'

export const referenceMigrations: readonly Migration[] = [
  {
    room: 'reference',
    number: 1,
    sql: `
      CREATE TABLE reference_counter (
        tenant TEXT PRIMARY KEY REFERENCES institution (tenant),
        used INTEGER NOT NULL CHECK (used >= 0)
      ) STRICT`,
  },
]

const references = 1_000_000n

/** Neither even nor a multiple of 5, so that multiplying by it permutes 0 … 999,999; near 10⁶ ÷ golden ratio, so it scatters. */
const stride = 618_033n

/** The tenant's next reference. */
export async function nextReference(tx: Tx, tenant: InstitutionId): Promise<string> {
  const [counter] = await tx.all<{ used: bigint }>(
    `INSERT INTO reference_counter (tenant, used) VALUES (?, 1)
     ON CONFLICT (tenant) DO UPDATE SET used = used + 1 RETURNING used`,
    tenant,
  )
  if (counter === undefined) throw new Error('the counter gave no reference')
  return referenceOf(counter.used)
}

export function referenceOf(sequence: bigint): string {
  return ((sequence * stride) % references).toString().padStart(6, '0')
}
