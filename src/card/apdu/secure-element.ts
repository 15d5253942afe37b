/** A card in a reader, whatever both are, and how a terminal talks to it: a command of any length, a response of any length. */
import { joined } from '../../bytes.ts'
import { encodeCommand, ins, moreToCome, mostData, status } from './apdu.ts'

export interface SecureElement {
  /**
   * Begins with the card that is there now: nothing is selected and nothing verified, and nobody else's commands come in between until
   * `end`. Once more begins anew. @throws CardRemoved
   */
  begin(): Promise<void>
  /** One APDU of at most 255 bytes each way. @throws CardRemoved when that card is gone, whatever is in the reader by now */
  transmit(apdu: Uint8Array): Promise<Uint8Array>
  /** What was verified is forgotten, and others may use the card. Of a card that is gone it says nothing. */
  end(): Promise<void>
}

/** Why no card can be talked to. */
export type Absence =
  /** None was put in. */
  | 'no-card'
  /** It was there, and was taken out in the middle of it, or its reader was. */
  | 'taken-out'
  /** Another program has it. */
  | 'in-use'
  /** Something is in the reader, and does not answer: the wrong way round, or no card. */
  | 'mute'
  /** The card or the reader took too long. */
  | 'no-answer'
  | 'no-reader'
  /** No service of this machine knows of readers. */
  | 'no-service'
  /** It does not let this user have any. */
  | 'not-allowed'
  /** What talks to readers was not built on this machine. */
  | 'not-built'

export class CardRemoved extends Error {
  readonly absence: Absence

  constructor(absence: Absence = 'taken-out', cause?: unknown) {
    super(`there is no card to talk to: ${absence}`, { cause })
    this.name = 'CardRemoved'
    this.absence = absence
  }
}

/** The card says what no card of ours says: a response without a status, or one without an end. */
export class CardGarbled extends Error {
  constructor(what: string) {
    super(`not a card of ours: ${what}`)
    this.name = 'CardGarbled'
  }
}

export interface CardResponse {
  readonly status: number
  readonly data: Uint8Array
}

/** Most bytes of a response in all. */
const mostResponse = 4_096

/** `command`: instruction, P1, P2 and data of any length. @throws CardRemoved @throws CardGarbled */
export async function ask(
  element: Pick<SecureElement, 'transmit'>,
  { ins: instruction, p1, p2, data = new Uint8Array() }: { ins: number; p1: number; p2: number; data?: Uint8Array },
): Promise<CardResponse> {
  let from = 0
  for (; data.length - from > mostData; from += mostData) {
    const part = data.slice(from, from + mostData)
    const answer = await one(element, { ins: instruction, p1, p2, data: part, isChained: true })
    if (answer.status !== status.done) return answer
  }
  let last = await one(element, { ins: instruction, p1, p2, data: data.slice(from), isChained: false })
  let whole = last.data
  while ((last.status & 0xff00) === moreToCome) {
    last = await one(element, { ins: ins.getResponse, p1: 0, p2: 0, data: new Uint8Array(), isChained: false })
    if (last.data.length === 0 || whole.length > mostResponse) throw new CardGarbled('a response without an end')
    whole = joined(whole, last.data)
  }
  return { status: last.status, data: whole }
}

async function one(
  element: Pick<SecureElement, 'transmit'>,
  command: Parameters<typeof encodeCommand>[0],
): Promise<CardResponse> {
  const response = await element.transmit(encodeCommand(command))
  const [sw2, sw1] = [response.at(-1), response.at(-2)]
  if (sw1 === undefined || sw2 === undefined) throw new CardGarbled('a response without a status')
  return { status: sw1 * 256 + sw2, data: response.slice(0, -2) }
}
