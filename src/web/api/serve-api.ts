/**
 * The HTTP API of a payee for the programs of its shops, under /api/v1. Each route asks one request of the till and answers by a
 * `switch` over its outcomes; what is checked, answered and described comes from the same shapes.
 */
import swagger from '@fastify/swagger'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { type IntentId, parseVoucherNumber, type VoucherNumber } from '../../ids.ts'
import type { Merchant } from '../../merchant/merchant.ts'
import { RevokedMeanwhile } from '../../merchant/till/api-keys.ts'
import type { ApiKey, Authorisation as Authorised, Till } from '../../merchant/till/till.ts'
import type { Asset, Money } from '../../money.ts'
import { Secret } from '../../secret.ts'
import { Refused } from '../server.ts'
import { asksIn, tellFault } from '../traced-requests.ts'
import { untilKnown } from '../until-known.ts'
import { serveGivingBack } from './give-back.ts'
import { keyIntent } from './idempotency.ts'
import { notRedeemed } from './not-redeemed.ts'
import { problem } from './problems.ts'
import { moving, reading } from './routes.ts'
import {
  Authorisation,
  ById,
  Capture,
  NewAuthorisation,
  NewCapture,
  NewPayment,
  Payment,
  Payments,
  PaymentsQuery,
} from './shapes.ts'
import { eventOf, idOf, instantOf, paymentOf, written } from './written.ts'

export interface ApiParts {
  readonly merchant: Merchant
  readonly till: Till
  /** What this payee is paid in. */
  readonly currency: Asset
  readonly url: string
  readonly troubled: (error: unknown) => void
}

const usualHoldSeconds = 604_800
const usualPage = 20

export async function serveApi(app: FastifyInstance, parts: ApiParts): Promise<void> {
  const { till, currency, troubled } = parts
  await app.register(swagger, { openapi: description(parts), hideUntagged: true })

  await app.register(
    async api => {
      api.setErrorHandler((error: FastifyError, request, reply) => {
        if (error instanceof Refused)
          return problem(reply, error.why === 'too-many' ? 'too-many-requests' : 'invalid-request')
        if (error.validation !== undefined) return problem(reply, 'invalid-request', { detail: fault(error) })
        const status = error.statusCode ?? 500
        if (status < 500) return problem(reply, 'invalid-request')
        tellFault(request, error, troubled)
        return problem(reply, 'fault')
      })
      api.setNotFoundHandler((_request, reply) => problem(reply, 'not-found'))

      api.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())

      api.post('/payments', moving('Pay with a voucher, at once', NewPayment, 201, Payment), (request, reply) =>
        asKey(request, reply, async (key, intent) => {
          const { voucher, amount, order } = request.body as Static<typeof NewPayment>
          const redemption = { ...read(voucher, amount, order), key, intent }
          if (isOtherCurrency(request)) return problem(reply, 'amount-refused')
          const paid = await untilKnown(() => till.pay(redemption))
          switch (paid.outcome) {
            case 'paid':
              return reply.code(201).send({
                id: idOf(paid.event),
                ...written(paid.amount),
                reference: paid.reference,
                remaining: Number(paid.remaining.minor),
                ...(order !== undefined && { order }),
              } satisfies Static<typeof Payment>)
            default:
              return notRedeemed(reply, paid)
          }
        }),
      )

      api.post(
        '/authorisations',
        moving('Hold an amount of a voucher', NewAuthorisation, 201, Authorisation),
        (request, reply) =>
          asKey(request, reply, async (key, intent) => {
            const body = request.body as Static<typeof NewAuthorisation>
            const { voucher, amount, order, hold_seconds: seconds = usualHoldSeconds } = body
            const redemption = { ...read(voucher, amount, order), key, intent, holdMs: seconds * 1_000 }
            if (isOtherCurrency(request)) return problem(reply, 'amount-refused')
            const authorised = await untilKnown<Authorised>(() => till.authorise(redemption))
            switch (authorised.outcome) {
              case 'authorised':
                return reply.code(201).send({
                  id: authorised.id,
                  state: 'open',
                  ...written(authorised.amount),
                  captured: 0,
                  reference: authorised.reference,
                  expires_at: instantOf(authorised.expiresAt),
                  remaining: Number(authorised.remaining.minor),
                  ...(order !== undefined && { order }),
                } satisfies Static<typeof Authorisation>)
              default:
                return notRedeemed(reply, authorised)
            }
          }),
      )

      api.get(
        '/authorisations/:id',
        reading('How an authorisation stands', Authorisation, { params: ById }),
        (request, reply) =>
          asReader(request, reply, async key => {
            const { id } = request.params as Static<typeof ById>
            const standing = await till.authorisation({ key, id })
            if (standing === undefined) return problem(reply, 'not-found')
            const { state, amount, captured, reference, expiresAt, order } = standing
            return reply.send({
              ...{ id, state, ...written(amount), captured: Number(captured.minor), reference },
              expires_at: instantOf(expiresAt),
              ...(order !== undefined && { order }),
            } satisfies Static<typeof Authorisation>)
          }),
      )

      api.post(
        '/authorisations/:id/captures',
        moving('Take a part of what is held, or all of it', NewCapture, 201, Capture, ById),
        (request, reply) =>
          asKey(request, reply, async (key, intent) => {
            const { id } = request.params as Static<typeof ById>
            const { amount, final: isLast = false } = request.body as Static<typeof NewCapture>
            const part = amount === undefined ? {} : { amount: money(amount) }
            const captured = await untilKnown(() => till.capture({ key, intent, id, ...part, isLast }))
            switch (captured.outcome) {
              case 'captured':
                return reply.code(201).send({
                  id: idOf(captured.event),
                  authorisation: id,
                  ...written(captured.amount),
                  reference: captured.reference,
                  left: Number(captured.left.minor),
                } satisfies Static<typeof Capture>)
              case 'unknown-authorisation':
                return problem(reply, 'not-found')
              case 'not-open':
                return problem(reply, 'authorisation-closed', { state: captured.state })
              case 'exceeds-authorisation':
                return problem(reply, 'exceeds-authorisation', { left: Number(captured.left.minor) })
              case 'refused-amount':
                return problem(reply, 'amount-refused')
              case 'intent-reused':
                return problem(reply, 'idempotency-key-reused')
              case 'unknown':
                return problem(reply, 'unknown-outcome')
            }
          }),
      )

      api.post(
        '/authorisations/:id/void',
        moving('Free what is held and was not captured', undefined, 204, undefined, ById),
        (request, reply) =>
          asKey(request, reply, async (key, intent) => {
            const { id } = request.params as Static<typeof ById>
            const released = await untilKnown(() => till.release({ key, intent, id }))
            switch (released.outcome) {
              case 'released':
                return reply.code(204).send()
              case 'unknown-authorisation':
                return problem(reply, 'not-found')
              case 'not-open':
                return problem(reply, 'authorisation-closed', { state: released.state })
              case 'intent-reused':
                return problem(reply, 'idempotency-key-reused')
              case 'unknown':
                return problem(reply, 'unknown-outcome')
            }
          }),
      )

      api.get(
        '/payments',
        reading('What was paid to this payee, newest first', Payments, { querystring: PaymentsQuery }),
        (request, reply) =>
          asReader(request, reply, async () => {
            const { limit = `${usualPage}`, before } = request.query as Static<typeof PaymentsQuery>
            const most = Number(limit)
            const made = await till.payments({ limit: most, ...(before !== undefined && { before: eventOf(before) }) })
            const last = made.at(-1)
            return reply.send({
              payments: made.map(paymentOf),
              ...(made.length === most && last && { next: idOf(last.event) }),
            } satisfies Static<typeof Payments>)
          }),
      )

      serveGivingBack(api, { till, asKey, money: minor => money(minor) })
    },
    { prefix: '/api/v1' },
  )

  const money = (minor: number): Money => ({ minor: BigInt(minor), asset: currency })

  const isOtherCurrency = ({ body }: FastifyRequest) => (body as { currency?: string }).currency !== currency.code

  function read(voucher: { number: string; password: string }, amount: number, order: string | undefined) {
    // A number whose check digits do not fit is refused by the till, like one of another payee.
    const number = (parseVoucherNumber(voucher.number) ?? voucher.number) as VoucherNumber
    return {
      number,
      password: new Secret(voucher.password),
      amount: money(amount),
      ...(order !== undefined && { order }),
    }
  }

  async function asReader(
    request: FastifyRequest,
    reply: FastifyReply,
    serve: (key: ApiKey) => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    const [, presented] = /^Bearer (\S{1,200})$/.exec(request.headers.authorization ?? '') ?? []
    const key = presented === undefined ? undefined : await till.identify(new Secret(presented))
    if (key === undefined) return problem(reply, 'not-authenticated')
    try {
      return await serve(key)
    } catch (failure) {
      if (failure instanceof RevokedMeanwhile) return problem(reply, 'not-authenticated')
      throw failure
    }
  }

  function asKey(
    request: FastifyRequest,
    reply: FastifyReply,
    serve: (key: ApiKey, intent: IntentId) => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    return asReader(request, reply, async key => {
      const intent = keyIntent(request.headers['idempotency-key'])
      if (intent === undefined) return problem(reply, 'idempotency-key-missing')
      asksIn(request, intent)
      return serve(key, intent)
    })
  }
}

/** Where a request departs from its shape, never what was in it. */
function fault({ validation, validationContext }: FastifyError): string {
  const [first] = validation ?? []
  return `${validationContext}${first?.instancePath ?? ''} ${first?.message ?? ''}`.trim()
}

function description({ merchant, url }: ApiParts) {
  return {
    openapi: '3.1.0',
    info: {
      title: `${merchant.name.en}: payments with vouchers`,
      version: '1',
      description: 'For the programs of this payee’s shops. Amounts are integers in minor units.',
    },
    servers: [{ url }],
    tags: [{ name: 'till' }],
    components: { securitySchemes: { key: { type: 'http' as const, scheme: 'bearer' } } },
  }
}
