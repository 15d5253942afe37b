/** What a terminal does with a card, APDU by APDU. */
import { ascii, hex, joined, numberIn, unhex } from './bytes.ts'
import { type Algorithm, algorithms, isAlgorithm } from './card-key.ts'
import { isNumber } from './numbers.ts'
import type { CardHolder } from './order.ts'
import { objectsIn, pinBlock } from './tlv.ts'

/** One command APDU, and the response to it. */
export type Transmit = (command: Uint8Array) => Promise<Uint8Array>

export interface Identity extends CardHolder {
  readonly algorithm: Algorithm
  readonly pinDigits: number
}

export type Pin =
  | { readonly outcome: 'right' | 'blocked' | 'fails' }
  | { readonly outcome: 'wrong'; readonly triesLeft: number }

interface Response {
  readonly status: number
  readonly data: Uint8Array
}

const mostInPart = 240
const noData = new Uint8Array()

export class CardReader {
  readonly #transmit: Transmit

  constructor(transmit: Transmit) {
    this.#transmit = transmit
  }

  /** Undefined: no card, or none of ours. */
  async identify(): Promise<Identity | undefined> {
    const selected = await this.#command('00a40400', unhex('f0544f4e4542414e4b'), false)
    if (selected.status !== 0x9000) return undefined
    const { status, data } = await this.#command('00ca0100', noData)
    const objects = status === 0x9000 ? objectsIn(data) : undefined
    const [number, issuer, account] = [objects?.get(0x5a), objects?.get(0xc1), objects?.get(0xc2)]
    const [algorithm] = objects?.get(0x80) ?? []
    const [pinDigits] = objects?.get(0xc8) ?? []
    if (!number || !issuer || !account || !isAlgorithm(algorithm) || pinDigits === undefined) return undefined
    const [card, bank, payer] = [hex(number), ascii(issuer), ascii(account)]
    if (card.length !== 14 || !isNumber(card) || !/^[a-z0-9-]{2,31}$/.test(bank) || !isNumber(payer)) return undefined
    return {
      ...{ card, issuer: bank, account: payer },
      ...{ algorithm: algorithms[algorithm], pinDigits },
    }
  }

  async verify(pin: string): Promise<Pin> {
    const { status } = await this.#command('00200080', pinBlock(pin), false)
    if (status === 0x9000) return { outcome: 'right' }
    const triesLeft = status & 15
    if (status === 0x6983 || status === 0x63c0) return { outcome: 'blocked' }
    return status >> 4 === 0x63c ? { outcome: 'wrong', triesLeft } : { outcome: 'fails' }
  }

  /** What the PIN is good for, once. */
  async sign(order: Uint8Array): Promise<{ readonly counter: number; readonly signature: Uint8Array } | undefined> {
    const { status, data } = await this.#command('002a9e9a', order)
    if (status !== 0x9000 || data.length !== 68) return undefined
    return { counter: Number(numberIn(data.slice(0, 4))), signature: data.slice(4) }
  }

  /** Under the key that card and issuer agreed on. */
  async seal(password: string): Promise<Uint8Array | undefined> {
    const chosen = await this.#command('002241b8', unhex('840102'), false)
    if (chosen.status !== 0x9000) return undefined
    const { status, data } = await this.#command('002a8480', pinBlock(password))
    return status === 0x9000 && data.length === 24 ? data : undefined
  }

  async #command(head: string, data: Uint8Array, hasAnswer = true): Promise<Response> {
    const [, ...rest] = unhex(head)
    for (let from = 0; from + mostInPart < data.length; from += mostInPart) {
      const part = data.slice(from, from + mostInPart)
      const response = await this.#send(Uint8Array.of(0x10, ...rest, part.length, ...part))
      if (response.status !== 0x9000) return response
    }
    const last = data.slice(data.length === 0 ? 0 : Math.floor((data.length - 1) / mostInPart) * mostInPart)
    const lengths = last.length === 0 ? [] : [last.length]
    let response = await this.#send(Uint8Array.of(0x00, ...rest, ...lengths, ...last, ...(hasAnswer ? [0] : [])))
    let whole = response.data
    while (response.status >> 8 === 0x61) {
      response = await this.#send(Uint8Array.of(0x00, 0xc0, 0x00, 0x00, response.status & 255))
      whole = joined(whole, response.data)
    }
    return { status: response.status, data: whole }
  }

  async #send(apdu: Uint8Array): Promise<Response> {
    const response = await this.#transmit(apdu)
    return { status: Number(numberIn(response.slice(-2))), data: response.slice(0, -2) }
  }
}
