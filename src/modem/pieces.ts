/**
 * Work that is done a piece at a time, for who has to do other things meanwhile: a generator that rests between two pieces of a few
 * milliseconds and returns what all of it came to. It may be left for any time, and goes on where it was.
 */
export type Pieces<T> = Generator<void, T, void>

/** All of it at once. */
export function whole<T>(pieces: Pieces<T>): T {
  for (;;) {
    const piece = pieces.next()
    if (piece.done === true) return piece.value
  }
}
