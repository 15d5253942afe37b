/**
 * Long work in steps of a few milliseconds, between which others can have the processor: a generator that yields after each. Whoever runs the steps
 * lets no other work on the same things begin before the last.
 */
export type Steps<T> = Generator<void, T>

/** All steps at once. */
export function inOneGo<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
