/**
 * The process that drives the readers: it says which there are, and talks to one card at a time. Whoever started it may end it at any
 * moment; what it holds of a card then is given back by the service, which cuts the card's power. Plain JavaScript
 * that loads next to nothing: it starts in the middle of a call, ten times as fast as with TypeScript.
 */

import { codeIn, isServiceThere, loadPcsclite } from './pcsclite.mjs'

/** @typedef {import('./pcsclite.mjs').Pcsc} Pcsc */
/** @typedef {import('./pcsclite.mjs').PcscReader} PcscReader */
/** @typedef {import('./messages.ts').ReaderReport} ReaderReport */
/** @typedef {import('./messages.ts').ReaderRequest} ReaderRequest */

/** A response of 256 bytes and its status. */
const longestResponse = 258

/** @typedef {{ readonly reader: PcscReader, hasCard?: boolean }} Found `hasCard`: not known yet without it */

class Driver {
  /** @type {Map<string, Found>} */
  #readers = new Map()
  #isListed = false
  /** @type {{ readonly reader: PcscReader, readonly protocol: number } | undefined} */
  #card

  /** @param {Pcsc} pcsc */
  constructor(pcsc) {
    const start = pcsc.start.bind(pcsc)
    pcsc.start = listed =>
      start((error, names) => {
        listed(error, names)
        this.#isListed ||= error === undefined
        this.#tell()
      })
    pcsc.on('error', error => report({ is: 'over', code: codeIn(error) }))
    pcsc.on('reader', reader => this.#add(reader))
  }

  /**
   * One after the other: whoever asks waits for the answer.
   * @param {ReaderRequest} request
   */
  do(request) {
    if (request.do === 'connect') this.#connect(request.reader)
    else if (request.do === 'transmit') this.#transmit(request.apdu)
    else this.#disconnect()
  }

  /** @param {PcscReader} reader */
  #add(reader) {
    /** @type {Found} */
    const found = { reader }
    this.#readers.set(reader.name, found)
    reader.on('status', ({ state }) => {
      found.hasCard = (state & reader.SCARD_STATE_PRESENT) !== 0
      this.#tell()
    })
    const gone = () => {
      this.#readers.delete(reader.name)
      this.#tell()
    }
    reader.on('end', gone)
    reader.on('error', gone)
  }

  /** Once it is known of each whether a card is in it. */
  #tell() {
    const readers = [...this.#readers].map(([name, { hasCard }]) => ({ name, hasCard: hasCard === true }))
    const isKnown = [...this.#readers.values()].every(({ hasCard }) => hasCard !== undefined)
    if (this.#isListed && isKnown) report({ is: 'readers', readers })
  }

  /** @param {string} name */
  #connect(name) {
    const reader = this.#readers.get(name)?.reader
    if (reader === undefined) {
      report({ is: 'failed', code: unknownReader })
      return
    }
    const protocol = reader.SCARD_PROTOCOL_T0 | reader.SCARD_PROTOCOL_T1
    reader.connect({ share_mode: reader.SCARD_SHARE_EXCLUSIVE, protocol }, (error, agreed) => {
      if (error) {
        report({ is: 'failed', code: codeIn(error) })
        return
      }
      this.#card = { reader, protocol: agreed }
      report({ is: 'done', protocol: agreed })
    })
  }

  /** @param {Uint8Array} apdu */
  #transmit(apdu) {
    if (this.#card === undefined) {
      report({ is: 'failed', code: 0 })
      return
    }
    const { reader, protocol } = this.#card
    reader.transmit(Buffer.from(apdu), longestResponse, protocol, (error, response) => {
      if (error) report({ is: 'failed', code: codeIn(error) })
      else report({ is: 'done', response: Uint8Array.from(response) })
    })
  }

  #disconnect() {
    const { reader } = this.#card ?? {}
    this.#card = undefined
    if (reader === undefined) {
      report({ is: 'done' })
      return
    }
    reader.disconnect(reader.SCARD_UNPOWER_CARD, error => {
      if (error) report({ is: 'failed', code: codeIn(error) })
      else report({ is: 'done' })
    })
  }
}

/** Of PC/SC: unknown reader, no service. */
const unknownReader = 0x80100009
const noService = 0x8010001d

/**
 * All that comes is from whoever started us.
 * @param {unknown} message
 * @returns {message is ReaderRequest}
 */
function isRequest(message) {
  return typeof message === 'object' && message !== null && 'do' in message
}

/** @param {ReaderReport} message */
function report(message) {
  process.send?.(message)
}

const pcsclite = loadPcsclite()
// Whoever asked is gone: the threads of the package would keep the process alive.
process.on('disconnect', () => process.exit())
if (pcsclite === undefined) report({ is: 'not-built' })
else if (!(await isServiceThere())) report({ is: 'over', code: noService })
else {
  try {
    const driver = new Driver(pcsclite())
    process.on('message', message => {
      if (isRequest(message)) driver.do(message)
    })
  } catch (error) {
    if (!(error instanceof Error)) throw error
    report({ is: 'over', code: codeIn(error) })
  }
}
