/** An institution that answers one kind of request as it seldom does: too busy, sold out to the last, an account just closed. */

/** `after`: so many requests of the kind are served as usual. */
export function answering<I extends object>(
  institution: I,
  method: keyof I,
  result: unknown,
  { after = 0 }: { after?: number } = {},
): I {
  let served = 0
  return new Proxy(institution, {
    get: (target, name) => (name === method && served++ >= after ? async () => result : Reflect.get(target, name)),
  })
}
