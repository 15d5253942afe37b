/** Receivers as the directory of terminals lists them: those that collect now and have said by which number and key they are known. */
import { type InstitutionNumber, parseInstitutionNumber } from '../../card/numbers.ts'
import type { Payee } from '../../card/order.ts'
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'

interface AdmittedInstitution {
  readonly number: InstitutionNumber
  readonly id: InstitutionId
  readonly answerKey: Uint8Array
  readonly answerKeyId: number
  readonly payee: Payee
}

export async function admittedInstitutions(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
): Promise<readonly AdmittedInstitution[]> {
  const rows = await tx.all<{
    receiver: InstitutionId
    number: bigint
    key: Uint8Array
    key_number: bigint
    payee_bank: InstitutionId
    payee_account: AccountNumber
    payee_name: string
  }>(
    `SELECT receiver, number, key, key_number, payee_bank, payee_account, payee_name
     FROM admitted_receiver JOIN card_receiver USING (tenant, receiver)
     WHERE tenant = ? AND dismissed_by IS NULL ORDER BY number`,
    config.id,
  )
  return rows.flatMap(row => {
    const number = parseInstitutionNumber(Number(row.number))
    const payee = { bank: row.payee_bank, account: row.payee_account, name: row.payee_name }
    const key = { answerKey: row.key, answerKeyId: Number(row.key_number) }
    return number === undefined ? [] : [{ number, id: row.receiver, ...key, payee }]
  })
}
