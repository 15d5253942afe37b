/**
 * The card that lies at this machine, for the card phone of the page to start with: commands go to it and answers come back. One page
 * has it at a time, as a reader has one slot. What is in it stays in it: a page sees what a terminal sees.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fromHex, toHex } from '../../bytes.ts'
import { type Absence, CardRemoved, type SecureElement } from '../../card/apdu/secure-element.ts'
import type { Runtime } from '../../runtime.ts'
import { Refused, type WebPlace } from '../server.ts'
import { originOf } from './origin.ts'

export interface CardHere {
  /** The card as it lies there now. */
  insert(): Promise<SecureElement>
  /** What a terminal of its bank carries: a signed directory, and the key that signed it (Ed25519, 32 bytes). */
  directory(): { readonly message: Uint8Array; readonly key: Uint8Array }
}

/** Longer than a holder is waited for. A page that went away in the middle holds up others no longer. */
const idleMs = 150_000

interface Held {
  readonly reader: string
  readonly element: SecureElement
  usedAtMs: number
}

export function serveCard(
  app: FastifyInstance,
  place: Pick<WebPlace, 'isHttps'>,
  card: CardHere,
  runtime: Pick<Runtime, 'monotonicMs'>,
): void {
  let held: Held | undefined

  const route = (what: string, answer: (body: Record<string, unknown>) => object | Promise<object>) =>
    app.post(`/telephone/card/${what}`, async request => {
      const { origin, host } = request.headers
      if (origin !== originOf(host, place)) throw new Refused(403, 'forged')
      try {
        return await answer(bodyOf(request))
      } catch (error) {
        if (error instanceof CardRemoved) return { absence: error.absence }
        throw error
      }
    })

  /** Of this reader's turn. @throws CardRemoved */
  const heldBy = (reader: string): Held => {
    if (held?.reader !== reader) throw new CardRemoved('taken-out')
    held.usedAtMs = runtime.monotonicMs()
    return held
  }

  route('directory', () => {
    const { message, key } = card.directory()
    return { message: toHex(message), key: toHex(key) }
  })

  route('begin', async body => {
    const reader = hexIn(body['reader'], 32)
    const isFree = held === undefined || held.reader === reader || runtime.monotonicMs() - held.usedAtMs > idleMs
    if (!isFree) return { absence: 'in-use' satisfies Absence }
    const [before, turn] = [held, { reader, element: nothing, usedAtMs: runtime.monotonicMs() }]
    // Taken before anything is waited for: of two that come at once the second finds it taken.
    held = turn
    try {
      await before?.element.end()
      const element = await card.insert()
      await element.begin()
      if (held === turn) held = { ...turn, element }
    } catch (error) {
      if (held === turn) held = undefined
      throw error
    }
    return {}
  })

  route('transmit', async body => {
    const { element } = heldBy(hexIn(body['reader'], 32))
    const apdu = await element.transmit(fromHex(hexIn(body['apdu'])))
    return { apdu: toHex(apdu) }
  })

  route('end', async body => {
    const { element } = heldBy(hexIn(body['reader'], 32))
    held = undefined
    await element.end()
    return {}
  })
}

const nothing: SecureElement = {
  begin: async () => {},
  end: async () => {},
  transmit: async () => {
    throw new CardRemoved('no-answer')
  },
}

const bodyOf = ({ body }: FastifyRequest): Record<string, unknown> =>
  typeof body === 'object' && body !== null ? { ...body } : {}

/** An APDU has 262 bytes at most. */
const mostDigits = 600

function hexIn(value: unknown, length?: number): string {
  const isHex = typeof value === 'string' && value.length <= mostDigits && /^([0-9a-f]{2})+$/.test(value)
  if (!isHex || (length !== undefined && value.length !== length)) throw new Refused(400, 'forged')
  return value
}
