/** What of care does not go together with the rest of an installation's file: clerks have telephones of it, each one institution's. */
import type { CareConfig } from '../../institution/care.ts'

interface Caring {
  readonly id: string
  readonly care?: CareConfig | undefined
}

interface Accounts {
  readonly phones: readonly string[]
  readonly networkPhones: readonly string[]
}

/** @param complain `path` begins at the institutions of the file */
export function complainOfCare(
  { phones, networkPhones }: Accounts,
  institutions: readonly Caring[],
  complain: (message: string, ...path: (string | number)[]) => void,
): void {
  const accounts = new Set([...phones, ...networkPhones])
  const taken = new Map<string, string>()
  for (const [i, { id, care }] of institutions.entries()) {
    for (const [j, clerk] of (care?.clerks ?? []).entries()) {
      const at = [i, 'care', 'clerks', j] as const
      const other = taken.get(clerk)
      if (!accounts.has(clerk)) complain(`${clerk} is neither in asterisk.phones nor in asterisk.networkPhones`, ...at)
      if (other !== undefined) complain(`${clerk} is a clerk of ${other} already`, ...at)
      taken.set(clerk, id)
    }
  }
}
