/**
 * A thousand letters that forward what was never signed for their sender, or was paid before: none moves anything, nor is a password
 * compared but for those that bring a wrong one. Each check is taken out of a copy of the code, and one of the same letters says so.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collectTaking } from '../../../src/bank/receivers/collect.ts'
import { bankTables } from '../../../src/bank/tables.ts'
import { paymentId } from '../../../src/card-receiver/payment-id.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Edit } from '../../support/edit-once.ts'
import { posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { branchOn } from '../bank/cards/replays.ts'
import { Copies, never } from '../card/copies.ts'
import { type Forwarded, makeReplays, type Replayed } from './replays.ts'

let compared = 0
const runtime = new VirtualRuntime({
  seed: 354,
  onReached: point => {
    if (point === 'card password.slot-taken') compared++
  },
})
const copies = new Copies()
let made: Replayed
let books: Uint8Array
beforeAll(async () => {
  made = await runtime.run(() => makeReplays(runtime, 1_000))
  books = await made.payee.world.harbour.store.snapshot()
}, 60_000)
afterAll(async () => {
  copies.dispose()
  await made.payee.world.close()
})

type Taking = typeof collectTaking

/** What the bank answered, by its own books. */
async function verdictOf(store: Store, { from, body }: Forwarded): Promise<string> {
  const row = await store.read(tx =>
    tx.one<{ outcome: string; reason: string; field: string | null }>(
      'SELECT outcome, reason, field FROM card_collection WHERE receiver = ? AND payment = ?',
      ...[from, paymentId(body.message, body.password)],
    ),
  )
  if (row?.outcome !== 'refused') return row?.outcome ?? 'nothing'
  return row.field === null ? row.reason : `${row.reason} ${row.field}`
}

const place = { epoch: 1n, sequence: 1n }

async function deliver(taking: Taking, store: Store, letters: readonly Forwarded[]): Promise<readonly string[]> {
  const { prepare, judge } = taking(branchOn(runtime, store, made.payee.world.bankKeys))
  // All are prepared before any is decided.
  const prepared = await Promise.all(letters.map(({ from, body }) => prepare?.(from, body)))
  const verdicts: string[] = []
  for (const [i, letter] of letters.entries()) {
    await store.execute(async tx => judge?.(tx, letter.from, letter.body, prepared[i], place))
    verdicts.push(await verdictOf(store, letter))
  }
  return verdicts
}

/** What a copy of the code does not end as it should, on a copy of the books. */
async function wrongIn(taking: Taking, count: number): Promise<string[]> {
  const store = openStore({ runtime, at: { memory: books }, migrations: bankTables })
  const wrong: string[] = []
  await runtime.run(async () => {
    const before = await posted(store, 'deposit:%')
    const own = await posted(store, `deposit:${made.payee.own}`)
    compared = 0
    for (const replay of made.replays.slice(0, count)) {
      const [verdict] = await deliver(taking, store, [replay]).catch((error: unknown) => [String(error)])
      if (verdict !== replay.expected) wrong.push(`${replay.what}: ${verdict}`)
    }
    if (compared > 0) wrong.push(`${compared} passwords were compared`)
    if ((await posted(store, `deposit:${made.payee.own}`)) !== own) wrong.push('money has moved')
    // Both are judged before either is paid.
    const both = await deliver(taking, store, made.genuine).catch((error: unknown) => [String(error)])
    if (both.join() !== 'paid,old-counter') wrong.push(`one counter in two orders: ${both.join()}`)
    const [first] = made.genuine
    const again = await deliver(taking, store, [first, first]).catch((error: unknown) => [String(error)])
    if (again.join() !== 'paid,paid') wrong.push(`twice the same: ${again.join()}`)
    if ((await posted(store, `deposit:${made.payee.own}`)) !== own + 10_000n) wrong.push('it was not paid once')
    if ((await posted(store, 'deposit:%')) !== before) wrong.push('money was made')
  })
  await store.close()
  return wrong
}

/** Two letters of the same payment, both prepared before the first is decided. */
async function twiceAtOnce(taking: Taking): Promise<string[]> {
  const store = openStore({ runtime, at: { memory: books }, migrations: bankTables })
  const [first] = made.genuine
  const verdicts = await runtime
    .run(() => deliver(taking, store, [first, first]))
    .catch((error: unknown) => [String(error)])
  await store.close()
  return verdicts.join() === 'paid,paid' ? [] : [`twice at once: ${verdicts.join()}`]
}

test('1,000 letters of other receivers, payees, counters, nonces and times: none moves anything', async () => {
  expect(made.replays).toHaveLength(1_000)
  expect(await wrongIn(collectTaking, 1_000)).toEqual([])
  expect(await twiceAtOnce(collectTaking)).toEqual([])
}, 60_000)

const collect = 'src/bank/receivers/collect.ts'
const judge = 'src/card/judge.ts'
const register = 'src/bank/receivers/register.ts'
const faults: readonly (readonly [file: string, edit: Edit])[] = [
  [judge, never('another receiver’s order is taken', 'if (order.receiver !== receiver) return')],
  [judge, never('a used nonce is taken', "if (asked.state === 'used') return")],
  [judge, never('late answers are taken', 'if (now > order.expiresAt) return')],
  [judge, never('counters are not compared', 'if (witness.counter <= card.counter) return')],
  [judge, never('signatures are not verified', 'if (!(await runtime.offThread(isSign1By(card.key, message)))) return')],
  [judge, { name: 'names are not compared', find: 'known.name !== payee.name', replace: 'false' }],
  [judge, { name: 'anybody collects for anybody', find: 'return collects && !(', replace: 'return false && !(' }],
  [register, { name: 'whoever was admitted collects for all', find: 'row.receiver === receiver && ', replace: '' }],
  [
    register,
    {
      name: 'every other account is known',
      find: "return row === undefined ? 'unknown'",
      replace: "return row === undefined ? 'elsewhere'",
    },
  ],
  [collect, never('anything is collected', 'if (!isCollected) return')],
  [collect, never('any currency is collected', 'if (!isPayable(order.amount, config.currency))')],
  [collect, never('nobody looks again before it is paid', 'if (since !== undefined) return')],
  [
    collect,
    {
      name: 'what was decided is decided again',
      find: "known !== undefined || found === 'decided'",
      replace: "found === 'decided'",
    },
  ],
]

test.each(faults.map(([file, fault]) => ({ file, fault, name: fault.name })))(
  '$name: found',
  async ({ file, fault }) => {
    const copy = (await copies.of(collect, file, fault)) as { collectTaking: Taking }
    expect([...(await wrongIn(copy.collectTaking, 64)), ...(await twiceAtOnce(copy.collectTaking))]).not.toEqual([])
  },
)
