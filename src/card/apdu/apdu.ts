/**
 * Commands and responses of cards (ISO/IEC 7816-4 section 5), short ones: no APDU is longer than 255 bytes, and what is longer goes in
 * several. Chained commands have bit 5 of their class set but for the last one; a response that goes on says 61xx.
 */
import { joined } from '../../bytes.ts'

export interface Command {
  readonly ins: number
  readonly p1: number
  readonly p2: number
  readonly data: Uint8Array
  /** Whether more of the same command follows. */
  readonly isChained: boolean
}

/** A command as a card receives it. */
export interface ReceivedCommand extends Command {
  /** Most bytes that the response may have (Le); the rest is asked for with GET RESPONSE. */
  readonly mostResponse: number
}

/** Most bytes of data of one command or response, so that neither is longer than 255 with its header and all. */
export const mostData = 240

const chained = 0x10

/** Always with Le 00: as many bytes as there are. */
export function encodeCommand({ ins, p1, p2, data, isChained }: Command): Uint8Array {
  if (data.length > mostData) throw new RangeError(`a command with ${data.length} bytes of data`)
  const head = Uint8Array.of(isChained ? chained : 0, ins, p1, p2)
  const length = data.length === 0 ? new Uint8Array() : Uint8Array.of(data.length)
  return joined(head, length, data, Uint8Array.of(0))
}

/** What is wrong with a command before anything is done is answered by its status. */
export function parseCommand(apdu: Uint8Array): ReceivedCommand | number {
  const [cla = 0, ins = 0, p1 = 0, p2 = 0, third = 0] = apdu
  if (apdu.length < 4 || apdu.length > 255) return status.wrongLength
  if (cla !== 0 && cla !== chained) return cla & 0x0f ? status.noChannels : status.classUnknown
  const isChained = cla === chained
  // Without data: nothing follows, or Le alone.
  if (apdu.length <= 5) return { ins, p1, p2, data: new Uint8Array(), isChained, mostResponse: mostOf(third) }
  const data = apdu.slice(5, 5 + third)
  const isWhole = third > 0 && data.length === third && apdu.length <= 6 + third
  const mostResponse = mostOf(apdu[5 + third] ?? 0)
  return isWhole ? { ins, p1, p2, data, isChained, mostResponse } : status.wrongLength
}

/** Le: 0 asks for as much as there is. */
function mostOf(le: number): number {
  return le === 0 ? mostData : Math.min(le, mostData)
}

/** Instructions: ISO/IEC 7816-4 but for those of part 8 (generate, perform security operation). */
export const ins = {
  verify: 0x20,
  manageSecurityEnvironment: 0x22,
  performSecurityOperation: 0x2a,
  resetRetryCounter: 0x2c,
  generateKeyPair: 0x47,
  select: 0xa4,
  getResponse: 0xc0,
  getData: 0xca,
  putData: 0xda,
} as const

/** Status words (ISO/IEC 7816-4 section 5.6). */
export const status = {
  done: 0x9000,
  terminated: 0x6285,
  /** 63Cx: x tries are left. */
  triesLeft: 0x63c0,
  notKept: 0x6581,
  wrongLength: 0x6700,
  noChannels: 0x6881,
  lastOfChainExpected: 0x6883,
  notVerified: 0x6982,
  blocked: 0x6983,
  notNow: 0x6985,
  wrongData: 0x6a80,
  notFound: 0x6a82,
  wrongParameters: 0x6a86,
  dataNotFound: 0x6a88,
  instructionUnknown: 0x6d00,
  classUnknown: 0x6e00,
} as const

/** 61xx: so many bytes are still to be had, 0 for 256 and more. */
export const moreToCome = 0x6100

export function encodeResponse(sw: number, data: Uint8Array = new Uint8Array()): Uint8Array {
  return joined(data, Uint8Array.of(sw >> 8, sw & 255))
}
