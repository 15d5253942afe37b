/** A letter says by what its sender finds its trace. Its receiver believes nothing of it, and takes the letter in a trace of its own. */
import { expect, test } from 'vitest'
import { fromHex } from '../../../src/bytes.ts'
import { MirrorAway } from '../../../src/keys/record-keys.ts'
import { accepted } from '../../../src/mail/inbox.ts'
import type { Content } from '../../../src/mail/letter.ts'
import type { MailOffice } from '../../../src/mail/mail.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { sealBody, writeSealedLetter } from '../../../src/mail/sealed-letters.ts'
import { toldTrace } from '../../../src/mail/told-trace.ts'
import { Traces } from '../../../src/operations/traces/traces.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { parseTraceId, type TraceId, traceIdIn } from '../../../src/trace.ts'
import { batch, inTown, type Office, order, type Town } from './offices.ts'

const theirs = parseTraceId('c0ffee00'.repeat(4)) as TraceId

/** Of a letter of the bank's in its first epoch. */
const toldOf = (from: Office, to: Office, sequence: bigint) =>
  toldTrace(theirs, { from: from.id, to: to.id, epoch: 1n, sequence })

async function tracedPair(town: Town, rest: Partial<MailOffice> = {}) {
  const lines: Record<string, unknown>[] = []
  const log = {
    info: (line: object) => void lines.push({ ...line }),
    error: (line: object) => void lines.push({ ...line }),
  }
  const tracing = new Traces({ runtime: systemRuntime, institution: 'shop', log })
  const bank = await town.openOffice('bank')
  const shop = await town.openOffice('shop', [bank], { tracing, ...rest })
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
    const told = toldOf(bank, shop, 1n)
    expect(first?.said).toBe(told)
    expect(first?.own).toBeDefined()
    expect([theirs, told]).not.toContain(first?.own)
    expect(second?.said).toBeUndefined()
    expect(lines).toEqual([
      expect.objectContaining({ traceId: first?.own, letter: 'stock-order', causedBy: told, outcome: 'accepted' }),
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
    expect(await taken(shop)).toMatchObject([{ said: toldOf(bank, shop, 1n) }])
    const kept = await bank.store.read(tx =>
      tx.all<{ outcome: string; trace: Uint8Array }>('SELECT outcome, trace FROM clearing_outbox'),
    )
    expect(kept.map(({ outcome, trace }) => [outcome, traceIdIn(trace)])).toEqual([['accepted', theirs]])
  }))

test('letters of one trace say something else each, to one receiver and to two, and the trace itself leaves with none', () =>
  inTown(async town => {
    const { bank, shop } = await tracedPair(town)
    const other = await town.openOffice('other', [bank])
    await bank.store.execute(async tx => {
      tx.trace = theirs
      for (const [to, n] of [
        [shop, 1],
        [shop, 2],
        [other, 1],
      ] as const)
        await writeLetter(tx, { from: bank.id, to: to.id, type: 'stock-order', body: order(n) })
    })
    bank.mail.wake()
    await bank.mail.idle()
    const said = [...(await taken(shop)), ...(await taken(other))].map(letter => letter.said)
    expect(said).toEqual([toldOf(bank, shop, 1n), toldOf(bank, shop, 2n), toldOf(bank, other, 1n)])
    expect(new Set([theirs, ...said]).size).toBe(4)
    for (const { store } of [shop, other])
      expect(Buffer.from(await store.snapshot()).includes(Buffer.from(fromHex(theirs)))).toBe(false)
    expect(Buffer.from(await bank.store.snapshot()).includes(Buffer.from(fromHex(theirs)))).toBe(true)
  }))

test.each([
  ['the other machine does not have its keys', new MirrorAway('it is not there'), [{ outcome: 'waits' }]],
  ['it fails', new Error('the disk is gone'), [{ error: 'Error: the disk is gone' }, { outcome: 'fault' }]],
])('a letter that is tried again as %s ends its trace, and is taken in another', (_why, trouble, logged) =>
  inTown(async town => {
    const taking = [trouble]
    const prepare = async () => {
      const error = taking.shift()
      if (error !== undefined) throw error
    }
    const letters = { 'stock-order': { prepare, judge: async () => accepted } }
    const { bank, shop, lines } = await tracedPair(town, { letters })
    await town.write(bank, shop, 1)
    await bank.mail.idle()
    const [{ own } = { own: undefined }, ...more] = await taken(shop)
    expect(more).toEqual([])
    expect(lines).toMatchObject([...logged, { outcome: 'accepted', traceId: own }])
    expect(lines.slice(0, -1).map(({ traceId }) => traceId)).not.toContain(own)
    expect(lines[0]?.['error']).toBe(trouble instanceof MirrorAway ? undefined : String(trouble))
  }),
)

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
