/**
 * A value that must never be seen by accident: a PIN, a password, a key. It prints as `•••` wherever it is logged,
 * concatenated, inspected or serialised; only `reveal` gives it up, and only the codec takes it across a thread.
 */

const mask = '•••'

/** What Node's `inspect` asks an object for. It is a registered symbol, so that a browser needs no module of Node's for it. */
const inspected = Symbol.for('nodejs.util.inspect.custom')

export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself. Every caller of this is a place that a security review reads. */
  reveal(): string {
    return this.#value
  }

  get length(): number {
    return this.#value.length
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  [inspected](): string {
    return mask
  }
}

/** What a `Secret` looks like on its way to another thread. Never written to a file or a log. */
export interface SealedSecret {
  readonly $secret: string
}

export const secretCodec = {
  encode: (secret: Secret): SealedSecret => ({ $secret: secret.reveal() }),
  decode: (sealed: SealedSecret): Secret => new Secret(sealed.$secret),
}
