/**
 * A thousand answers that were never given to what is asked: none moves anything, nor is a password compared for it. Each check is
 * taken out of a copy of the code, and one of the same answers says so.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endOrders } from '../../../../src/bank/cards/orders.ts'
import type { payByCard } from '../../../../src/bank/cards/pay.ts'
import { bankTables } from '../../../../src/bank/tables.ts'
import { yuan } from '../../../../src/money.ts'
import { openStore } from '../../../../src/store/open.ts'
import type { Edit } from '../../../support/edit-once.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { Copies, never } from '../../card/copies.ts'
import { branchOn, makeReplays, type Replayed, verdictOf } from './replays.ts'

let compares: (() => void) | undefined
const runtime = new VirtualRuntime({
  seed: 132,
  onReached: point => {
    if (point === 'card password.slot-taken') compares?.()
  },
})
const copies = new Copies()
let made: Replayed
let books: Uint8Array
beforeAll(async () => {
  made = await runtime.run(() => makeReplays(runtime, 1_000))
  books = await made.bank.store.snapshot()
}, 60_000)
afterAll(async () => {
  copies.dispose()
  await made.bank.close()
})

test('every single bit of an answer in digits that is another: none is accepted, and nothing is written', async () => {
  const { bank, genuine, inDigits } = made
  const before = bank.store.head()
  const accepted: string[] = []
  await runtime.run(async () => {
    for (let bit = 0; bit < inDigits.length * 8; bit++) {
      const bytes = inDigits.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      const verdict = verdictOf(await bank.bank.payByCard({ ...genuine, answer: { way: 'digits', bytes } }))
      if (!refusals.has(verdict)) accepted.push(`bit ${bit}: ${verdict}`)
    }
  })
  expect(inDigits).toHaveLength(103)
  expect(accepted).toEqual([])
  expect(bank.store.head()).toEqual(before)
})

const refusals = new Set([
  ...[
    'unreadable-answer',
    'unknown-card',
    'changed-field account',
    'old-counter',
    'bad-signature',
    'password-unopenable',
  ],
])

test('1,000 answers of other orders, counters, nonces and receivers: none is accepted, and nothing is written', async () => {
  const { bank, replays, payer, genuine } = made
  const before = bank.store.head()
  const wrong: string[] = []
  await runtime.run(async () => {
    for (const { what, expected, request } of replays) {
      const verdict = verdictOf(await bank.bank.payByCard(request))
      if (verdict !== expected) wrong.push(`${what}: ${verdict}`)
    }
  })
  expect(wrong).toEqual([])
  expect(replays.length).toBe(1_000)
  // No posting, and no try of a password either: a replay costs no slow hash.
  expect(bank.store.head()).toEqual(before)
  await runtime.run(async () => {
    expect(await bank.bank.balance(payer)).toEqual(yuan(34_000n))
    expect(await bank.bank.payByCard(genuine)).toMatchObject({ outcome: 'transferred', balance: yuan(33_700n) })
  })
})

const pay = 'src/bank/cards/pay.ts'
const judge = 'src/card/judge.ts'
const register = 'src/bank/cards/register.ts'
const faults: readonly (readonly [file: string, edit: Edit])[] = [
  [
    register,
    { name: 'an order is answered under any intent', find: ' AND intent = ?`', replace: ' AND ? IS NOT NULL`' },
  ],
  [register, { name: 'another account’s card is known', find: 'row?.account === account', replace: 'true' }],
  [
    pay,
    never(
      'a nonce that the account was not asked with is looked for no more',
      'if (order === undefined) return { outcome',
    ),
  ],
  [pay, never('another account’s card pays', 'if (answer.account !== from) return')],
  [pay, { name: 'an intent is for any answer', find: "answer: hash('sha256', answer.bytes)", replace: "answer: ''" }],
  [pay, never('nobody looks again before it is paid', "if (refusal !== undefined) return { outcome: 'refused'")],
  [judge, never('a used nonce is taken', "if (asked.state === 'used') return")],
  [judge, never('counters are not compared', 'if (witness.counter <= card.counter) return')],
  [judge, never('signatures are not verified', 'if (!(await runtime.offThread(isSign1By(card.key, message)))) return')],
]

/** What a copy of the code does not end as it should, on a copy of the books. */
async function found(file: string, fault?: Edit): Promise<string[]> {
  const copy = (await copies.of(pay, file, fault)) as { payByCard: typeof payByCard }
  const store = openStore({ runtime, at: { memory: books }, migrations: bankTables })
  const branch = branchOn(runtime, store, made.keys)
  const wrong: string[] = []
  const before = store.head()
  await runtime.run(async () => {
    for (const { what, expected, request } of made.replays.slice(0, 60)) {
      const verdict = await copy.payByCard(branch, request).then(verdictOf, String)
      if (verdict !== expected) wrong.push(`${what}: ${verdict}`)
    }
    if (store.head()?.sequence !== before?.sequence) wrong.push('something was written')
    // Both are judged before either is paid.
    const twice = [made.genuine, { ...made.genuine, answer: { way: 'digits', bytes: made.inDigits } as const }]
    const became = await Promise.all(twice.map(each => copy.payByCard(branch, each).then(verdictOf, String)))
    if (became.toSorted().join() !== 'intent-reused,transferred') wrong.push(`two at once: ${became.join(', ')}`)
    // The intent that was paid is of that answer.
    const another = made.replays[2] ?? expect.fail('there are no replays')
    const verdict = await copy.payByCard(branch, { ...made.genuine, answer: another.request.answer })
    if (verdict.outcome === 'transferred') wrong.push('another answer under an intent that was paid')
  })
  await store.close()
  return [...wrong, ...(await endedMeanwhile(copy.payByCard))]
}

/** Nothing is asked any more when the password of its answer has been compared. */
async function endedMeanwhile(paying: typeof payByCard): Promise<string[]> {
  const store = openStore({ runtime, at: { memory: books }, migrations: bankTables })
  const branch = branchOn(runtime, store, made.keys)
  let ended: Promise<void> | undefined
  compares = () => {
    ended = store.execute(tx => endOrders(tx, branch, made.payer, runtime.wallNow()))
  }
  const verdict = await runtime.run(() => paying(branch, made.genuine).then(verdictOf, String))
  compares = undefined
  await ended
  await store.close()
  return verdict === 'used-nonce' ? [] : [`what had ended meanwhile: ${verdict}`]
}

test('a copy without a fault refuses all of them', async () => {
  expect(await found(pay)).toEqual([])
})

test.each(faults.map(([file, fault]) => ({ file, fault, name: fault.name })))(
  '$name: found',
  async ({ file, fault }) => {
    expect(await found(file, fault)).not.toEqual([])
  },
)
