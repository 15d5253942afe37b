/** Writing a card at a bank's counter that cannot be written: the clerk is told why, and that nothing came of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { DrawnCard } from '../../../src/bank/cards/issue.ts'
import { type Absence, CardRemoved, type SecureElement } from '../../../src/card/apdu/secure-element.ts'
import { packedNumberBytes, unpackCardNumber } from '../../../src/card/numbers.ts'
import { encodeMemory, factoryMemory } from '../../../src/card/soft/memory.ts'
import { cardFile, personalise } from '../../../src/operations/card-file.ts'
import { Secret } from '../../../src/secret.ts'
import { accountNumber, institutionId } from '../../support/ids.ts'

const drawn: DrawnCard = {
  number: unpackCardNumber(new Uint8Array(packedNumberBytes)) ?? expect.unreachable(),
  issuer: institutionId('harbour'),
  account: accountNumber('62000012'),
  expiresAt: 0,
  issuerKey: new Uint8Array(32),
  ...{ pin: new Secret('123456'), puk: new Secret('12345678'), password: new Secret('1'), agreedKey: new Secret('00') },
}

/** A reader from which the card is gone at its first command, or in which there never was one. */
function without(absence: Absence): SecureElement {
  const gone = async (): Promise<never> => {
    throw new CardRemoved(absence)
  }
  return { begin: absence === 'taken-out' ? async () => {} : gone, transmit: gone, end: async () => {} }
}

it.each([
  ['no-card', 'no card was put into the reader. Nothing was enrolled: issue another one'],
  ['in-use', 'another program is using the card'],
  ['taken-out', 'the card was taken out in the middle of it'],
] as const)('of a card that cannot be written the reason is told: %s', async (absence, told) => {
  await expect(personalise(without(absence), drawn, 'Ed25519')).rejects.toThrow(told)
})

it.each([
  ['cut off', (whole: Uint8Array) => whole.subarray(0, 20)],
  ['empty', () => new Uint8Array()],
  ['something else', () => new TextEncoder().encode('a letter')],
])('a card file that is %s is said to be damaged, with the way out', async (_, damaged) => {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-card-'))
  const path = join(folder, 'one.card')
  try {
    await cardFile(path).save(encodeMemory(factoryMemory))
    expect(await cardFile(path).load()).toEqual(encodeMemory(factoryMemory))
    writeFileSync(path, damaged(encodeMemory(factoryMemory)))
    await expect(cardFile(path).load()).rejects.toThrow(`${path} is no card, or it is damaged`)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
