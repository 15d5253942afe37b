/**
 * One kind of request to the process that owns an institution. `contract.ts` lists them all; a handler carries one out, in
 * the owner's process or in the command's own, where nobody owns the institution.
 */
import type { z } from 'zod'

/** `outcome` and `toCaller` are for the compiler only: both ends are one program, and the version is compared first. */
export interface Operation<Request, Outcome, FromCaller = never, ToCaller = never> {
  readonly request: z.ZodType<Request>
  /** What the caller sends while the operation is under way, where it is a conversation. */
  readonly fromCaller?: z.ZodType<FromCaller>
  /** How long the caller waits for the outcome; undefined for a conversation, which lasts as long as people talk. */
  readonly deadlineMs: number | undefined
  readonly outcome?: Outcome
  readonly toCaller?: ToCaller
}

/** Any operation, where it does not matter which. */
export type AnyOperation = Operation<unknown, unknown, unknown, unknown>

/** How long an operation that only reads and writes rows may take, a busy machine's queue included. */
const usualDeadlineMs = 30_000

/** A request with one answer: `request<Outcome>()(schema)`. */
export function request<Outcome>() {
  return <Request>(schema: z.ZodType<Request>): Operation<Request, Outcome> => ({
    request: schema,
    deadlineMs: usualDeadlineMs,
  })
}

/** A request during which both sides send messages, such as a call: `conversation<Outcome, ToCaller>()(schema, fromCaller)`. */
export function conversation<Outcome, ToCaller>() {
  return <Request, FromCaller>(
    schema: z.ZodType<Request>,
    fromCaller: z.ZodType<FromCaller>,
  ): Operation<Request, Outcome, FromCaller, ToCaller> => ({ request: schema, fromCaller, deadlineMs: undefined })
}

/** The other end of an operation, as its handler sees it. */
export interface OtherEnd<FromCaller, ToCaller> {
  tell(message: ToCaller): void
  /** What was sent before is heard at once. `gone`: nobody waits for the outcome any more. */
  listen(listener: { heard(message: FromCaller): void; gone(): void }): void
}

export type RequestOf<O> = O extends { readonly request: z.ZodType<infer Request> } ? Request : never
export type OutcomeOf<O> = O extends { readonly outcome?: infer Outcome } ? NonNullable<Outcome> : never
export type FromCallerOf<O> = O extends { readonly fromCaller?: z.ZodType<infer From> } ? From : never
export type ToCallerOf<O> = O extends { readonly toCaller?: infer To } ? NonNullable<To> : never

/** A business refusal is an outcome; what a handler throws is a fault, or `CannotDo` with what to do instead. */
export type HandlerOf<O> = (
  request: RequestOf<O>,
  asker: OtherEnd<FromCallerOf<O>, ToCallerOf<O>>,
) => Promise<OutcomeOf<O>>

/** The operations of a contract that an institution offers: a merchant has no customers, for instance. */
export type HandlersOf<Contract> = { readonly [Kind in keyof Contract]?: HandlerOf<Contract[Kind]> }
