/** An institution that answers one kind of request as it seldom does: too busy, sold out to the last, an account just closed. */

export function answering<I extends object>(institution: I, method: keyof I, result: unknown): I {
  return new Proxy(institution, {
    get: (target, name) => (name === method ? async () => result : Reflect.get(target, name)),
  })
}
