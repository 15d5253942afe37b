/**
 * The register of voucher records as one reads it: who made a voucher worth something, and whether it still is.
 *
 *     1 print                                  ──▶ issued
 *     2 activation     issued                  ──▶ active              its bank has sold it
 *     3 payment        active, locked, closed  ──▶ exhausted           the last of its value was paid, in an open session
 *     4 wrong tries    active                  ──▶ locked              the third password; closed, if 5 came first
 *     5 wrong tries    locked                  ──▶ identity required   the third backup password: closed
 *     6 unlocking      locked                  ──▶ active              its backup password was right
 *     7 the bank's word active, locked, closed ──▶ closed, or locked    lost, or identity shown (`notices.ts`)
 *     8 termination    active, locked, closed  ──▶ terminated          ended by its holder, in an open session
 *     9 its bank leaves issued                 ──▶ issued              withdrawn: sold by nobody, for ever (`withdrawal.ts`)
 *
 * In any other state tries change nothing. A voucher whose password still opens it stays active when its backup password
 * runs out of tries: who guesses at the one does not take away the other.
 */
import type { InstitutionId, VoucherNumber } from '../ids.ts'
import type { ReadTx } from '../store/store.ts'
import type { Dead } from './merchant.ts'
import type { OpenSession } from './sessions.ts'
import type { Shop } from './shop.ts'

export type VoucherState = 'issued' | 'active' | 'locked' | 'identity required' | 'exhausted' | 'terminated'

export type Registered = {
  readonly bank: InstitutionId
  readonly batch: string
  readonly serial: bigint
  readonly state: VoucherState
  readonly generation: bigint
  readonly password: string
  readonly backup: string
  readonly reveal: string
  readonly revealable: string
  readonly sale: string | null
}

export function registered(tx: ReadTx, tenant: InstitutionId, number: VoucherNumber): Promise<Registered | undefined> {
  return tx.one<Registered>(
    `SELECT bank, batch, serial, state, generation, password, backup, reveal, revealable, sale
     FROM voucher WHERE tenant = ? AND number = ?`,
    tenant,
    number,
  )
}

/** Why a right secret of the voucher is of no use any more. */
export function deadAs(state: VoucherState): Dead | undefined {
  return state === 'exhausted' || state === 'terminated' ? { outcome: state } : undefined
}

/** Undefined when the session's voucher has another password since, or has ended. */
export async function inSession(tx: ReadTx, shop: Shop, session: OpenSession): Promise<Registered | undefined> {
  const record = await registered(tx, shop.config.id, session.number)
  return record?.generation === session.generation && record.state !== 'terminated' ? record : undefined
}
