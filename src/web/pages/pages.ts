/** Every page of a payee, in the order in which a payer meets them. */
import type { Page } from '../page.ts'
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

export const pages: readonly Page[] = [
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
