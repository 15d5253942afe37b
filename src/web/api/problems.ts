/** What a program is told when something was not done: RFC 9457, by a code that stays the same for ever. */
import type { FastifyReply } from 'fastify'
import Type, { type Static } from 'typebox'

/** Each code with its HTTP status and what it says in English. Programs read `code`, people `detail`. */
export const problems = {
  'invalid-request': [400, 'The request does not have the form that the API describes.'],
  'idempotency-key-missing': [
    400,
    'Every request that moves money needs a header Idempotency-Key, of 1 to 255 characters.',
  ],
  'not-authenticated': [401, 'The header Authorization names no API key that may be used.'],
  'not-found': [404, 'There is no such thing for this API key.'],
  'order-paid': [409, 'This order was paid before.'],
  'authorisation-closed': [409, 'The authorisation was captured, released or has expired.'],
  'not-before-cut-off': [
    409,
    'Its voucher is used up or was ended: ask again after the cut-off, and it goes to the account that bought it.',
  ],
  'not-now': [409, 'Something of this voucher is held. Capture or void it first.'],
  'voucher-number': [422, 'The voucher number has a mistake in it: two digits changed places, or one is wrong.'],
  'voucher-refused': [422, 'This voucher number is not accepted with this password.'],
  'voucher-exhausted': [422, 'Nothing is left on this voucher.'],
  'voucher-terminated': [422, 'This voucher was ended.'],
  'voucher-under-review': [422, 'This voucher waits until the payee has looked into an interruption of its books.'],
  'insufficient-value': [422, 'Less is left on this voucher than was asked for.'],
  'amount-refused': [422, 'This amount cannot be paid here.'],
  'exceeds-authorisation': [422, 'Less is left of the authorisation than was asked for.'],
  'exceeds-payment': [422, 'Less is left of the payment than was to be given back.'],
  'idempotency-key-reused': [422, 'This Idempotency-Key was used for another request.'],
  busy: [429, 'This cannot be checked just now. Ask again in a moment, with the same Idempotency-Key.'],
  'too-many-requests': [429, 'Too many requests came from this API key or address.'],
  fault: [500, 'Something is wrong on our side. Ask again with the same Idempotency-Key: nothing is done twice.'],
  'unknown-outcome': [
    503,
    'It is not known yet whether this was done. Ask again with the same Idempotency-Key: nothing is done twice.',
  ],
} as const

export type ProblemCode = keyof typeof problems

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:tonebank:problem: and the code' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.Enum(Object.keys(problems) as ProblemCode[]),
    detail: Type.Optional(Type.String({ description: 'what is wrong with the form of a request' })),
    remaining: Type.Optional(Type.Integer({ description: 'what is left on the voucher, in minor units' })),
    left: Type.Optional(
      Type.Integer({ description: 'what is left of the authorisation or the payment, in minor units' }),
    ),
    state: Type.Optional(Type.String({ description: 'how the authorisation stands' })),
    reference: Type.Optional(Type.String({ description: 'of the payment by which the order was paid' })),
  },
  { title: 'Problem' },
)

type More = Partial<Pick<Static<typeof Problem>, 'detail' | 'remaining' | 'left' | 'state' | 'reference'>>

export function problem(reply: FastifyReply, code: ProblemCode, more: More = {}): FastifyReply {
  const [status, title] = problems[code]
  if (status === 429) reply.header('retry-after', '2')
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="tonebank"')
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: `urn:tonebank:problem:${code}`, title, status, code, ...more })
}
