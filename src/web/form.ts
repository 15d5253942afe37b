/** What was sent with a form or stands behind a `?`: each field at most once, as text. Secrets come out as `Secret` only. */
import { Secret } from '../secret.ts'

export class Form {
  readonly #fields: URLSearchParams

  constructor(text: string) {
    this.#fields = new URLSearchParams(text)
  }

  /** Without what stands around it; empty when it was not sent, or twice. */
  text(name: string): string {
    const values = this.#fields.getAll(name)
    return values.length === 1 ? (values[0] ?? '').trim() : ''
  }

  /** Digits as people write them down: groups of four, dashes and spaces are no mistake. */
  digits(name: string): string {
    return this.text(name)
      .normalize('NFKC')
      .replace(/[\s\-–.·]/g, '')
  }

  secret(name: string): Secret {
    return new Secret(this.digits(name))
  }
}
