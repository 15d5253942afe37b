/** Opens one institution of the demonstration, and finds the call script of each line it answers. */
import { demoInstitutions } from '../demo/institutions.ts'
import { lines } from '../dialplan/lines.ts'
import { bankLine } from '../ivr/bank/bank-line.ts'
import { merchantLine } from '../ivr/merchant/merchant-line.ts'
import { bankIdentities } from '../src/bank/audit.ts'
import { start as startBank } from '../src/bank/start.ts'
import type { Identity } from '../src/ledger/audit/audit.ts'
import type { Transports } from '../src/mail/transport.ts'
import { merchantIdentities } from '../src/merchant/audit.ts'
import { start as startMerchant } from '../src/merchant/start.ts'
import type { Contract } from '../src/operations/owner/contract.ts'
import type { HandlersOf } from '../src/operations/owner/operation.ts'
import type { CallScript } from '../src/phone/serve-call.ts'
import type { Runtime } from '../src/runtime.ts'

export interface OpenInstitution {
  /** By the name of the line in the dialplan. */
  readonly scripts: Readonly<Record<string, CallScript>>
  /** What commands may ask of it. */
  readonly handlers: HandlersOf<Contract>
  close(): Promise<void>
}

export const institutionIds = demoInstitutions.map(({ settings }) => settings.id)

export async function openInstitution(
  id: string,
  folder: string,
  runtime: Runtime,
  transports: Transports,
  troubled: (error: unknown) => void,
): Promise<OpenInstitution> {
  const known = demoInstitutions.find(({ settings }) => settings.id === id)
  const about = async () => ({ institution: id, kind: known?.kind ?? 'unknown', pid: process.pid })
  switch (known?.kind) {
    case 'bank': {
      const { bank, close } = await startBank({ ...known.settings, folder }, runtime, transports, troubled)
      return { scripts: { bank: call => bankLine(call, bank) }, handlers: { about }, close }
    }
    case 'merchant': {
      const { merchant, close } = await startMerchant({ ...known.settings, folder }, runtime, transports, troubled)
      return { scripts: { merchant: call => merchantLine(call, merchant) }, handlers: { about }, close }
    }
    case undefined:
      throw new Error(`no institution ${id}; there are ${institutionIds.join(' and ')}`)
  }
}

/** The rules of its business that an audit checks beside those of every ledger. */
export function identitiesOf(id: string): readonly Identity[] {
  const kind = demoInstitutions.find(({ settings }) => settings.id === id)?.kind
  return kind === 'bank' ? bankIdentities : merchantIdentities
}

/** Which line a number rings. Throws with the numbers that there are. */
export function lineOf(number: string): (typeof lines)[number] {
  const line = lines.find(each => each.number === number)
  if (line) return line
  throw new Error(`nobody has the number ${number}; there are ${lines.map(each => each.number).join(' and ')}`)
}
