/** What two people sign of a bank's books: when these say something else by the time that the second of them approves, nothing is done. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { signApproval, signProposal } from '../../../src/keys/approval.ts'
import { drawSigner } from '../../../src/keys/person-key.ts'
import { now, randomId } from '../../../src/runtime.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 78 })
  world = await runtime.run(() => openWorld({ runtime }))
})
afterEach(() => runtime.run(() => world.close()))

const decide = (kind: string, request: unknown) => bothSign(world.harbour, runtime, world.staff, kind, request)

/** Signed by its maker. @returns what its checker's word comes to */
async function proposed(kind: string, asked: Readonly<Record<string, unknown>>, facts: unknown) {
  const { decisions } = world.harbour
  const request = await decisions.withFacts(kind, asked)
  expect(request).toEqual({ ...asked, facts })
  const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
  const made = await decisions.propose(signProposal(world.staff.maker, { tenant: 'harbour', kind, request }, drawn))
  if (made.outcome !== 'proposed') throw new Error(made.outcome)
  return {
    approve: () => decisions.approve(signApproval(world.staff.checker, made.digest)),
    isOvertaken: () => decisions.isOvertaken({ kind, request }),
  }
}

/** Nothing is done by it, and whoever looks at it reads so. */
async function expectOvertaken({ approve, isOvertaken }: Awaited<ReturnType<typeof proposed>>): Promise<void> {
  expect(await isOvertaken()).toBe(true)
  expect(await approve()).toMatchObject({ decided: true, done: false, outcome: 'other-facts' })
}

test('an account is closed with what both saw on it, and not with what was paid into it meanwhile', () =>
  runtime.run(async () => {
    const { account } = world.customers.bo
    const { minor } = await world.bank.balance(account)
    const open = await proposed('close-account', { account }, { minor, currency: 'CNY' })
    expect(await open.isOvertaken()).toBe(false)
    await decide('pay-in', { account, minor: 100n })
    await expectOvertaken(open)
    expect((await world.bank.balance(account)).minor).toBe(minor + 100n)
    const again = await proposed('close-account', { account }, { minor: minor + 100n, currency: 'CNY' })
    expect(await again.approve()).toMatchObject({ done: true, outcome: 'closed' })
    expect(await faultsOf(world)).toEqual([])
  }))

test('a block is lifted that both saw, and no later one', () =>
  runtime.run(async () => {
    const { account } = world.customers.ada
    const block = (name: string) =>
      world.bank.block({ intent: intentId(name), account, what: 'account', channel: 'telephone' })
    const lift = { account, what: 'account' }
    await block('one')
    const since = BigInt(now({ runtime }))
    const open = await proposed('lift-block', lift, { since: expect.any(BigInt), channel: 'telephone' })
    expect(await decide('lift-block', lift)).toMatchObject({ done: true })
    await runtime.sleep(60_000)
    await block('two')
    await expectOvertaken(open)
    const [standing] = await world.harbour.store.read(tx =>
      tx.all<{ at: bigint }>('SELECT blocked_at AS at FROM customer_block WHERE lifted_at IS NULL'),
    )
    expect(standing?.at).toBeGreaterThan(since)
    expect(await decide('lift-block', lift)).toMatchObject({ done: true })
    expect(await faultsOf(world)).toEqual([])
    await world.harbour.store.execute(tx => tx.run('UPDATE customer_block SET blocked_at = blocked_at + 1'))
    expect((await faultsOf(world)).filter(each => each.includes('had signed of it'))).toHaveLength(2)
  }))

test('a voucher that is reported lost once more is cleared by nobody who saw only the first loss', () =>
  runtime.run(async () => {
    const { account } = world.customers.ada
    const lose = (name: string) =>
      world.bank.block({ intent: intentId(name), account, what: 'vouchers', channel: 'telephone' })
    const voucher = world.vouchers.confirmed.number
    await lose('one')
    const asked = { voucher }
    const open = await proposed('clear-voucher', asked, { payee: institutionId('lantern'), timesLost: 1n })
    expect(await decide('clear-voucher', asked)).toMatchObject({ done: true })
    expect(await open.isOvertaken()).toBe(false)
    await lose('two')
    await expectOvertaken(open)
    await world.harbour.mail.idle()
    expect(await decide('clear-voucher', asked)).toMatchObject({ done: true })
  }))

test('books that went back a second time are released by nobody who saw only the first loss', () =>
  runtime.run(async () => {
    const { store } = world.harbour
    const lose = (epoch: bigint) =>
      store.execute(tx =>
        tx.run(
          `INSERT INTO recovery (tenant, epoch, reached, held, held_by, found_at, ledger_reached)
           VALUES ('harbour', ?, 5, 9, 'lantern', 1, 0)`,
          epoch,
        ),
      )
    await lose(7n)
    const first = { epoch: 7n, reached: 5n, held: 9n, heldBy: 'lantern', foundAt: 1 }
    const open = await proposed('release-recovery', {}, { losses: [first] })
    await lose(8n)
    await expectOvertaken(open)
    const still = await store.read(tx => tx.all('SELECT epoch FROM recovery WHERE released_at IS NULL'))
    expect(still).toHaveLength(2)
    expect(await decide('release-recovery', {})).toMatchObject({ done: true })
    expect((await faultsOf(world)).filter(each => each.includes('release'))).toEqual([])
  }))

test('a counterparty goes on after what was looked into, and not after what it was suspended for later', () =>
  runtime.run(async () => {
    const { store } = world.harbour
    const suspend = (number: bigint, detail: string) =>
      store.execute(async tx => {
        await tx.run("UPDATE clearing_peer SET suspended = 1 WHERE peer = 'lantern'")
        await tx.run(
          `INSERT INTO clearing_alarm (number, tenant, peer, kind, detail, at) VALUES (?, 'harbour', 'lantern', 'peer-lost-receipts', ?, 5)`,
          ...[number, detail],
        )
      })
    await suspend(1n, 'once')
    const why = { alarm: 1n, kind: 'peer-lost-receipts', detail: 'once', since: 5n }
    const open = await proposed('resume-peer', { peer: 'lantern' }, why)
    await suspend(2n, 'twice')
    await expectOvertaken(open)
    expect(await decide('resume-peer', { peer: 'lantern' })).toMatchObject({ done: true, outcome: 'resumed' })
  }))

test('somebody goes whose key both saw, and nobody else who came under the name since', () =>
  runtime.run(async () => {
    const { decisions } = world.harbour
    const add = async () => {
      const { signer } = drawSigner(runtime, 'Cleo')
      const { publicKey } = signer
      expect(await decide('add-person', { name: 'Cleo', role: 'teller', publicKey })).toMatchObject({ done: true })
      return signer.keyId
    }
    const key = await add()
    const open = await proposed('revoke-person', { name: 'Cleo' }, { key, role: 'teller' })
    expect(await decide('revoke-person', { name: 'Cleo' })).toMatchObject({ done: true })
    const later = await add()
    await expectOvertaken(open)
    const live = (await decisions.people()).filter(each => each.revokedAt === undefined)
    expect(live.map(({ keyId }) => keyId)).toContain(later)
  }))
