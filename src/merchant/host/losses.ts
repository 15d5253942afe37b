/** What a host does when its books went back in time: for every payee at once, as they have one database. */
import { z } from 'zod'
import { type InstitutionId, voucherNumberShape } from '../../ids.ts'
import type { Kind } from '../../institution/decisions.ts'
import { lossDecisions } from '../../institution/recovery-loss.ts'
import type { Tx } from '../../store/store.ts'
import { followBalance } from '../payment.ts'
import { registered } from '../register.ts'
import type { Payees } from './payees.ts'

/** Every voucher that was sold by then stays closed until two people have looked at it, whichever payee's it is. */
export async function noteLostVouchers(tx: Tx, host: InstitutionId): Promise<void> {
  await tx.run(
    `INSERT INTO recovery_account (tenant, epoch, account)
     SELECT recovery.tenant, recovery.epoch, 'voucher-liability:' || voucher.number
     FROM recovery JOIN hosted_payee AS hosted ON hosted.tenant = recovery.tenant
     JOIN voucher ON voucher.tenant = hosted.payee AND voucher.sale IS NOT NULL
     WHERE recovery.tenant = ? AND released_at IS NULL ON CONFLICT DO NOTHING`,
    host,
  )
}

const ofVoucher = z.looseObject({ of: z.strictObject({ voucher: voucherNumberShape }) })

/** `book-loss`, in the books of the payee whose voucher it is. */
export function hostLosses(payees: Payees): Readonly<Record<string, Kind>> {
  return {
    'book-loss': {
      roles: ['officer'],
      carryOut: async (tx, by, at, drawn) => {
        const { voucher } = ofVoucher.parse(by.request).of
        for (const { shop } of payees.all) {
          const { config, chain, calendar } = shop
          if ((await registered(tx, config.id, voucher)) === undefined) continue
          const { 'book-loss': kind } = lossDecisions({
            ...{ tenant: config.id, chain, calendar, currency: config.currency },
            booked: (tx, account) => followBalance(tx, shop, account),
          })
          if (kind !== undefined) return kind.carryOut(tx, by, at, drawn)
        }
        return { done: false, outcome: 'unknown-account' }
      },
    },
  }
}
