/**
 * Who writes a letter has asked first whether it may: to a counterparty that we are closed to, `writeLetter` throws, and a caller, a
 * night or a decision would end half done. Every place that writes is listed here with where it asks, or why it need not.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const writes = /\b(?:writeLetter|writeSealedLetter|writeToPayee|writeToBank|writeList)\b(?:<[^(]*>)?\(/g
const asks = /\bisClosedTo\(|\bisWithinReach\(|\bclosed = 1\b/

/** Letters are taken of counterparties that we are open to, so that whoever answers the one that wrote may write to it. */
const answers = 'answers the letter of that counterparty'
/** The wrappers that every room writes by. */
const wraps = 'writes for whoever has asked'

/** By file: how often it writes, and where it asks: itself, in another file, or not. */
const writers: Readonly<Record<string, readonly [count: number, where: string]>> = {
  'bank/clearing/declare-void.ts': [1, 'itself'],
  'bank/clearing/held.ts': [3, 'itself'],
  'bank/clearing/hosts/held.ts': [2, 'bank/clearing/held.ts'],
  'bank/clearing/hosts/receive.ts': [1, answers],
  'bank/clearing/tell.ts': [2, 'bank/clearing/files.ts'],
  'bank/interbank/payouts.ts': [1, 'bank/interbank/send.ts'],
  'bank/interbank/receive.ts': [1, answers],
  'bank/interbank/send.ts': [1, 'itself'],
  'bank/leaving.ts': [1, 'itself'],
  'bank/net/again.ts': [1, 'itself'],
  'bank/net/answer-settlement.ts': [2, 'itself'],
  'bank/net/recall.ts': [2, 'itself'],
  'bank/net/settle.ts': [1, 'itself'],
  'bank/net/take.ts': [2, 'itself'],
  'bank/net/write.ts': [2, 'itself'],
  'bank/orders.ts': [1, 'itself'],
  'bank/private/enrol.ts': [2, 'itself'],
  'bank/private/letters.ts': [1, wraps],
  'bank/receivers/collected.ts': [1, 'itself'],
  'bank/receivers/lists.ts': [4, 'itself'],
  'bank/sale.ts': [1, 'itself'],
  'bank/voucher-notices.ts': [1, 'itself'],
  'card-receiver/announce.ts': [1, 'itself'],
  'card-receiver/forward.ts': [1, 'itself'],
  'mail/key-changes.ts': [1, 'itself'],
  'mail/key-letters.ts': [1, answers],
  'merchant/ceiling.ts': [1, 'itself'],
  'merchant/clearing/recall.ts': [1, 'itself'],
  'merchant/clearing/send.ts': [2, 'merchant/clearing/files.ts'],
  'merchant/host/day-end/recall.ts': [1, 'itself'],
  'merchant/host/day-end/send.ts': [1, 'merchant/host/day-end/files.ts'],
  'merchant/host/introduce.ts': [3, 'itself'],
  'merchant/host/letters.ts': [1, answers],
  'merchant/press.ts': [1, 'itself'],
  'merchant/shop.ts': [1, wraps],
  'securities/clients/pay-out.ts': [1, 'itself'],
}

const textOf = (file: string) => readFileSync(`src/${file}`, 'utf8')

test('each place that writes a letter is known, and asks whether it may', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
  const found = files.flatMap(file => {
    const count = callsIn(textOf(file))
    return count === 0 ? [] : [[file, count] as const]
  })
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(writers).map(([file, [count]]) => [file, count])),
  )
  for (const [file, [, where]] of Object.entries(writers)) {
    if (where === answers || where === wraps) continue
    const asking = where === 'itself' ? file : where
    expect(textOf(asking), `${file} asks in ${asking}`).toMatch(asks)
  }
})

/** Not where one is declared. */
function callsIn(text: string): number {
  return [...text.matchAll(writes)].filter(({ index }) => !/\bfunction $/.test(text.slice(0, index))).length
}
