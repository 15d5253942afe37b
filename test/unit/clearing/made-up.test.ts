/** A bank that makes up what it holds of the files of a payee, or a host, whose books went back in time: nothing of that is taken for its own. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { decodeHeader, encodeHeader, fileHash, type Header, noTotals } from '../../../src/clearing/header.ts'
import { decodeHostHeader, encodeHostHeader } from '../../../src/clearing/host-header.ts'
import { encodeLine } from '../../../src/clearing/lines.ts'
import { leafHash, MerkleTree } from '../../../src/clearing/merkle.ts'
import { decodeResult, encodeResult, type Result } from '../../../src/clearing/result.ts'
import { type KeptLetter, keptLetterWith } from '../../../src/mail/kept-letter.ts'
import type { Letter } from '../../../src/mail/messages.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { yuan } from '../../../src/money.ts'
import { enrolled, hostedLettersArrive, opened, pay } from '../../simulation/day-end/hosted.ts'
import { closeDayEnd, payWith, settleAll } from '../../support/day-end.ts'
import { institutionId } from '../../support/ids.ts'
import { alarmsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const [harbour, lantern, host] = [institutionId('harbour'), institutionId('lantern'), institutionId('neighbours')]
const day = 86_400_000
let runtime: VirtualRuntime
let world: World
afterEach(() => runtime.run(() => world.close()))

const heldFile = <R extends Record<string, bigint | Uint8Array>>(table: 'payee_file' | 'hosted_file') =>
  world.harbour.store.read(async tx => {
    const row = await tx.one<R>(`SELECT * FROM ${table} ORDER BY number DESC LIMIT 1`)
    if (row === undefined) throw new Error('the bank holds none')
    return row
  })

describe('a payee whose books went back', () => {
  let number = 0n
  /** With everything given back that was ever paid. */
  let header: Uint8Array
  let line: Uint8Array
  let result: Result

  beforeEach(async () => {
    runtime = new VirtualRuntime({ seed: 29 })
    await runtime.run(async () => {
      world = await openWorld({ runtime })
      const { confirmed } = world.vouchers
      await night()
      await payWith(world, confirmed, 'one', yuan(40n))
      await night()
      const before = await world.lantern.store.snapshot()
      await payWith(world, confirmed, 'lost', yuan(1n))
      await night()
      const held = await heldFile<{ number: bigint; header: Uint8Array; statement: Uint8Array }>('payee_file')
      await closeDayEnd(world.harbour)
      await world.putBack('merchant', before)
      expect(await world.lantern.recovery.begun).toBe('closed')
      await settleAll(world)
      number = held.number
      makeUp(decodeHeader(held.header), decodeResult(held.statement))
    })
  }, 60_000)

  function makeUp(honest: Header, said: Result): void {
    line = encodeLine({ kind: 'refund', ref: 999_999n, number: world.vouchers.confirmed.number, minor: 4_000n })
    const tree = new MerkleTree()
    tree.addLeaf(leafHash(line))
    const totals = { ...noTotals(), refund: { count: 1n, minor: 4_000n } }
    header = encodeHeader({ ...honest, sections: [{ ...honest.sections[0], root: tree.root(), totals }] })
    const { opening } = said.settlement
    result = {
      ...said,
      ...{ number, date: honest.date, file: fileHash(header), breaks: 0n, accepted: totals },
      float: { ...said.float, captures: 0n, closing: said.float.opening + said.float.sales },
      settlement: { opening, captures: 0n, fee: 0n, refunds: 4_000n, paidOut: 0n, closing: opening - 4_000n },
    }
  }

  async function night(): Promise<void> {
    runtime.jumpWallClock(day)
    await world.lantern.nightly()
    await world.harbour.nightly()
    await settleAll(world)
  }

  async function says<T extends 'day-end-held' | 'day-end-held-lines' | 'day-end-result'>(type: T, body: Letter<T>) {
    const letter = { from: harbour, to: lantern, type, body, stream: 'bulk' } as const
    await world.harbour.store.execute(tx => writeLetter<T>(tx, letter))
    world.harbour.mail.wake()
    await settleAll(world)
  }

  async function tellsIt(proof?: KeptLetter): Promise<void> {
    const asked = { recall: 2n, last: number }
    await says('day-end-held', { ...asked, file: { number, header, isVoid: false, ...(proof && { proof }) } })
    await says('day-end-held-lines', { ...asked, number, from: 1n, lines: line })
    await says('day-end-result', { result: encodeResult(result) })
  }

  const settled = () => posted(world.lantern.store, 'settled:harbour')
  const takeHeld = () => bothSign(world.lantern, runtime, world.shopStaff, 'take-held', { bank: 'harbour' })
  const unsigned = /day-end-contradicted: file \d+ .* does not show that it was signed here/

  test('places nothing of a file that it did not sign, and calls people', () =>
    runtime.run(async () => {
      await tellsIt()
      await world.lantern.nightly()
      await settleAll(world)
      expect(await settled()).toBe(4_000n)
      expect((await alarmsOf(world.lantern)).join()).toMatch(unsigned)
    }))

  test('is shown a letter that it did sign, which brought another file, in vain', () =>
    runtime.run(async () => {
      const { header: honest } = await heldFile<{ header: Uint8Array }>('payee_file')
      const proof = await world.harbour.store.read(tx => keptLetterWith(tx, harbour, lantern, honest))
      expect(proof).toBeDefined()
      await tellsIt(proof)
      expect(await settled()).toBe(4_000n)
      expect((await alarmsOf(world.lantern)).join()).toMatch(unsigned)
    }))

  test('has it placed by two people alone', () =>
    runtime.run(async () => {
      await tellsIt()
      expect(await takeHeld()).toMatchObject({ done: true })
      const [taken] = await world.lantern.store.read(tx =>
        tx.all<{ unsigned: bigint; scanned: bigint }>('SELECT unsigned, scanned FROM day_end_file WHERE held = 2'),
      )
      expect(taken).toEqual({ unsigned: 1n, scanned: 1n })
    }))

  test('books no result of it that its lines do not bear out, whatever its header says', () =>
    runtime.run(async () => {
      const empty = decodeHeader(header)
      // Worth something, and of no line.
      const totals = { ...noTotals(), refund: { count: 0n, minor: 4_000n } }
      header = encodeHeader({ ...empty, sections: [{ ...empty.sections[0], totals }] })
      await says('day-end-held', { recall: 2n, last: number, file: { number, header, isVoid: false } })
      const told = { ...result, file: fileHash(header), accepted: totals }
      await says('day-end-result', { result: encodeResult(told) })
      await world.lantern.nightly()
      await settleAll(world)
      expect(await settled()).toBe(4_000n)
      expect((await alarmsOf(world.lantern)).join()).toContain('missing-there')
    }))
})

test('a host whose books went back takes no file that it did not sign, and calls people', async () => {
  runtime = new VirtualRuntime({ seed: 34 })
  await runtime.run(async () => {
    world = await openWorld({ runtime, hosted: true })
    const payee = await enrolled(world, world.customers.ada.account)
    const before = await world.neighbours().store.snapshot()
    await pay(await opened(world, payee, 'one'), 'paid', 30n)
    runtime.jumpWallClock(day)
    await world.neighbours().nightly()
    await hostedLettersArrive(world)
    const { number, header: honest } = await heldFile<{ number: bigint; header: Uint8Array }>('hosted_file')
    await closeDayEnd(world.harbour)
    await world.putBack('host', before)
    expect(await world.neighbours().recovery.begun).toBe('closed')
    await hostedLettersArrive(world)
    const header = encodeHostHeader({ ...decodeHostHeader(honest), lines: 0n })
    const proof = await world.harbour.store.read(tx => keptLetterWith(tx, harbour, host, honest))
    if (proof === undefined) throw new Error('the bank has no letter of it')
    const body = { recall: 2n, last: number, file: { number, header, isVoid: false, proof } }
    const letter = { from: harbour, to: host, type: 'host-file-held', body, stream: 'bulk' } as const
    await world.harbour.store.execute(tx => writeLetter(tx, letter))
    world.harbour.mail.wake()
    await hostedLettersArrive(world)
    const taken = await world
      .neighbours()
      .store.read(tx => tx.all('SELECT number FROM host_file WHERE held IS NOT NULL'))
    expect(taken).toEqual([])
    expect((await alarmsOf(world.neighbours())).join()).toMatch(/day-end-contradicted: the host’s file .* signed here/)
  })
})
