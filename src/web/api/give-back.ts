/** What goes back: payments, whole or in part, and what is left of a voucher that its payer ends. */
import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { parseVoucherNumber, type VoucherNumber } from '../../ids.ts'
import type { Till } from '../../merchant/till/till.ts'
import type { Money } from '../../money.ts'
import { Secret } from '../../secret.ts'
import { untilKnown } from '../until-known.ts'
import { notRedeemed } from './not-redeemed.ts'
import { problem } from './problems.ts'
import { type AsKey, moving } from './routes.ts'
import { ById, NewRefund, NewTermination, Refund, Termination } from './shapes.ts'
import { eventOf, written } from './written.ts'

interface Parts {
  readonly till: Till
  readonly asKey: AsKey
  readonly money: (minor: number) => Money
}

export function serveGivingBack(api: FastifyInstance, { till, asKey, money }: Parts): void {
  api.post(
    '/payments/:id/refunds',
    moving('Give a payment back, whole or in part', NewRefund, 201, Refund, ById),
    (request, reply) =>
      asKey(request, reply, async (key, intent) => {
        const { id } = request.params as Static<typeof ById>
        const { amount, reason } = request.body as Static<typeof NewRefund>
        const part = amount === undefined ? undefined : money(amount)
        const returned = await untilKnown(() =>
          till.giveBack({ key, intent, event: eventOf(id), amount: part, reason }),
        )
        switch (returned.outcome) {
          case 'given-back': {
            const { to, reference } = returned
            return reply
              .code(201)
              .send({ payment: id, ...written(returned.amount), reference, to } satisfies Static<typeof Refund>)
          }
          case 'unknown-payment':
            return problem(reply, 'not-found')
          case 'exceeds-payment':
            return problem(reply, 'exceeds-payment', { left: Number(returned.left.minor) })
          case 'not-before-cut-off':
            return problem(reply, 'not-before-cut-off')
          case 'refused-amount':
            return problem(reply, 'amount-refused')
          case 'intent-reused':
            return problem(reply, 'idempotency-key-reused')
          case 'unknown':
            return problem(reply, 'unknown-outcome')
        }
      }),
  )

  api.post('/terminations', moving('End a voucher', NewTermination, 201, Termination), (request, reply) =>
    asKey(request, reply, async (key, intent) => {
      const { voucher } = request.body as Static<typeof NewTermination>
      // A number whose check digits do not fit is refused by the till, like one of another payee.
      const number = (parseVoucherNumber(voucher.number) ?? voucher.number) as VoucherNumber
      const password = new Secret(voucher.password)
      const ended = await untilKnown(() => till.end({ key, intent, number, password }))
      switch (ended.outcome) {
        case 'ended': {
          const { amount, reference } = ended
          return reply.code(201).send({ ...written(amount), reference } satisfies Static<typeof Termination>)
        }
        case 'nothing-left':
          return problem(reply, 'voucher-exhausted')
        case 'not-now':
          return problem(reply, 'not-now')
        default:
          return notRedeemed(reply, ended)
      }
    }),
  )
}
