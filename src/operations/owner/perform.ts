/** Carries an operation out, the same in the owner's process and in the command's own: checks the request, then does it. */
import { CannotDo } from '../cannot-do.ts'
import type { AnyOperation, OtherEnd } from './operation.ts'

/** By kind, each of the type that the contract gives it; `HandlersOf` checks that where they are made. */
export type Handlers = Readonly<
  Record<string, ((request: never, asker: OtherEnd<never, never>) => Promise<unknown>) | undefined>
>

/** @throws CannotDo when this institution offers no such operation, or the request is not in its form. */
export async function perform(
  contract: Readonly<Record<string, AnyOperation>>,
  handlers: Handlers,
  kind: string,
  request: unknown,
  asker: OtherEnd<unknown, unknown>,
): Promise<unknown> {
  const operation = Object.hasOwn(contract, kind) ? contract[kind] : undefined
  const handler = Object.hasOwn(handlers, kind) ? handlers[kind] : undefined
  if (operation === undefined || handler === undefined) throw new CannotDo(`this institution cannot do that: ${kind}`)
  const parsed = operation.request.safeParse(request)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new CannotDo(`${kind}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'not in its form'}`)
  }
  const { fromCaller } = operation
  return handler(parsed.data as never, {
    tell: message => asker.tell(message),
    listen: listener =>
      asker.listen({
        // What is not in its form was not said: a conversation goes on without it.
        heard: message => {
          const said = fromCaller?.safeParse(message)
          if (said?.success) listener.heard(said.data as never)
        },
        gone: () => listener.gone(),
      }),
  })
}
