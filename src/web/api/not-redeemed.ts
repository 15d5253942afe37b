/** Why a voucher was not opened, or not redeemed, as a program is told. */
import type { FastifyReply } from 'fastify'
import type { NotOpened, NotRedeemed } from '../../merchant/till/till.ts'
import { problem } from './problems.ts'

export function notRedeemed(
  reply: FastifyReply,
  refusal: NotOpened | NotRedeemed | { readonly outcome: 'unknown' },
): FastifyReply {
  switch (refusal.outcome) {
    case 'bad-number':
      return problem(reply, 'voucher-number')
    case 'refused':
      return problem(reply, 'voucher-refused')
    case 'under-review':
      return problem(reply, 'voucher-under-review')
    case 'exhausted':
      return problem(reply, 'voucher-exhausted')
    case 'terminated':
      return problem(reply, 'voucher-terminated')
    case 'busy':
      return problem(reply, 'busy')
    case 'insufficient-value':
      return problem(reply, 'insufficient-value', { remaining: Number(refusal.remaining.minor) })
    case 'refused-amount':
      return problem(reply, 'amount-refused')
    case 'order-paid':
      return problem(reply, 'order-paid', { reference: refusal.reference })
    case 'intent-reused':
      return problem(reply, 'idempotency-key-reused')
    case 'unknown':
      return problem(reply, 'unknown-outcome')
  }
}
