/** A card in memory, of the page's section "The card". Nothing of it outlives the process. */
import { ascii, hex, joined, number, numberIn, unhex } from './bytes.ts'
import { CardKey, isAlgorithm } from './card-key.ts'
import { toBeSigned } from './order.ts'
import { sealedToIssuer, sealedUnderAgreedKey } from './sealing.ts'
import { digitsOf, object, objectsIn } from './tlv.ts'

const ok = 0x9000
const status = {
  wrongLength: 0x6700,
  withinChain: 0x6883,
  pinNeeded: 0x6982,
  noTries: 0x6983,
  notNow: 0x6985,
  terminated: 0x6285,
  wrongData: 0x6a80,
  wrongParameters: 0x6a86,
  noSuchObject: 0x6a88,
  unknownInstruction: 0x6d00,
  unknownClass: 0x6e00,
} as const

const application = unhex('f0544f4e4542414e4b')
const mostTries = { pin: 3, puk: 5 }
/** 255 with the status behind them. */
const mostInResponse = 253
const lastOrder = 1024

/** What a card is personalised with. */
interface Holder {
  readonly number: Uint8Array
  readonly issuer: Uint8Array
  readonly account: Uint8Array
  readonly expiresAt: Uint8Array
  readonly puk: string
  readonly issuerKey: Uint8Array
  readonly agreedKey: Uint8Array
}

interface Command {
  readonly instruction: number
  readonly parameters: number
  readonly data: Uint8Array
}

type Answer = number | Uint8Array

export class Card {
  #key: CardKey | undefined
  #holder: Holder | undefined
  #pin = ''
  #tries = { ...mostTries }
  #counter = 0
  #isSelected = false
  #isVerified = false
  /** What the last signature was over, until a password was sealed for it. */
  #signed: Uint8Array | undefined
  #sealsTo: 'issuer' | 'agreed' | undefined
  #chain: Command | undefined
  #rest = new Uint8Array()

  /** One command APDU and its response. */
  async transmit(apdu: Uint8Array): Promise<Uint8Array> {
    const answer = await this.#take(apdu)
    if (typeof answer === 'number') return number(answer, 2)
    return this.#inPieces(answer, mostInResponse)
  }

  async #take(apdu: Uint8Array): Promise<Answer> {
    const [type = 0, instruction = 0, p1 = 0, p2 = 0, length] = apdu
    if (apdu.length < 4 || apdu.length > 255) return status.wrongLength
    if (type !== 0x00 && type !== 0x10) return status.unknownClass
    const hasData = apdu.length > 5
    if (hasData && apdu.length !== 5 + (length ?? 0) && apdu.length !== 6 + (length ?? 0)) return status.wrongLength
    const part = {
      instruction,
      parameters: (p1 << 8) | p2,
      data: hasData ? apdu.slice(5, 5 + (length ?? 0)) : new Uint8Array(),
    }
    const before = this.#chain
    this.#chain = undefined
    if (before && (before.instruction !== instruction || before.parameters !== part.parameters))
      return status.withinChain
    const command = before ? { ...part, data: joined(before.data, part.data) } : part
    if (command.data.length > lastOrder) return status.wrongLength
    if (type === 0x10) {
      this.#chain = command
      return ok
    }
    return this.#carryOut(command)
  }

  #inPieces(whole: Uint8Array, most: number): Uint8Array {
    const piece = whole.slice(0, most)
    this.#rest = whole.slice(most)
    const left = this.#rest.length
    return joined(piece, number(left === 0 ? ok : 0x6100 | Math.min(left, 255), 2))
  }

  #carryOut(command: Command): Answer | Promise<Answer> {
    const { instruction, parameters, data } = command
    if (instruction === 0xc0) return this.#rest.length > 0 ? this.#rest : status.notNow
    this.#rest = new Uint8Array()
    if (instruction === 0xa4) return this.#select(command)
    if (!this.#isSelected) return status.notNow
    const known: Readonly<Record<number, [expects: number | undefined, act: () => Answer | Promise<Answer>]>> = {
      202: [undefined, () => this.#getData(parameters)],
      32: [0x0080, () => this.#verify(data)],
      44: [0x0080, () => this.#unblock(data)],
      42: [
        parameters === 0x8480 ? 0x8480 : 0x9e9a,
        () => (parameters === 0x8480 ? this.#seal(data) : this.#sign(data)),
      ],
      34: [0x41b8, () => this.#choose(data)],
      71: [0x8000, () => this.#generate(data)],
      218: [0x0100, () => this.#personalise(data)],
    }
    const [expects, act] = known[instruction] ?? []
    if (act === undefined) return status.unknownInstruction
    return expects === undefined || expects === parameters ? act() : status.wrongParameters
  }

  #select({ parameters, data }: Command): Answer {
    this.#isSelected = false
    this.#forget()
    if (parameters !== 0x0400) return status.wrongParameters
    if (hex(data) !== hex(application)) return 0x6a82
    if (this.#tries.puk === 0) return status.terminated
    this.#isSelected = true
    return ok
  }

  #forget(): void {
    this.#isVerified = false
    this.#signed = undefined
    this.#sealsTo = undefined
  }

  #getData(tag: number): Answer {
    const key = this.#key && object(0x7f49, object(0x86, this.#key.publicBytes))
    if (tag === 0x9f36) return object(tag, number(this.#counter, 4))
    if (tag === 0x9f17) return object(tag, Uint8Array.of(this.#tries.pin))
    if (tag === 0x7f49) return key ?? status.noSuchObject
    if (tag !== 0x0100 || !this.#holder || !this.#key || !key) return status.noSuchObject
    const { number: card, issuer, account, expiresAt } = this.#holder
    return joined(
      ...[object(0x5a, card), object(0xc1, issuer), object(0xc2, account), object(0xc3, expiresAt)],
      ...[object(0xc8, Uint8Array.of(this.#pin.length)), object(0x80, Uint8Array.of(this.#key.number)), key],
    )
  }

  #verify(block: Uint8Array): Answer {
    if (!this.#holder) return status.notNow
    if (this.#tries.pin === 0) return status.noTries
    if (block.length === 0) return this.#isVerified ? ok : 0x63c0 | this.#tries.pin
    const digits = digitsOf(block)
    if (digits?.length !== this.#pin.length) return status.wrongData
    this.#tries.pin--
    this.#isVerified = digits === this.#pin
    if (!this.#isVerified) return 0x63c0 | this.#tries.pin
    this.#tries.pin = mostTries.pin
    return ok
  }

  #unblock(blocks: Uint8Array): Answer {
    if (!this.#holder) return status.notNow
    const [puk, pin] = [digitsOf(blocks.slice(0, 8)), digitsOf(blocks.slice(8))]
    if (blocks.length !== 16) return status.wrongLength
    if (puk?.length !== this.#holder.puk.length || pin?.length !== this.#pin.length) return status.wrongData
    this.#tries.puk--
    if (puk !== this.#holder.puk) {
      if (this.#tries.puk > 0) return 0x63c0 | this.#tries.puk
      this.#isSelected = false
      return status.terminated
    }
    this.#tries = { ...mostTries }
    this.#pin = pin
    return ok
  }

  #sign(order: Uint8Array): Answer {
    if (!this.#key || !this.#holder) return status.notNow
    if (!this.#isVerified) return status.pinNeeded
    if (order.length === 0) return status.wrongData
    this.#isVerified = false
    this.#counter++
    this.#signed = toBeSigned(order, this.#counter)
    return joined(number(this.#counter, 4), this.#key.sign(this.#signed))
  }

  #choose(data: Uint8Array): Answer {
    const chosen = { '840101': 'issuer', '840102': 'agreed' } as const
    const name = hex(data)
    if (name !== '840101' && name !== '840102') return status.wrongData
    this.#sealsTo = chosen[name]
    return ok
  }

  async #seal(block: Uint8Array): Promise<Answer> {
    const [holder, signed, to] = [this.#holder, this.#signed, this.#sealsTo]
    if (!holder || !signed || !to) return status.notNow
    if (digitsOf(block) === undefined) return status.wrongData
    this.#signed = undefined
    if (to === 'agreed') return sealedUnderAgreedKey(holder.agreedKey, signed, block)
    return sealedToIssuer({ issuer: ascii(holder.issuer), key: holder.issuerKey }, signed, block)
  }

  #generate(data: Uint8Array): Answer {
    if (this.#holder) return status.notNow
    const asked = data[4]
    if (hex(data.slice(0, 4)) !== 'ac038001' || data.length !== 5 || !isAlgorithm(asked)) return status.wrongData
    this.#key = new CardKey(asked)
    return object(0x7f49, object(0x86, this.#key.publicBytes))
  }

  #personalise(data: Uint8Array): Answer {
    if (this.#holder || !this.#key) return status.notNow
    const of = objectsIn(data)
    const [cardNumber, issuer, account, expiresAt] = [of?.get(0x5a), of?.get(0xc1), of?.get(0xc2), of?.get(0xc3)]
    const [pin, puk] = [of?.get(0xc4), of?.get(0xc5)].map(block => block && digitsOf(block))
    const [issuerKey, agreedKey] = [of?.get(0xc6), of?.get(0xc7)]
    if (!cardNumber || !issuer || !account || !expiresAt || !pin || !puk || !issuerKey || !agreedKey)
      return status.wrongData
    if (of?.size !== 8 || numberIn(expiresAt) === 0n) return status.wrongData
    this.#holder = { number: cardNumber, issuer, account, expiresAt, puk, issuerKey, agreedKey }
    this.#pin = pin
    return ok
  }
}
