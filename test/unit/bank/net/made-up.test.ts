/** A bank that makes up what it holds of the net statements of another, whose books went back in time, or says nothing: people hear of it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeNetHeader, encodeNetHeader, encodeNetLine, type NetHeader } from '../../../../src/bank/net/statement.ts'
import { type KeptLetter, keptLetterWith } from '../../../../src/mail/kept-letter.ts'
import type { Letter } from '../../../../src/mail/messages.ts'
import { writeLetter } from '../../../../src/mail/outbox.ts'
import { yuan } from '../../../../src/money.ts'
import { closeDayEnd } from '../../../support/day-end.ts'
import { accountNumber, institutionId, intentId } from '../../../support/ids.ts'
import { alarmsOf } from '../../../support/proof.ts'
import { banksOf, letAllArrive } from '../../../support/two-banks.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

const [harbour, garden] = [institutionId('harbour'), institutionId('garden')]
let runtime: VirtualRuntime
let world: World
/** Of a customer that garden credits harbour for: what harbour is owed. */
let transfer = ''
let told: { readonly number: bigint; readonly header: NetHeader; readonly proof: KeptLetter }
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 92 })
  await runtime.run(async () => {
    world = await openWorld({ runtime, banks: 2 })
    const from = world.neighbour?.account ?? accountNumber('1')
    const order = { from, to: world.customers.ada.account, amount: yuan(30n), intent: intentId('1') }
    const sent = await world.other().bank.transfer({ ...order, channel: 'telephone' })
    expect(sent).toMatchObject({ outcome: 'transferred' })
    await letAllArrive(world)
    const before = await world.harbour.store.snapshot()
    await night()
    expect(await due()).toBe(3_000n)
    told = await tellingOf()
    await closeDayEnd(world.other())
    await world.putBack('bank', before)
    expect(await world.harbour.recovery.begun).toBe('closed')
    await letAllArrive(world)
  })
}, 120_000)
afterEach(() => runtime.run(() => world.close()))

const banks = () => banksOf(world)

async function night(): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  for (const bank of banks()) await bank.nightly()
  await letAllArrive(world)
}

const due = async () => (await world.harbour.teller.standings())[0]?.due
const alarms = async () => (await alarmsOf(world.harbour)).join('\n')

/** The statement of harbour that tells of the credit, and the letter that brought its header to garden. */
async function tellingOf() {
  const own = await world.harbour.store.read(tx =>
    tx.one<{ number: bigint; header: Uint8Array }>('SELECT number, header FROM net_statement WHERE lines = 1'),
  )
  const credit = await world.harbour.store.read(tx =>
    tx.one<{ transfer: string }>('SELECT transfer FROM received_credit'),
  )
  const header = own && decodeNetHeader(own.header)
  const proof = own && (await world.other().store.read(tx => keptLetterWith(tx, garden, harbour, own.header)))
  if (own === undefined || header === undefined || proof === undefined || credit === undefined)
    throw new Error('nothing was told')
  transfer = credit.transfer
  return { number: own.number, header, proof }
}

async function says<T extends 'net-held' | 'net-held-lines'>(type: T, body: Letter<T>): Promise<void> {
  const letter = { from: garden, to: harbour, type, body, stream: 'bulk' } as const
  await world.other().store.execute(tx => writeLetter<T>(tx, letter))
  world.other().mail.wake()
  await letAllArrive(world)
}

type Held = NonNullable<Letter<'net-held'>['held']>

/** Whatever was asked, honestly; but for the statement that tells of the credit. */
async function answersAll(held: Held, minor: bigint): Promise<void> {
  for (;;) {
    const asked = await world.harbour.store.read(tx =>
      tx.one<{ recall: bigint; number: bigint }>(
        `SELECT epoch AS recall, number FROM net_recall WHERE way = 'ours' AND state = 'asked'`,
      ),
    )
    if (asked === undefined) return
    const { recall, number } = asked
    if (number === told.number) {
      await says('net-held', { recall, number, held })
      await says('net-held-lines', { recall, number, from: 1n, lines: encodeNetLine({ transfer, minor }) })
      return
    }
    const header = await world
      .other()
      .store.read(tx => tx.one<{ header: Uint8Array }>('SELECT header FROM bank_statement WHERE number = ?', number))
    const proof = header && (await world.other().store.read(tx => keptLetterWith(tx, garden, harbour, header.header)))
    const empty = header && { header: new Uint8Array(header.header), ...(proof && { proof }), agreed: 0n, breaks: [] }
    await says('net-held', { recall, number, ...(empty && { held: empty }) })
  }
}

const taken = () =>
  world.harbour.store.read(tx =>
    tx.one<{ lines: bigint; recall: string }>(
      `SELECT (SELECT count(*) FROM held_credit) AS lines,
         (SELECT state FROM net_recall WHERE way = 'ours') AS recall`,
    ),
  )

test(
  'a header that it did not sign is not taken, nor results and lines that are not of it; it is late, and what it wrote is taken after all',
  () =>
    runtime.run(async () => {
      const made = encodeNetHeader({ ...told.header, minor: 0n, total: 0n, root: new Uint8Array(32) })
      await answersAll({ header: made, proof: told.proof, agreed: 0n, breaks: [] }, 3_000n)
      expect(await alarms()).toMatch(/day-end-contradicted: net statement \d .* does not show that it was signed here/)
      expect(await taken()).toEqual({ lines: 0n, recall: 'asked' })

      const held = { header: encodeNetHeader(told.header), proof: told.proof, agreed: 3_000n, breaks: [] }
      await answersAll({ ...held, agreed: 0n }, 3_000n)
      expect(await alarms()).toMatch(/day-end-contradicted: net statement \d .* of 3000 it agrees to 0/)
      expect(await taken()).toEqual({ lines: 0n, recall: 'asked' })

      await answersAll(held, 2_999n)
      expect(await alarms()).toMatch(/day-end-contradicted: net statement \d .* its lines are not those of its header/)
      expect(await taken()).toEqual({ lines: 0n, recall: 'asked' })

      runtime.jumpWallClock(3 * 86_400_000)
      await world.harbour.nightly()
      await letAllArrive(world)
      await world.harbour.dayEnd.reportLate()
      expect(await alarms()).toMatch(
        /day-end-late: no net statement is written since .*: it has not told what it holds/,
      )

      await answersAll(held, 3_000n)
      expect(await taken()).toMatchObject({ lines: 1n })
      expect(await due()).toBe(3_000n)
    }),
  120_000,
)
