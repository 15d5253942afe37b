/** A letter says in which trace it was written. Its receiver believes nothing of it, and takes the letter in a trace of its own. */
import { expect, test } from 'vitest'
import type { Content } from '../../../src/mail/letter.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { sealBody, writeSealedLetter } from '../../../src/mail/sealed-letters.ts'
import { Traces } from '../../../src/operations/traces/traces.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { parseTraceId, traceIdIn } from '../../../src/trace.ts'
import { batch, inTown, type Office, order, type Town } from './offices.ts'

const theirs = parseTraceId('c0ffee00'.repeat(4))

async function tracedPair(town: Town) {
  const lines: Record<string, unknown>[] = []
  const log = {
    info: (line: object) => void lines.push({ ...line }),
    error: (line: object) => void lines.push({ ...line }),
  }
  const tracing = new Traces({ runtime: systemRuntime, institution: 'shop', log })
  const bank = await town.openOffice('bank')
  const shop = await town.openOffice('shop', [bank], { tracing })
  return { bank, shop, lines }
}

async function taken({ store }: Office) {
  const rows = await store.read(tx =>
    tx.all<{ trace: Uint8Array | null; peer_trace: Uint8Array | null }>(
      'SELECT trace, peer_trace FROM clearing_inbox ORDER BY epoch, sequence',
    ),
  )
  return rows.map(row => ({ own: traceIdIn(row.trace), said: traceIdIn(row.peer_trace) }))
}

test('the receiver notes what the letter says, beside a trace of its own', () =>
  inTown(async town => {
    const { bank, shop, lines } = await tracedPair(town)
    const letter = { from: bank.id, to: shop.id, type: 'stock-order', body: order(1) } as const
    await bank.store.execute(tx => {
      tx.trace = theirs
      return writeLetter(tx, letter)
    })
    await town.write(bank, shop, 2)
    await bank.mail.idle()
    const [first, second] = await taken(shop)
    expect(first?.said).toBe(theirs)
    expect(first?.own).toBeDefined()
    expect(first?.own).not.toBe(theirs)
    expect(second?.said).toBeUndefined()
    expect(lines).toEqual([
      expect.objectContaining({ traceId: first?.own, letter: 'stock-order', causedBy: theirs, outcome: 'accepted' }),
      expect.objectContaining({ traceId: second?.own, letter: 'stock-order', outcome: 'accepted' }),
    ])
    expect(lines[1]).not.toHaveProperty('causedBy')
  }))

test('a letter whose content is sealed until it leaves says it, too', () =>
  inTown(async town => {
    const { bank, shop } = await tracedPair(town)
    const { recordKeys } = bank
    const letter = { from: bank.id, to: shop.id, type: 'voucher-batch', body: batch(1, 100) } as const
    const sealed = await sealBody({ recordKeys, runtime: town.runtime }, letter)
    await bank.store.execute(tx => {
      tx.trace = theirs
      return writeSealedLetter(tx, sealed)
    })
    bank.mail.wake()
    await bank.mail.idle()
    expect(shop.taken).toEqual([batch(1, 100).batch])
    expect(await taken(shop)).toMatchObject([{ said: theirs }])
    const told = await bank.store.read(tx => tx.all('SELECT outcome FROM clearing_outbox'))
    expect(told).toEqual([{ outcome: 'accepted' }])
  }))

test.each([
  ['too short', new Uint8Array(5).fill(1)],
  ['too long', new Uint8Array(5_000).fill(1)],
  ['a text', 'c0ffee00'.repeat(4)],
  ['all zero', new Uint8Array(16)],
])('one that is %s is none, and the letter counts', (_how, trace) =>
  inTown(async town => {
    const { bank, shop, lines } = await tracedPair(town)
    const place = { epoch: 1n, sequence: 1n }
    const letter = { kind: 'letter', from: bank.id, to: shop.id, ...place, type: 'stock-order', body: order(1), trace }
    const { answers } = await town.send(bank, shop, [letter as Content])
    expect(answers[0]?.content).toMatchObject({ kind: 'receipt', outcome: 'accepted' })
    expect(shop.taken).toEqual([order(1).order])
    expect(await taken(shop)).toMatchObject([{ said: undefined }])
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toHaveProperty('causedBy')
  }),
)
