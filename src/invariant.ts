/**
 * Assertions that stay in production: what must hold whatever comes in. One that does not hold is a mistake of the program, and
 * nothing may be written after it: it is thrown inside the command, of which then nothing remains, and whoever asked for it
 * hears of a fault. A refusal is not one of these: it is an outcome.
 */

export class InvariantBroken extends Error {
  constructor(what: string, of: string | bigint | undefined) {
    super(of === undefined ? what : `${what}: ${of}`)
    this.name = 'InvariantBroken'
  }
}

/**
 * `what` says what is wrong, and is a constant: the text is put together only when it is. `of`: which one; never a secret, nor what a caller keyed.
 * @throws InvariantBroken
 */
export function invariant(holds: boolean, what: string, of?: string | bigint): asserts holds {
  if (!holds) throw new InvariantBroken(what, of)
}

/**
 * One step of a state diagram as an UPDATE that names the state it leaves: `rows` is what it changed. No row, and the step was
 * not allowed there. @throws InvariantBroken
 */
export function steppedOnce(rows: bigint, step: string, of?: string | bigint): void {
  if (rows !== 1n) throw new InvariantBroken(step, of)
}
