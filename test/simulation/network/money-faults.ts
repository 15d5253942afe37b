/**
 * Faults that the code of the money could have. The stories find every one of them by what must hold in the end: they know none
 * of them.
 */
import { bankFaults } from './bank-faults.ts'
import type { Fault } from './copies.ts'
import { payeeFaults } from './payee-faults.ts'

export const moneyFaults: readonly Fault[] = [...bankFaults, ...payeeFaults]
