/**
 * The card in a reader of this machine. From `begin` to `end` it is ours alone; a card that was taken out, or reset by anybody, is gone
 * until the next `begin`, whichever card is in there by then: nothing that was verified is ever used by another.
 */
import { type Absence, CardRemoved, type SecureElement } from '../../card/apdu/secure-element.ts'
import type { Runtime } from '../../runtime.ts'
import { DriverProcess } from './driver-process.ts'
import { sendByT0 } from './short-apdu.ts'

/** PC/SC's number for it. */
const protocolT0 = 1
/** Other programs look at a card that was just put in, and one that is still being pushed in does not answer yet. */
const passing: ReadonlySet<Absence> = new Set<Absence>(['in-use', 'mute'])
const mostTries = 8
const pauseMs = 300

const isOfCard: ReadonlySet<Absence> = new Set<Absence>(['no-card', 'mute', 'in-use'])

export interface InReader {
  /** Its whole name. */
  readonly reader: string
  /** How long a card is waited for that is not there yet. */
  readonly waitMs: number
  /** Somebody has to put it in. */
  onWaiting(): void
  readonly runtime: Runtime
}

export class CardInReader implements SecureElement {
  readonly #parts: InReader
  #open: { readonly driver: DriverProcess; readonly isT0: boolean } | undefined

  constructor(parts: InReader) {
    this.#parts = parts
  }

  async begin(): Promise<void> {
    await this.end()
    const { runtime } = this.#parts
    for (let tries = 1; ; tries++) {
      const driver = new DriverProcess(runtime)
      try {
        await this.#awaitCard(driver)
        const { protocol } = await driver.ask({ do: 'connect', reader: this.#parts.reader })
        this.#open = { driver, isT0: protocol === protocolT0 }
        return
      } catch (error) {
        await driver.kill()
        const passes = error instanceof CardRemoved && passing.has(error.absence)
        if (!passes || tries === mostTries) throw error
        await runtime.sleep(pauseMs)
      }
    }
  }

  async transmit(apdu: Uint8Array): Promise<Uint8Array> {
    if (this.#open === undefined) throw new CardRemoved()
    const { driver, isT0 } = this.#open
    const send = async (command: Uint8Array): Promise<Uint8Array> => {
      const { response } = await driver.ask({ do: 'transmit', apdu: command })
      // Every answer of a card ends in its status. Some drivers answer with nothing for one that is gone: vpcd does.
      if (response === undefined || response.length < 2) throw new CardRemoved('taken-out')
      return response
    }
    try {
      return await (isT0 ? sendByT0(send, apdu) : send(apdu))
    } catch (error) {
      this.#open = undefined
      await driver.kill()
      // It was there: the reader says of some that they are not.
      throw error instanceof CardRemoved && isOfCard.has(error.absence) ? new CardRemoved('taken-out', error) : error
    }
  }

  async end(): Promise<void> {
    const { driver } = this.#open ?? {}
    this.#open = undefined
    if (driver === undefined) return
    try {
      await driver.ask({ do: 'disconnect' })
    } catch (error) {
      if (!(error instanceof CardRemoved)) throw error
    } finally {
      await driver.kill()
    }
  }

  async #awaitCard(driver: DriverProcess): Promise<void> {
    const { reader: wanted, waitMs, onWaiting } = this.#parts
    const found = (await driver.readers()).find(({ name }) => name === wanted)
    if (found === undefined) throw new CardRemoved('no-reader')
    if (found.hasCard) return
    onWaiting()
    const state = await driver.find(readers => {
      const now = readers.find(({ name }) => name === wanted)
      return now === undefined ? 'no-reader' : now.hasCard ? 'there' : undefined
    }, waitMs)
    if (state !== 'there') throw new CardRemoved(state ?? 'no-card')
  }
}
