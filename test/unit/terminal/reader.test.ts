/** Readers, as far as they are ours: which one is meant, commands for T=0, and the protocol of a virtual one. */
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/bytes.ts'
import type { SecureElement } from '../../../src/card/apdu/secure-element.ts'
import { absenceOf } from '../../../src/terminal/reader/messages.ts'
import { codeIn } from '../../../src/terminal/reader/pcsclite.mjs'
import { chooseReader } from '../../../src/terminal/reader/readers.ts'
import { sendByT0 } from '../../../src/terminal/reader/short-apdu.ts'
import { insertIntoVpcd } from '../../../src/terminal/reader/virtual-card.ts'

const empty = (name: string) => ({ name, hasCard: false })
const full = (name: string) => ({ name, hasCard: true })

test('a reader is meant by its name or a part of it, or is the only one, or the only one with a card', () => {
  const [acs, acs2, scm] = [empty('ACS ACR38'), empty('ACS ACR38 01'), empty('SCM SCR 3310')]
  const chosen = (reader: typeof acs) => ({ outcome: 'chosen', reader })
  expect(chooseReader([])).toEqual({ outcome: 'none' })
  expect(chooseReader([acs])).toEqual(chosen(acs))
  expect(chooseReader([acs, scm])).toEqual({ outcome: 'several' })
  expect(chooseReader([acs, full('SCM')])).toEqual(chosen(full('SCM')))
  expect(chooseReader([full('ACS'), full('SCM')])).toEqual({ outcome: 'several' })
  expect(chooseReader([acs, acs2, scm], 'scr')).toEqual(chosen(scm))
  expect(chooseReader([acs, acs2, scm], 'ACS ACR38')).toEqual(chosen(acs))
  // By a part of two names: which of them has a card in it says nothing of which was meant.
  expect(chooseReader([full('ACS 1'), empty('ACS 2')], 'acs')).toEqual({ outcome: 'several' })
  expect(chooseReader([acs], 'omnikey')).toEqual({ outcome: 'unknown' })
})

test.each([
  ['without Le where there are data', '00a4040002aabb00', [['00a4040002aabb', '9000']], '9000'],
  ['as it is without data', '00ca010000', [['00ca010000', '9000']], '9000'],
  ['as it is without Le', '00a4040002aabb', [['00a4040002aabb', '6105']], '6105'],
  [
    'once more with the Le that the card wants',
    '00c0000000',
    [
      ['00c0000000', '6c02'],
      ['00c0000002', 'abcd9000'],
    ],
    'abcd9000',
  ],
] as const)('a command goes to a card that speaks T=0 %s', async (_, apdu, talk, response) => {
  const left = [...talk]
  const answered = await sendByT0(async sent => {
    const [command, answer] = left.shift() ?? []
    expect(toHex(sent)).toBe(command)
    return fromHex(answer ?? '')
  }, fromHex(apdu))
  expect(toHex(answered)).toBe(response)
  expect(left).toEqual([])
})

test('what PC/SC says is why there is no card; all that it says besides is a card that was taken out', () => {
  const code = codeIn(new Error('SCardConnect error: Sharing violation.(0x8010000b)'))
  expect(absenceOf(code)).toBe('in-use')
  expect(absenceOf(0x8010001d)).toBe('no-service')
  for (const lost of [0x80100069, 0x80100068, 0x80100016, 0x8010002f, codeIn(new Error('?'))])
    expect(absenceOf(lost)).toBe('taken-out')
})

test('a virtual reader’s messages are taken whole, in whatever pieces they come', async () => {
  const done: string[] = []
  const card: SecureElement = {
    begin: async () => void done.push('begin'),
    end: async () => void done.push('end'),
    transmit: async apdu => {
      done.push(toHex(apdu))
      return fromHex('9000')
    },
  }
  for (const size of [1, 2, 5, 100]) {
    done.length = 0
    const [toCard, fromCard] = [new PassThrough(), new PassThrough()]
    const said: Uint8Array[] = []
    fromCard.on('data', piece => said.push(piece))
    const over = insertIntoVpcd(card, toCard, fromCard)
    // Power on, answer to reset, an APDU, reset, power off.
    const bytes = fromHex('000101 000104 000500ca010000 000102 000100'.replaceAll(' ', ''))
    for (let from = 0; from < bytes.length; from += size) toCard.write(bytes.slice(from, from + size))
    toCard.end()
    await over
    expect(done).toEqual(['begin', '00ca010000', 'begin', 'end'])
    expect(toHex(Buffer.concat(said))).toBe('00093b8501807380018076' + '00029000')
  }
})
