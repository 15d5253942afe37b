/**
 * A card in software: the commands of ISO/IEC 7816-4 and -8 that a terminal needs, answered as a card answers them. It makes its own
 * key, signs once for each PIN, and counts each signature before it gives it out. Its memory is a store that is handed in; pure,
 * so that a browser can have one too.
 */
import { joined } from '../../bytes.ts'
import { type Command, encodeResponse, ins, moreToCome, parseCommand, status } from '../apdu/apdu.ts'
import type { SecureElement } from '../apdu/secure-element.ts'
import type { Random } from '../cose/hpke.ts'
import { CardCommands } from './commands.ts'
import { type CardStore, decodeMemory, factoryMemory } from './memory.ts'

/** Most bytes of a chained command: an order is some 500 at its longest. */
const mostCommand = 1_024

/** A chain of commands that has not ended. */
interface Chain {
  readonly ins: number
  readonly p1: number
  readonly p2: number
  readonly data: Uint8Array
}

export class SoftCard implements SecureElement {
  readonly #commands: CardCommands
  #chain: Chain | undefined
  /** Of a response that is longer than was asked for: what is still to come. */
  #rest: Uint8Array = new Uint8Array()
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(commands: CardCommands) {
    this.#commands = commands
  }

  /** @throws Error when the store holds what is no card's memory. */
  static async insert(store: CardStore, random: Random): Promise<SoftCard> {
    const kept = await store.load()
    return new SoftCard(new CardCommands(store, random, kept === undefined ? factoryMemory : decodeMemory(kept)))
  }

  /** As a card is when power comes: what it keeps is all that it knows. */
  begin(): Promise<void> {
    return this.#inTurn(() => {
      this.#chain = undefined
      this.#rest = new Uint8Array()
      this.#commands.forget()
    })
  }

  end(): Promise<void> {
    return this.begin()
  }

  transmit(apdu: Uint8Array): Promise<Uint8Array> {
    return this.#inTurn(() => this.#answer(apdu))
  }

  /** One after the other, as a card has one contact to speak with. */
  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const done = this.#turn.then(task)
    this.#turn = done.catch(() => {})
    return done
  }

  async #answer(apdu: Uint8Array): Promise<Uint8Array> {
    const command = parseCommand(apdu)
    if (typeof command === 'number') return encodeResponse(command)
    if (command.ins === ins.getResponse) return this.#goOn(command.mostResponse)
    this.#rest = new Uint8Array()
    const whole = this.#chained(command)
    if (typeof whole === 'number') return encodeResponse(whole)
    const { sw, data } = await this.#commands.run(whole)
    if (data.length <= command.mostResponse) return encodeResponse(sw, data)
    this.#rest = data
    return this.#goOn(command.mostResponse)
  }

  /** The whole command once its last part is here; its status until then. SELECT ends a chain that a terminal broke off. */
  #chained({ ins: instruction, p1, p2, data, isChained }: Command): Chain | number {
    const open = instruction === ins.select ? undefined : this.#chain
    this.#chain = undefined
    const isSame = open === undefined || (open.ins === instruction && open.p1 === p1 && open.p2 === p2)
    if (!isSame) return status.lastOfChainExpected
    const whole = { ins: instruction, p1, p2, data: joined(open?.data ?? new Uint8Array(), data) }
    if (whole.data.length > mostCommand) return status.wrongLength
    if (!isChained) return whole
    this.#chain = whole
    return status.done
  }

  #goOn(most: number): Uint8Array {
    if (this.#rest.length === 0) return encodeResponse(status.notNow)
    const part = this.#rest.slice(0, most)
    this.#rest = this.#rest.slice(most)
    const left = Math.min(this.#rest.length, 255)
    return encodeResponse(left === 0 ? status.done : moreToCome + left, part)
  }
}
