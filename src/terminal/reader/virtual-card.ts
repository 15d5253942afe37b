/**
 * A card in a virtual reader: the protocol of vsmartcard's vpcd, whose driver makes a reader of whoever connects to its port. Each message
 * either way is two bytes of length and so many bytes: to us an APDU, or one byte that is a command; from us a response, or the
 * answer to reset. The card is in the reader while the connection stands.
 */
import type { Readable, Writable } from 'node:stream'
import { joined } from '../../bytes.ts'
import type { SecureElement } from '../../card/apdu/secure-element.ts'

/** Where the driver listens if nobody says otherwise (/etc/reader.conf.d/vpcd). */
export const vpcdPort = 0x8c7b

/**
 * Answer to reset (ISO/IEC 7816-3 section 8): T=1 alone, and historical bytes that say (ISO/IEC 7816-4 section 12.1.1) that an
 * application is selected by its name and that commands may be chained.
 */
export const answerToReset = withCheck(0x3b, 0x85, 0x01, 0x80, 0x73, 0x80, 0x01, 0x80)

const command = { powerOff: 0, powerOn: 1, reset: 2, answerToReset: 4 } as const

/** Resolves when the reader, or whoever ends the connection, is done with the card. */
export async function insertIntoVpcd(card: SecureElement, from: Readable, to: Writable): Promise<void> {
  const say = (message: Uint8Array) =>
    to.write(joined(Uint8Array.of(message.length >> 8, message.length & 255), message))
  for await (const message of messagesIn(from)) {
    const [only] = message
    if (message.length !== 1) say(await card.transmit(message))
    else if (only === command.answerToReset) say(answerToReset)
    else if (only === command.powerOn || only === command.reset) await card.begin()
    else if (only === command.powerOff) await card.end()
  }
}

async function* messagesIn(connection: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array = new Uint8Array()
  for await (const chunk of connection) {
    kept = joined(kept, chunk)
    for (;;) {
      const [high, low] = kept
      if (high === undefined || low === undefined) break
      const end = 2 + high * 256 + low
      if (kept.length < end) break
      yield kept.slice(2, end)
      kept = kept.slice(end)
    }
  }
}

/** All bytes after the first, one after the other by exclusive or, come to nothing with the last. */
function withCheck(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.of(
    ...bytes,
    bytes.slice(1).reduce((check, byte) => check ^ byte, 0),
  )
}
