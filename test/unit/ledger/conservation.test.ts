import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { balanceOf } from '../../../src/ledger/accounts.ts'
import { audit } from '../../../src/ledger/audit/audit.ts'
import type { AccountId } from '../../../src/ledger/chart.ts'
import { headOf } from '../../../src/ledger/journal.ts'
import { credit, debit, post } from '../../../src/ledger/post.ts'
import { capture, expireDue, release, reserve } from '../../../src/ledger/reserve.ts'
import { keepHead, signHead } from '../../../src/ledger/signed-heads.ts'
import { money } from '../../../src/money.ts'
import { once } from '../../../src/store/once.ts'
import { ada, bo, deposit, jobs, lantern, openBooks, vault, when } from '../../support/books.ts'
import { flakyStore } from '../../support/flaky-store.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const owed = [ada, bo, lantern, jobs]
const account = fc.constantFrom(...owed)
const minor = fc.bigInt({ min: 1n, max: 500n })

type Action =
  | { readonly does: 'deposit'; readonly to: AccountId; readonly minor: bigint }
  | { readonly does: 'move' | 'reserve'; readonly from: AccountId; readonly to: AccountId; readonly minor: bigint }
  | { readonly does: 'capture'; readonly which: number; readonly part: number }
  | { readonly does: 'release'; readonly which: number }
  | { readonly does: 'expire'; readonly afterMs: number }

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ does: fc.constant('deposit' as const), to: account, minor }),
  fc.record({ does: fc.constantFrom('move' as const, 'reserve' as const), from: account, to: account, minor }),
  fc.record({ does: fc.constant('capture' as const), which: fc.nat(20), part: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ does: fc.constant('release' as const), which: fc.nat(20) }),
  fc.record({ does: fc.constant('expire' as const), afterMs: fc.nat(2_000) }),
)

/**
 * Random commands, twice over: many in one commit, on an engine that fails one statement in twenty, each asked again by
 * its id. Replay a failure with the seed and path that fast-check prints.
 */
test('no sequence of commands makes or loses money, overdraws an account, or does anything twice', async () => {
  const keys = await memoryKeys(new VirtualRuntime())
  let retries = 0
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), fc.integer(), async (actions, seed) => {
      const steady = await openBooks()
      const chance = new VirtualRuntime({ seed })
      const store = flakyStore(steady, () => (chance.random(1)[0] ?? 0) < 256 / 20)
      const ask = (step: Action, i: number) =>
        store.execute(tx => {
          const intent = {
            tenant: institutionId('harbour'),
            principal: 'test',
            id: intentId(`${i}`),
            kind: step.does,
            request: { ...step },
          }
          return once<unknown>(tx, intent, async () => {
            const id = `${step.does} ${i}`
            if (step.does === 'deposit') return deposit(tx, id, step.minor, step.to)
            if (step.does === 'expire') return expireDue(tx, { ...when, at: when.at + step.afterMs, limit: 3 })
            if (step.does === 'capture' || step.does === 'release') {
              const open = await tx.all<{ id: string; minor: bigint }>('SELECT id, minor FROM reservation ORDER BY id')
              const chosen = open[step.which % Math.max(1, open.length)]
              if (chosen === undefined) return 'nothing reserved'
              const end = { id, reservation: chosen.id, ...when }
              if (step.does === 'release') return release(tx, end)
              return capture(tx, { ...end, amount: money((chosen.minor * BigInt(step.part) + 99n) / 100n) })
            }
            if (step.from === step.to) return 'same account'
            const amount = money(step.minor)
            if (step.does === 'move') {
              return post(tx, {
                id,
                ...when,
                kind: 'move',
                entries: [debit(step.from, amount), credit(step.to, amount)],
              })
            }
            const expiresAt = when.at + 1_000
            return reserve(tx, { id, ...when, kind: 'hold', debit: step.from, credit: step.to, amount, expiresAt })
          })
        })
      const first = await Promise.all(actions.map(ask))
      const head = await steady.read(tx => headOf(tx, when.chain))
      expect(await Promise.all(actions.map(ask))).toEqual(first)
      expect(await steady.read(tx => headOf(tx, when.chain))).toEqual(head)

      retries += store.retries()
      const signed = await signHead(keys, 'harbour', head, when.at)
      await steady.execute(tx => keepHead(tx, signed))
      const findings = await audit(
        { snapshot: await steady.snapshot() },
        { signer: 'harbour', keys: [keys.publicKey('ledger')], heads: [signed] },
      )
      expect(findings).toEqual([])
      const standing = await steady.read(tx => Promise.all([vault, ...owed].map(id => balanceOf(tx, id, when.chain))))
      const [held = 0n, ...owing] = standing.map(balance => balance.posted.minor)
      expect(owing.reduce((sum, each) => sum + each, 0n)).toBe(held)
      for (const balance of standing) expect(balance.available.minor).toBeGreaterThanOrEqual(0n)
    }),
    { seed: 20260320, numRuns: 60 },
  )
  expect(retries).toBeGreaterThan(100)
})
