/** What one payee tells, or what befalls its file, holds up nobody else at their bank. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { decodeHeader, encodeHeader, fileHash, type Header } from '../../../src/clearing/header.ts'
import { encodeLine, type Line } from '../../../src/clearing/lines.ts'
import { leafHash, MerkleTree } from '../../../src/clearing/merkle.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { tooMuch, yuan } from '../../../src/money.ts'
import { payWith, settleAll } from '../../support/day-end.ts'
import { institutionId } from '../../support/ids.ts'
import { alarmsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let runtime: VirtualRuntime
let world: World
const troubles: unknown[] = []

beforeEach(async () => {
  troubles.length = 0
  runtime = new VirtualRuntime({ seed: 5 })
  world = await runtime.run(() => openWorld({ runtime, banks: 2, troubled: error => troubles.push(error) }))
})
afterEach(() => runtime.run(() => world.close()))

async function night(): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  await world.lantern.nightly()
  await world.harbour.nightly()
  await world.other().nightly()
  await runtime.sleep(60_000)
}

const count = async (sql: string) => (await world.harbour.store.read(tx => tx.one<{ n: bigint }>(sql)))?.n ?? 0n
const statements = () => count(`SELECT count(*) AS n FROM net_statement WHERE state = 'agreed'`)

interface Told {
  readonly lines: readonly Line[]
  readonly totals: (totals: Header['sections'][0]['totals']) => Header['sections'][0]['totals']
}

/** The payee writes a file by itself that follows its last. */
async function tell({ lines: told, totals }: Told): Promise<void> {
  const last = await world.harbour.store.read(tx =>
    tx.one<{ header: Uint8Array }>(
      `SELECT header FROM payee_file WHERE payee = 'lantern' ORDER BY number DESC LIMIT 1`,
    ),
  )
  if (last === undefined) throw new Error('no file before')
  const before = decodeHeader(last.header)
  const lines = told.map(encodeLine)
  const tree = new MerkleTree()
  for (const line of lines) tree.addLeaf(leafHash(line))
  const number = before.number + 1n
  const [section] = before.sections
  const nothing = { count: 0n, minor: 0n }
  const none = { capture: nothing, reversal: nothing, termination: nothing, refund: nothing }
  const header = encodeHeader({
    ...before,
    ...{ number, previous: fileHash(last.header) },
    date: new Date(Date.parse(before.date) + 86_400_000).toISOString().slice(0, 10),
    sections: [{ ...section, totals: totals(none), root: tree.root() }],
  })
  const letter = { from: institutionId('lantern'), to: institutionId('harbour'), stream: 'bulk' } as const
  await world.lantern.store.execute(async tx => {
    await writeLetter(tx, { ...letter, type: 'day-end-file', body: { header } })
    const body = { number, from: 1n, lines: Buffer.concat(lines) }
    await writeLetter(tx, { ...letter, type: 'day-end-lines', body })
  })
  await world.lantern.nightly()
  await runtime.sleep(60_000)
}

/** Of a voucher that nobody made. */
const line = (kind: Line['kind'], ref: bigint, minor: bigint): Line => ({
  ...{ kind, ref, minor, number: world.unknownNumber },
})

test.each<[string, bigint]>([
  ['each as much as a row holds', 2n ** 63n - 1n],
  ['each too much to be told', tooMuch],
  ['each the most that can be told', tooMuch - 1n],
])('a file of lines that come to a break, %s', (_, minor) =>
  runtime.run(async () => {
    await night()
    await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
    await night()
    await tell({
      lines: [line('capture', 900_000n, minor), line('termination', 900_001n, minor)],
      totals: none => ({ ...none, capture: { count: 1n, minor }, termination: { count: 1n, minor } }),
    })
    const [before, reports] = [await statements(), (await world.harbour.dayEnd.reports()).length]
    await night()
    expect(await statements()).toBe(before + 1n)
    expect(await count(`SELECT count(*) AS n FROM payee_file WHERE state IN ('received', 'posted')`)).toBe(0n)
    expect(reports).toBeGreaterThan(1)
    expect(troubles).toEqual([])
  }),
)

test('a file whose step fails is set aside, with an alarm, and goes on when it can', () =>
  runtime.run(async () => {
    await night()
    await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
    await night()
    const last = await world.harbour.store.read(tx =>
      tx.one<{ number: bigint; statement: Uint8Array }>(
        `SELECT number, statement FROM payee_file WHERE state = 'result sent' AND lines > 0 LIMIT 1`,
      ),
    )
    if (last === undefined) throw new Error('no file with lines')
    const { number, statement } = last
    // Its result is to be told again, and what is to be told cannot be read.
    await world.harbour.store.execute(tx =>
      tx.run(`UPDATE payee_file SET state = 'posted', told = 0, statement = x'00' WHERE number = ?`, number),
    )
    const before = await statements()
    await night()
    expect(await statements()).toBe(before + 1n)
    expect(troubles).not.toEqual([])
    expect(await alarmsOf(world.harbour)).toEqual([expect.stringMatching(/day-end-contradicted: file \d+ .* go on/)])
    await world.harbour.store.execute(tx =>
      tx.run('UPDATE payee_file SET statement = ? WHERE number = ?', statement, number),
    )
    await runtime.sleep(60_000)
    await settleAll(world)
    expect(await count(`SELECT count(*) AS n FROM payee_file WHERE state <> 'result sent'`)).toBe(0n)
    expect(await alarmsOf(world.harbour)).toHaveLength(1)
  }))
