/** What each command of a soft card does. One runs at a time. */
import { joined, sameBytes, toHex } from '../../bytes.ts'
import { ins, status } from '../apdu/apdu.ts'
import { applicationId, keyReferences, pinReference } from '../apdu/application.ts'
import { algorithmNumbered, encodeIdentity, publicKeyObject, readPerson } from '../apdu/identity.ts'
import { identityObject, readTlvs, tags, tlv } from '../apdu/tlv.ts'
import type { Random } from '../cose/hpke.ts'
import { protectedHeaderOf, toBeSigned } from '../cose/sign1.ts'
import { makeSigningKey, sign } from '../cose/signing.ts'
import { uint } from '../messages/layout.ts'
import { greatestCounter } from '../order.ts'
import { appendWitness } from '../order-bytes.ts'
import { sealPasswordTo, sealPasswordUnder } from '../personal-password.ts'
import { pinBlockLength, pinInBlock } from '../pin-block.ts'
import { type CardMemory, type CardStore, encodeMemory, pinTries, pukTries } from './memory.ts'

export interface CardAnswer {
  readonly sw: number
  readonly data: Uint8Array
}

export interface CardCommand {
  readonly ins: number
  readonly p1: number
  readonly p2: number
  readonly data: Uint8Array
}

const answer = (sw: number, data: Uint8Array = new Uint8Array()): CardAnswer => ({ sw, data })

/** The store did not keep what had to be kept first. */
class NotKept extends Error {}

export class CardCommands {
  readonly #store: CardStore
  readonly #random: Random
  #memory: CardMemory
  #isSelected = false
  /** For one signature. */
  #isVerified = false
  #passwordKey: number | undefined
  /** What was signed last, to which one personal password may be bound. */
  #signed: Uint8Array | undefined

  constructor(store: CardStore, random: Random, memory: CardMemory) {
    this.#store = store
    this.#random = random
    this.#memory = memory
  }

  async run(command: CardCommand): Promise<CardAnswer> {
    if (command.ins === ins.select) return this.#select(command)
    if (!this.#isSelected) return answer(status.notNow)
    if (this.#memory.isTerminated) return answer(status.terminated)
    try {
      return await this.#do(command)
    } catch (error) {
      if (error instanceof NotKept) return answer(status.notKept)
      throw error
    }
  }

  #do(command: CardCommand): CardAnswer | Promise<CardAnswer> {
    switch (command.ins) {
      case ins.getData:
        return this.#getData(command)
      case ins.generateKeyPair:
        return this.#generateKeyPair(command)
      case ins.putData:
        return this.#personalise(command)
      case ins.verify:
        return this.#verify(command)
      case ins.resetRetryCounter:
        return this.#resetRetryCounter(command)
      case ins.manageSecurityEnvironment:
        return this.#chooseKey(command)
      case ins.performSecurityOperation:
        return this.#operate(command)
      default:
        return answer(status.instructionUnknown)
    }
  }

  /** Nothing is selected, and whatever was verified, chosen or signed before is forgotten. */
  forget(): void {
    this.#isVerified = false
    this.#passwordKey = undefined
    this.#signed = undefined
    this.#isSelected = false
  }

  #select({ p1, p2, data }: CardCommand): CardAnswer {
    this.forget()
    if (p1 !== 0x04 || p2 !== 0) return answer(status.wrongParameters)
    if (!sameBytes(data, applicationId)) return answer(status.notFound)
    this.#isSelected = true
    return answer(this.#memory.isTerminated ? status.terminated : status.done, tlv(0x6f, tlv(0x84, applicationId)))
  }

  #getData({ p1, p2, data }: CardCommand): CardAnswer {
    const { person, key, counter, pinTries } = this.#memory
    if (data.length > 0) return answer(status.wrongLength)
    switch (p1 * 256 + p2) {
      case tags.counter:
        return answer(status.done, tlv(tags.counter, uint(counter, 4)))
      case tags.pinTries:
        return answer(status.done, tlv(tags.pinTries, uint(pinTries, 1)))
      case tags.publicKey:
        return key === null ? answer(status.dataNotFound) : answer(status.done, publicKeyObject(key.bytes))
      case identityObject: {
        if (person === null || key === null) return answer(status.dataNotFound)
        return answer(status.done, encodeIdentity({ ...person, key, pinLength: lengthIn(person.pin) }))
      }
      default:
        return answer(status.dataNotFound)
    }
  }

  /** P1 80: makes a key and gives its public half, once, before the card is anybody's. */
  async #generateKeyPair({ p1, p2, data }: CardCommand): Promise<CardAnswer> {
    if (p1 !== 0x80 || p2 !== 0) return answer(status.wrongParameters)
    if (this.#memory.person !== null) return answer(status.notNow)
    const template = readTlvs(data)?.get(tags.authentication)
    const algorithm = algorithmNumbered(template && readTlvs(template)?.get(tags.algorithm)?.[0])
    if (algorithm === undefined) return answer(status.wrongData)
    const key = await makeSigningKey(algorithm, this.#random)
    await this.#keep({ key: { ...key } })
    return answer(status.done, publicKeyObject(key.bytes))
  }

  async #personalise({ p1, p2, data }: CardCommand): Promise<CardAnswer> {
    if (p1 * 256 + p2 !== identityObject) return answer(status.wrongParameters)
    if (this.#memory.person !== null || this.#memory.key === null) return answer(status.notNow)
    const person = readPerson(data)
    if (person === undefined) return answer(status.wrongData)
    await this.#keep({ person })
    return answer(status.done)
  }

  /** Without data: how many tries are left. A PIN of another length than the card's is no try. */
  async #verify({ p1, p2, data }: CardCommand): Promise<CardAnswer> {
    const { person, pinTries: left } = this.#memory
    if (p1 !== 0 || p2 !== pinReference) return answer(status.wrongParameters)
    if (person === null) return answer(status.notNow)
    if (data.length === 0)
      return answer(this.#isVerified ? status.done : left === 0 ? status.blocked : status.triesLeft + left)
    this.#isVerified = false
    if (left === 0) return answer(status.blocked)
    if (data.length !== pinBlockLength) return answer(status.wrongLength)
    if (pinInBlock(data) === undefined || lengthIn(data) !== lengthIn(person.pin)) return answer(status.wrongData)
    // Kept before it is compared, or whoever cuts the power after a wrong one has tries without end.
    await this.#keep({ pinTries: left - 1 })
    if (!isEqual(data, person.pin)) return answer(left === 1 ? status.blocked : status.triesLeft + left - 1)
    await this.#keep({ pinTries })
    this.#isVerified = true
    return answer(status.done)
  }

  /** PUK and a new PIN of the same length. After the last wrong PUK the card is terminated. */
  async #resetRetryCounter({ p1, p2, data }: CardCommand): Promise<CardAnswer> {
    const { person, pukTries: left } = this.#memory
    if (p1 !== 0 || p2 !== pinReference) return answer(status.wrongParameters)
    if (person === null) return answer(status.notNow)
    if (data.length !== 2 * pinBlockLength) return answer(status.wrongLength)
    const [puk, pin] = [data.slice(0, pinBlockLength), data.slice(pinBlockLength)]
    const fits =
      pinInBlock(puk) !== undefined && pinInBlock(pin) !== undefined && lengthIn(pin) === lengthIn(person.pin)
    if (!fits) return answer(status.wrongData)
    this.#isVerified = false
    await this.#keep({ pukTries: left - 1, isTerminated: left === 1 })
    if (!isEqual(puk, person.puk)) return answer(left === 1 ? status.terminated : status.triesLeft + left - 1)
    await this.#keep({ pukTries, isTerminated: false, pinTries, person: { ...person, pin } })
    return answer(status.done)
  }

  /** Which of the two keys the personal password is sealed with. */
  #chooseKey({ p1, p2, data }: CardCommand): CardAnswer {
    if (p1 !== 0x41 || p2 !== 0xb8) return answer(status.wrongParameters)
    const reference = readTlvs(data)?.get(tags.keyReference)
    const [number] = reference ?? []
    if (reference?.length !== 1 || (number !== keyReferences.hpke && number !== keyReferences.agreed))
      return answer(status.wrongData)
    this.#passwordKey = number
    return answer(status.done)
  }

  #operate(command: CardCommand): CardAnswer | Promise<CardAnswer> {
    const { p1, p2 } = command
    if (p1 === 0x9e && p2 === 0x9a) return this.#sign(command.data)
    if (p1 === 0x84 && p2 === 0x80) return this.#encipher(command.data)
    return answer(status.wrongParameters)
  }

  /** Signs an order with the counter and the verification appended; gives counter and signature. */
  async #sign(order: Uint8Array): Promise<CardAnswer> {
    const { key, counter: last } = this.#memory
    if (key === null || !this.#isVerified) return answer(status.notVerified)
    this.#isVerified = false
    this.#signed = undefined
    if (order.length === 0) return answer(status.wrongLength)
    if (last >= greatestCounter) return answer(status.notNow)
    const counter = last + 1
    await this.#keep({ counter })
    const payload = appendWitness(order, { counter, verified: 'pin' })
    const protectedHeader = protectedHeaderOf(key.algorithm)
    const signature = await sign(key, toBeSigned({ protectedHeader, payload }))
    this.#signed = payload
    return answer(status.done, joined(uint(counter, 4), signature))
  }

  /** Seals the personal password, one for each signature and bound to it. */
  async #encipher(block: Uint8Array): Promise<CardAnswer> {
    const [payload, { person }] = [this.#signed, this.#memory]
    if (payload === undefined || person === null || this.#passwordKey === undefined) return answer(status.notNow)
    const password = pinInBlock(block)
    if (password === undefined) return answer(status.wrongData)
    this.#signed = undefined
    const sealed =
      this.#passwordKey === keyReferences.hpke
        ? await sealPasswordTo(this.#random, person, password, payload)
        : await sealPasswordUnder(person.agreedKey, password, payload)
    return answer(status.done, sealed.bytes)
  }

  /** In the store first, and in here even if the store fails: what was counted stays counted. */
  async #keep(change: Partial<CardMemory>): Promise<void> {
    this.#memory = { ...this.#memory, ...change }
    try {
      await this.#store.save(encodeMemory(this.#memory))
    } catch (error) {
      throw new NotKept('the card could not be written', { cause: error })
    }
  }
}

function lengthIn(block: Uint8Array): number {
  return Number.parseInt(toHex(block).charAt(1), 16)
}

/** In a time that does not depend on where two blocks differ. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.reduce((difference, byte, at) => difference | (byte ^ (b[at] ?? 0)), 0) === 0
}
