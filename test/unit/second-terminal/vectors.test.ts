/** What the second terminal makes of the vectors that docs/protocol.md points to. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hex, unhex } from '../../support/second-terminal/bytes.ts'
import { inParts, readChallenge, writeAnswer } from '../../support/second-terminal/messages.ts'
import { isNumber, packAccount, packCard, unpackAccount, unpackCard } from '../../support/second-terminal/numbers.ts'
import { putTogether, toBeSigned } from '../../support/second-terminal/order.ts'
import { fromDigits, toDigits } from '../../support/second-terminal/push-button-frame.ts'
import { sealedUnderAgreedKey } from '../../support/second-terminal/sealing.ts'
import { pinBlock } from '../../support/second-terminal/tlv.ts'
import { directoryOf } from './directories.ts'

const { messages } = JSON.parse(readFileSync(new URL('../../fixtures/card/exchange.json', import.meta.url), 'utf8'))
const holder = { issuer: 'harbour', card: '00170000471170', account: '001234567889' }
const lotus = { bank: 'garden', account: '765432142', name: 'Lotus Books 荷花书店' }

test('the frame that the page writes out is read and written', () => {
  const frame = { type: 1, sequence: 2, keyId: 3, payload: new Uint8Array() }
  expect(toDigits(frame)).toBe('01020355#A801B#4429A#DB9D804202531DD88#87D')
  expect(fromDigits('01020355#A801B#4429A#DB9D804202531DD88#87D')).toEqual(frame)
})

test('numbers have their check digits, and are packed without them', () => {
  expect(isNumber(holder.card) && isNumber(holder.account) && isNumber(lotus.account)).toBe(true)
  expect(isNumber('00170000471171')).toBe(false)
  expect(unpackCard(packCard(holder.card))).toBe(holder.card)
  expect(unpackAccount(packAccount(holder.account))).toBe(holder.account)
})

test('the order of the challenge, what the card signs of it, and the answer in two parts are those of the vectors', () => {
  const directory = directoryOf({ number: 17, id: 'bookshop', collectsAt: lotus }, [lotus])
  const challenge = readChallenge(unhex(messages.challenge))
  const order = challenge && putTogether(challenge, directory, holder, {})
  expect(hex(order?.bytes ?? new Uint8Array())).toBe(messages.order)
  // The card's second signature: the first went as sound.
  const counter = 2
  const signed = toBeSigned(unhex(messages.order), counter)
  const password = sealedUnderAgreedKey(unhex(messages.agreedKey), signed, pinBlock('90817263'))
  expect(hex(password)).toBe(messages.passwordUnderAgreedKey)
  const signature = unhex(messages.answerAsDigits).slice(15, 79)
  const answer = writeAnswer({ ...holder, algorithm: 'Ed25519', counter, signature, password })
  expect(hex(answer)).toBe(messages.answerAsDigits)
  expect(inParts(3, answer).map(hex)).toEqual(messages.frames)
})
