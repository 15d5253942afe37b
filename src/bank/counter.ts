/**
 * What two people at a branch do for a customer: take cash, open what wrong PINs or the customer closed, clear a voucher whose
 * holder has shown who they are, give a new PIN to whoever forgot theirs.
 */
import { z } from 'zod'
import { type AccountNumber, accountNumberShape } from '../ids.ts'
import type { Carried, Kind } from '../institution/decisions.ts'
import { isGuessable } from '../keys/guessable.ts'
import { businessDate } from '../ledger/business-date.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { isPayable } from '../money.ts'
import { type Runtime, randomDigits } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Tx } from '../store/store.ts'
import { liftingDecision } from './blocks.ts'
import { type Branch, depositOf, inCurrency, vault } from './branch.ts'
import { confirmInWriting } from './confirmations/write.ts'
import { customerOf, pinOwner } from './customers.ts'
import { forgetTelephonesOf } from './telephones.ts'
import { clearingDecision } from './voucher-notices.ts'

const payInShape = z.strictObject({
  account: accountNumberShape,
  minor: z.union([z.int(), z.bigint()]).transform(BigInt),
})
const accountShape = z.strictObject({ account: accountNumberShape })

const pinDigits = 6

/** A PIN that no thief tries first. */
export function drawPin(runtime: Runtime, account: AccountNumber): Secret {
  for (;;) {
    const drawn = randomDigits(runtime, pinDigits)
    if (!isGuessable(drawn, [account])) return new Secret(drawn)
  }
}

export function counterDecisions(branch: Branch): Readonly<Record<string, Kind>> {
  const atBranch = ['teller', 'officer'] as const
  return {
    'pay-in': {
      roles: atBranch,
      carryOut: (tx, approved, at) => payIn(tx, branch, approved, at),
    },
    unblock: {
      roles: atBranch,
      carryOut: async (tx, { request }) => {
        const { account } = accountShape.parse(request)
        if ((await customerOf(tx, branch.config.id, account)) === undefined) return unknown
        await branch.pinTries.open(tx, account)
        return { done: true, outcome: 'unblocked' }
      },
    },
    'lift-block': liftingDecision(branch),
    'clear-voucher': clearingDecision(branch),
    'reset-pin': {
      roles: atBranch,
      looks: async (tx, { request }) => {
        const { account } = accountShape.parse(request)
        return (await customerOf(tx, branch.config.id, account)) === undefined ? unknown : undefined
      },
      // Hashing takes its time, and a command awaits nothing but its transaction.
      prepare: async request => {
        const { account } = accountShape.parse(request)
        const pin = drawPin(branch.runtime, account)
        return { pin, verifier: await branch.verifiers.make(pin, pinOwner(account), 'background') } satisfies NewPin
      },
      carryOut: (tx, { request, digest }, at, prepared) =>
        resetPin(tx, branch, accountShape.parse(request).account, prepared as NewPin, { decision: digest, at }),
    },
  }
}

const unknown: Carried = { done: false, outcome: 'unknown-account' }

interface NewPin {
  readonly pin: Secret
  readonly verifier: string
}

/** Cash over the counter: the vault grows with the deposit. The decision's digest is the deposit's id. */
async function payIn(
  tx: Tx,
  branch: Branch,
  { request, digest, maker, checker }: { request: unknown; digest: string; maker: string; checker: string },
  at: number,
): Promise<Carried> {
  const { account, minor } = payInShape.parse(request)
  const amount = inCurrency(branch, minor)
  if (!isPayable(amount, branch.config.currency)) return { done: false, outcome: 'refused-amount' }
  const tenant = branch.config.id
  if ((await customerOf(tx, tenant, account)) === undefined) return unknown
  await tx.run(
    'INSERT INTO bank_deposit (tenant, id, account, maker, checker) VALUES (?, ?, ?, ?, ?)',
    tenant,
    digest,
    account,
    maker,
    checker,
  )
  const posted = await post(tx, {
    chain: branch.chain,
    id: `deposit ${digest}`,
    at,
    businessDate: await businessDate(tx, branch.calendar, at),
    kind: 'deposit',
    entries: [debit(vault, amount), credit(depositOf(account), amount)],
  })
  if (posted.outcome !== 'posted') throw new Error(`a deposit was refused: ${posted.outcome}`)
  return { done: true, outcome: 'paid-in' }
}

async function resetPin(
  tx: Tx,
  branch: Branch,
  account: AccountNumber,
  { pin, verifier }: NewPin,
  { decision, at }: { readonly decision: string; readonly at: number },
): Promise<Carried> {
  if ((await customerOf(tx, branch.config.id, account)) === undefined) return unknown
  const rows = await tx.run(
    'UPDATE bank_customer SET pin = ?, pin_generation = pin_generation + 1 WHERE tenant = ? AND account = ?',
    verifier,
    branch.config.id,
    account,
  )
  if (rows === 0n) return unknown
  await branch.pinTries.open(tx, account)
  await branch.pinTries.changed(tx, account, undefined)
  await forgetTelephonesOf(tx, branch.config.id, account, undefined)
  await confirmInWriting(tx, branch, { id: `pin ${decision}`, account, kind: 'pin-changed', at })
  return { done: true, outcome: 'reset', secret: pin }
}
