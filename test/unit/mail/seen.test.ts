/** What was answered is answered again without being looked at; and what a peer may ask for is bounded. */
import { expect, test } from 'vitest'
import { GivenAnswers } from '../../../src/mail/seen.ts'
import { TooBusy } from '../../../src/mail/transport.ts'
import { institutionId } from '../../support/ids.ts'
import { inTown, order } from './offices.ts'

const bytes = (n: number) => Uint8Array.of(n >> 16, (n >> 8) & 0xff, n & 0xff)

test('the same bytes get the same answer, and are looked at once', async () => {
  const given = new GivenAnswers()
  let looked = 0
  const ask = (n: number) =>
    given.answerTo(bytes(n), async () => {
      looked++
      return bytes(n + 1)
    })
  expect(await Promise.all([ask(1), ask(1), ask(2)])).toEqual([bytes(2), bytes(2), bytes(3)])
  expect(await ask(1)).toEqual(bytes(2))
  expect(looked).toBe(2)
})

test('a failure is not kept', async () => {
  const given = new GivenAnswers()
  await expect(given.answerTo(bytes(1), () => Promise.reject(new Error('closing')))).rejects.toThrow('closing')
  expect(await given.answerTo(bytes(1), async () => bytes(7))).toEqual(bytes(7))
})

test.each([
  ['a thousand and more answers', 3_000, 10],
  ['four mebibytes', 50, 200_000],
])('the oldest are forgotten beyond %s', async (_, count, size) => {
  const given = new GivenAnswers()
  for (let n = 0; n < count; n++) await given.answerTo(bytes(n), async () => new Uint8Array(size))
  let looked = 0
  const look = async () => {
    looked++
    return bytes(0)
  }
  await given.answerTo(bytes(count - 1), look)
  expect(looked).toBe(0)
  await given.answerTo(bytes(0), look)
  expect(looked).toBe(1)
})

test('an envelope that is played back gets the same bytes, and one peer’s flood is refused without harm to another', () =>
  inTown(async town => {
    const [bank, shop] = await town.pair()
    await town.write(bank, shop, 1)
    await bank.mail.idle()
    const [first] = town.transport.carried
    if (first === undefined) throw new Error('nothing was sent')
    expect(await town.transport.again(shop.id, first.bytes)).toEqual(first.answer)
    expect(shop.taken).toEqual([order(1).order])
    // Forged ones, of a peer that a connection has proved: fifty are looked at, the others are not.
    const forged = (n: number) => town.transport.again(shop.id, new Uint8Array(12_000).fill(n), bank.id)
    for (let n = 0; n < 50; n++) expect(await forged(n)).toEqual(new Uint8Array())
    await expect(forged(50)).rejects.toThrow(TooBusy)
    const other = town.transport.again(shop.id, bytes(1), institutionId('other'))
    expect(await other).toEqual(new Uint8Array())
    await town.runtime.sleep(60_000)
    expect(await forged(51)).toEqual(new Uint8Array())
  }))
