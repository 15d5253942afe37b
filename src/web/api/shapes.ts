/** The shapes of the API: each is what a request is checked by, what an answer is written by, and what the OpenAPI document says. */
import Type from 'typebox'

const amount = Type.Integer({
  minimum: 1,
  maximum: 999_999_999_999_999,
  description: 'in minor units: 3250 is ¥32.50',
})
const currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' })
const order = Type.String({
  pattern: '^[\\w.:#/-]{1,64}$',
  description: "the shop's own name for what is paid; an order is paid once",
})
const reference = Type.String({ description: 'six digits that the payer is told' })
const instant = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' })
const closed = { additionalProperties: false }

/** Number and password go in the body: an address ends up in logs and histories. */
const Voucher = Type.Object(
  {
    number: Type.String({ pattern: '^\\d{12,24}$', description: 'digits only' }),
    password: Type.String({ pattern: '^\\d{8,12}$' }),
  },
  closed,
)

const redemption = {
  voucher: Voucher,
  amount,
  currency,
  order: Type.Optional(order),
}

export const NewPayment = Type.Object(redemption, { ...closed, title: 'NewPayment' })

export const NewAuthorisation = Type.Object(
  {
    ...redemption,
    hold_seconds: Type.Optional(
      Type.Integer({ minimum: 60, maximum: 2_592_000, default: 604_800, description: 'how long it stands' }),
    ),
  },
  { ...closed, title: 'NewAuthorisation' },
)

export const NewCapture = Type.Object(
  {
    amount: Type.Optional(amount),
    final: Type.Optional(Type.Boolean({ default: false, description: 'frees what is left' })),
  },
  { ...closed, title: 'NewCapture', description: 'without an amount, all that is left' },
)

export const Payment = Type.Object(
  {
    id: Type.String(),
    amount,
    currency,
    reference,
    remaining: Type.Integer({ description: 'left on the voucher' }),
    order: Type.Optional(order),
  },
  { title: 'Payment' },
)

export const MadePayment = Type.Object(
  {
    id: Type.String(),
    at: instant,
    amount,
    currency,
    reference,
    voucher_ending: Type.String({ description: "the last four digits of the voucher's number" }),
    order: Type.Optional(order),
  },
  { title: 'MadePayment' },
)

export const Payments = Type.Object(
  {
    payments: Type.Array(MadePayment),
    next: Type.Optional(Type.String({ description: '`before` of the next page' })),
  },
  { title: 'Payments' },
)

export const Authorisation = Type.Object(
  {
    id: Type.String(),
    state: Type.Enum(['open', 'captured', 'released', 'expired']),
    amount,
    captured: Type.Integer({ minimum: 0 }),
    currency,
    reference,
    expires_at: instant,
    remaining: Type.Optional(Type.Integer({ description: 'left on the voucher, when it was authorised' })),
    order: Type.Optional(order),
  },
  { title: 'Authorisation' },
)

export const Capture = Type.Object(
  {
    id: Type.String(),
    authorisation: Type.String(),
    amount,
    currency,
    reference,
    left: Type.Integer({ description: 'still held' }),
  },
  { title: 'Capture' },
)

export const NewRefund = Type.Object(
  {
    amount: Type.Optional(amount),
    reason: Type.String({ minLength: 1, maxLength: 200, description: 'kept with it' }),
  },
  { ...closed, title: 'NewRefund', description: 'without an amount, all that was not given back yet' },
)

export const Refund = Type.Object(
  {
    payment: Type.String(),
    amount,
    currency,
    reference,
    to: Type.Enum(['voucher', 'account'], {
      description: 'back on the voucher at once, or on its way to the account that bought it',
    }),
  },
  { title: 'Refund' },
)

export const NewTermination = Type.Object({ voucher: Voucher }, { ...closed, title: 'NewTermination' })

export const Termination = Type.Object(
  { amount, currency, reference },
  { title: 'Termination', description: 'what was left goes to the account that bought the voucher' },
)

export const ById = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{32}$' }) })

export const PaymentsQuery = Type.Object(
  {
    limit: Type.Optional(Type.String({ pattern: '^[1-9]\\d?$|^100$', default: '20' })),
    before: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
  },
  closed,
)
