/**
 * Answers that were given lately, by the digest of the bytes that they answer. Who plays an envelope back gets the same
 * answer for the price of one hash: nothing is verified, decrypted or decoded again. Bounded in number and in bytes.
 */
import { createHash } from 'node:crypto'

const mostAnswers = 1_024
const mostBytes = 4 << 20

interface Given {
  readonly answer: Promise<Uint8Array>
  /** 0 until it is known. */
  size: number
}

export class GivenAnswers {
  /** The order of a Map is the order of insertion: the first is the oldest. */
  readonly #given = new Map<string, Given>()
  #bytes = 0

  /** The answer that these bytes got before, or the one that `make` gives now. A failed one is not kept. */
  answerTo(bytes: Uint8Array, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const digest = createHash('sha256').update(bytes).digest('base64')
    const before = this.#given.get(digest)
    if (before) return before.answer
    const given: Given = { answer: make(), size: 0 }
    this.#given.set(digest, given)
    given.answer.then(
      answer => {
        if (this.#given.get(digest) !== given) return
        given.size = answer.length
        this.#bytes += answer.length
        this.#forgetOldest()
      },
      () => {
        if (this.#given.get(digest) === given) this.#given.delete(digest)
      },
    )
    return given.answer
  }

  #forgetOldest(): void {
    for (const [digest, { size }] of this.#given) {
      if (this.#given.size <= mostAnswers && this.#bytes <= mostBytes) return
      this.#given.delete(digest)
      this.#bytes -= size
    }
  }
}
