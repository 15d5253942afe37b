/**
 * Six digits by which a caller quotes a payment. They do not count up, so that a reference does not tell how much
 * business a shop does, and they come again only after a million payments.
 */

const references = 1_000_000n

/** Odd and no multiple of 5, so that multiplying by it permutes 0 … 999,999; near 10⁶ ÷ golden ratio, so it scatters. */
const stride = 618_033n

/** The reference of an institution's `sequence`-th payment; `offset` is the institution's own, drawn once. */
export function referenceOf(sequence: bigint, offset: bigint): string {
  const scattered = (sequence * stride + offset) % references
  return scattered.toString().padStart(6, '0')
}
