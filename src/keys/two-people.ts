/**
 * The rule of two: what one person alone must not do (a deposit, a counterparty's keys) is done by a maker and confirmed by
 * a checker. Nobody becomes a second person by typing their own name in another way, or none.
 */
export function areTwoPeople(maker: string, checker: string): boolean {
  const [one, two] = [plainName(maker), plainName(checker)]
  return one !== '' && two !== '' && one !== two
}

/** Compatibility forms (NFKC) of letters count as the letter: full-width `Ｍｅｉ` is `mei`. */
function plainName(name: string): string {
  return name.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase()
}
