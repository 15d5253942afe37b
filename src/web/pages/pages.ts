/** Every page of a payee, in the order in which a payer meets them. */
import type { Page } from '../page.ts'
import { confirmPayment } from './confirm-payment.ts'
import { leave } from './leave.ts'
import { openVoucher } from './open-voucher.ts'
import { paid } from './paid.ts'
import { pay } from './pay.ts'
import { voucher } from './voucher.ts'

export const pages: readonly Page[] = [openVoucher, voucher, pay, confirmPayment, paid, leave]
