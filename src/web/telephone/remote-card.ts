/// <reference lib="dom" />
/** A card that lies in a reader of this page's server: its commands go there and its answers come back, byte for byte. */
import { fromHex, toHex } from '../../bytes.ts'
import { type Absence, CardRemoved, type SecureElement } from '../../card/apdu/secure-element.ts'

const withinMs = 5_000

const absences: readonly string[] = ['no-card', 'taken-out', 'in-use', 'no-answer'] satisfies Absence[]

export class RemoteCard implements SecureElement {
  /** Whose turn it is at the reader: this page's. */
  readonly #reader = toHex(crypto.getRandomValues(new Uint8Array(16)))

  async begin(): Promise<void> {
    await this.#ask('begin')
  }

  async transmit(apdu: Uint8Array): Promise<Uint8Array> {
    const { apdu: answer } = await this.#ask('transmit', { apdu: toHex(apdu) })
    if (typeof answer !== 'string') throw new CardRemoved('no-answer')
    return fromHex(answer)
  }

  async end(): Promise<void> {
    // Of a card that is gone nothing is said.
    await this.#ask('end').catch(() => {})
  }

  /** @throws CardRemoved */
  async #ask(what: 'begin' | 'transmit' | 'end', more: object = {}): Promise<Record<string, unknown>> {
    const answer = await post(`/telephone/card/${what}`, { reader: this.#reader, ...more })
    if (answer === undefined) throw new CardRemoved('no-reader')
    const { absence } = answer
    if (typeof absence === 'string') throw new CardRemoved(isAbsence(absence) ? absence : 'no-answer')
    return answer
  }
}

const isAbsence = (text: string): text is Absence => absences.includes(text)

/** What a terminal knows of the other institutions, and the key of who signed it. Undefined: the server is away. */
export async function readDirectory(): Promise<{ readonly message: Uint8Array; readonly key: Uint8Array } | undefined> {
  const { message, key } = (await post('/telephone/card/directory', {})) ?? {}
  if (typeof message !== 'string' || typeof key !== 'string') return undefined
  return { message: fromHex(message), key: fromHex(key) }
}

/** Undefined: the server is away, or takes no such thing. */
async function post(path: string, body: object): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: deadline(),
    })
    const answer: unknown = response.ok ? await response.json() : undefined
    return typeof answer === 'object' && answer !== null ? { ...answer } : undefined
  } catch {
    return undefined
  }
}

function deadline(): AbortSignal {
  const late = new AbortController()
  setTimeout(() => late.abort(), withinMs)
  return late.signal
}
