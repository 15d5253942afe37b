/** Every page of a payee, in the order in which a payer meets them. */
import type { Merchant, VoucherSession } from '../../merchant/merchant.ts'
import type { Page, Visit } from '../page.ts'
import type { Site } from '../serve-pages.ts'
import { changePassword } from './change-password.ts'
import { confirmPayment } from './confirm-payment.ts'
import { end } from './end.ts'
import { forgotPassword } from './forgot-password.ts'
import { leave } from './leave.ts'
import { openVoucher } from './open-voucher.ts'
import { order } from './order.ts'
import { paid } from './paid.ts'
import { pay } from './pay.ts'
import { unlock } from './unlock.ts'
import { voucher } from './voucher.ts'

const pages: readonly Page[] = [
  openVoucher,
  forgotPassword,
  unlock,
  voucher,
  pay,
  confirmPayment,
  paid,
  order,
  changePassword,
  end,
  leave,
]

/** Whoever does nothing for so long opens the voucher again; a call lasts no longer than the other. */
const sessions = { idleMs: 600_000, longestMs: 7_200_000 }

export function payeeSite(merchant: Merchant): Site<VoucherSession, Visit> {
  return {
    house: merchant.name,
    label: 'page.strip.payee',
    foot: 'page.foot',
    timeZone: merchant.timeZone,
    pages,
    sessions,
    isOpen: async (session, how) => how === 'sent' || merchant.isOpen(session),
    visitOf: visit => ({ ...visit, merchant }),
  }
}
