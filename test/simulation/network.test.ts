/**
 * A simulated network: a bank and a merchant between which messages are lost, repeated, late and out of order, either of
 * which may die at any named point and start again, under clocks that jump. Callers ask again by the same ids until they
 * know. Afterwards money is conserved, every identity holds, and nothing was sold, told or paid twice.
 *
 *     SEED=17 npx vitest run --project simulation test/simulation/network.test.ts
 */

import { inspect } from 'node:util'
import { expect, test, vi } from 'vitest'
import { moneySteps as bankSteps } from '../../src/bank/steps.ts'
import { type AccountNumber, drawIntentId, type IntentId, type VoucherNumber } from '../../src/ids.ts'
import { moneySteps as merchantSteps } from '../../src/merchant/steps.ts'
import { type Money, yuan } from '../../src/money.ts'
import { type Runtime, randomBelow } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import { aPhone, institutionId } from '../support/ids.ts'
import { MortalRuntime } from '../support/mortal-runtime.ts'
import { faultsOf, posted } from '../support/proof.ts'
import { backupInStock } from '../support/stock-passwords.ts'
import { VirtualRuntime } from '../support/virtual-runtime.ts'
import { openWorld, type World } from '../support/world.ts'

const seeds = process.env['SEED'] ? [Number(process.env['SEED'])] : Array.from({ length: 60 }, (_, i) => i + 1)

test.each(seeds)('seed %i', async seed => {
  const runtime = new VirtualRuntime({ seed })
  const simulation = new Simulation(runtime)
  await runtime.run(() => simulation.play())
})

/** Where institutions died, over all seeds. */
const diedAt = new Set<string>()

test.runIf(seeds.length > 1)('they died at every step of the money path', () => {
  // Nobody here signs in: those who do are in the simulated calls.
  const steps = [...bankSteps, ...merchantSteps].filter(step => !step.startsWith('pin'))
  expect(steps.filter(step => !diedAt.has(step))).toEqual([])
})

test.runIf(seeds.length > 1)('a bank that heeds no ceiling is found out', async () => {
  vi.resetModules()
  vi.doMock('../../src/bank/ceiling.ts', async original => ({
    ...(await original<typeof import('../../src/bank/ceiling.ts')>()),
    fitsCeiling: async () => true,
  }))
  const heedless = await import('../support/world.ts')
  const found: string[] = []
  for (let seed = 1; seed <= 20 && found.length === 0; seed++) {
    const runtime = new VirtualRuntime({ seed })
    const simulation = new Simulation(runtime, heedless.openWorld)
    // What a failed expectation found stands beside its message.
    await runtime.run(() => simulation.play()).catch(error => found.push(inspect(error?.actual ?? error)))
  }
  vi.doUnmock('../../src/bank/ceiling.ts')
  expect(found[0]).toMatch(/no more than \d+ was granted/)
})

const hour = 3_600_000
/** What the payee lets its bank owe, one after another. It owes 15,000 when a simulation begins. */
const ceilings = [16_000n, 30_000n, 10_000_000n]
const lantern = institutionId('lantern')

class Simulation {
  readonly #runtime: VirtualRuntime
  readonly #lives: { bank: MortalRuntime; merchant: MortalRuntime }
  #world: World | undefined
  #stormy = true
  #reviving: Record<'bank' | 'merchant', Promise<void> | undefined> = { bank: undefined, merchant: undefined }
  /** What callers were told, by intent. */
  readonly #sold = new Map<
    string,
    { sale: string; number: VoucherNumber; password: Secret; amount: Money; buyer: AccountNumber }
  >()
  readonly #paid = new Map<string, { reference: string; amount: Money }>()
  readonly #givenBack = new Map<string, Money>()
  readonly #moved = new Map<string, Money>()

  readonly #openWorld: typeof openWorld

  constructor(runtime: VirtualRuntime, open = openWorld) {
    this.#runtime = runtime
    this.#openWorld = open
    this.#lives = { bank: new MortalRuntime(runtime), merchant: new MortalRuntime(runtime) }
  }

  async play(): Promise<void> {
    this.#world = await this.#openWorld({
      runtime: this.#runtime,
      bankRuntime: this.#lives.bank,
      merchantRuntime: this.#lives.merchant,
      weather: { next: () => this.#weather() },
    })
    // Between them, the seeds visit every step first.
    this.#lives.bank.dieAt(bankSteps[this.#runtime.seed % bankSteps.length] ?? '')
    this.#lives.merchant.dieAt(merchantSteps[this.#runtime.seed % merchantSteps.length] ?? '')
    const { ada, bo, cai } = this.world.customers
    const soldBefore = await posted(this.world.harbour.store, 'float:lantern')
    const disturbing = this.#disturb()
    await Promise.all([
      this.#shopper(ada.account, 5),
      this.#shopper(cai.account, 6),
      this.#payer(ada.account, bo.account),
    ])
    this.#stormy = false
    await disturbing
    await this.#settle()
    await this.#prove(soldBefore)
    await this.world.close()
  }

  get world(): World {
    if (this.#world === undefined) throw new Error('no world yet')
    return this.#world
  }

  #weather() {
    if (!this.#stormy) return {}
    const draw = this.#draw(10)
    if (draw === 0) return { lost: 'there' as const }
    if (draw === 1) return { lost: 'back' as const }
    if (draw === 2) return { repeated: true }
    if (draw === 3) return { lateMs: this.#draw(8_000) }
    return {}
  }

  /** Deaths, old messages that come again, clocks that jump, nights. */
  async #disturb(): Promise<void> {
    while (this.#stormy) {
      await this.#runtime.sleep(this.#draw(3_000))
      switch (this.#draw(7)) {
        case 0:
          this.#lives.bank.dieAfter(this.#draw(30))
          break
        case 1:
          this.#lives.merchant.dieAfter(this.#draw(30))
          break
        case 2: {
          const { carried } = this.world.mail
          const old = carried[this.#draw(Math.max(1, carried.length))]
          if (old) await this.world.mail.again(old.to, old.bytes).catch(() => {})
          break
        }
        case 5:
          // The payee starts again with another ceiling for its bank.
          this.world.changeMerchant({ ceilings: { each: ceilings[this.#draw(ceilings.length)] } })
          this.#lives.merchant.dieAfter(0)
          break
        case 3:
          this.#runtime.jumpWallClock((this.#draw(60) - 20) * hour)
          break
        case 4:
          await this.world.harbour.nightly().catch(() => {})
          break
        default:
          await this.world.lantern.nightly().catch(() => {})
      }
    }
  }

  /** Buys, writes down, sometimes only at a second try, and pays in up to three parts. */
  async #shopper(account: AccountNumber, purchases: number): Promise<void> {
    // Nobody signs in here: it is blocked to see that it is, once, whoever dies.
    const block = { intent: this.#id(), account, what: 'telephone', channel: 'telephone' } as const
    expect(await this.#insist('bank', () => this.world.bank.block(block))).toEqual({ outcome: 'blocked' })
    for (let i = 0; i < purchases; i++) {
      const intent = this.#id()
      const amount = yuan([20n, 50n, 100n][this.#draw(3)] ?? 20n)
      const sale = await this.#insist('bank', () =>
        this.world.bank.sellVoucher({ intent, buyer: account, payee: lantern, amount, channel: 'telephone' }),
      )
      if (sale.outcome !== 'sold') continue
      const { id, number, password } = sale.voucher
      this.#sold.set(intent, { sale: id, number, password, amount, buyer: account })
      // The caller was cut off, signs in again and is told the same.
      if (this.#draw(2) === 0) {
        const again = await this.#insist('bank', () =>
          this.world.bank.sellVoucher({ intent, buyer: account, payee: lantern, amount, channel: 'telephone' }),
        )
        expect(again).toMatchObject({ outcome: 'sold', voucher: { id, number } })
        if (again.outcome === 'sold') expect(again.voucher.password.reveal()).toBe(password.reveal())
      }
      await this.#insist('bank', () => this.world.bank.confirmHeard({ buyer: account, voucher: id }))
      await this.#spend(number, await this.#lookAfter(number, password), amount)
    }
  }

  /** Forgets the password now and then, and chooses another now and then. The one that counts. */
  async #lookAfter(number: VoucherNumber, password: Secret): Promise<Secret> {
    const inUse = this.#draw(2) === 0 ? await this.#changePassword(number, password) : password
    if (this.#draw(2) === 0) return inUse
    const backup = new Secret((await this.#insist('bank', () => backupInStock(this.world, number))) ?? '')
    return this.#insist('merchant', async () => {
      const told = await this.world.merchant.revealPassword({ number, backup, origin: aPhone })
      if (told.outcome !== 'revealed') throw new Error(told.outcome)
      expect(told.password.reveal()).toBe(inUse.reveal())
      return told.password
    })
  }

  async #changePassword(number: VoucherNumber, password: Secret): Promise<Secret> {
    const intent = this.#id()
    const next = new Secret(`9${password.reveal()}`)
    await this.#insist('merchant', async () => {
      const { merchant } = this.world
      // The answer may have been lost with the process, and the old password with it.
      if ((await merchant.resolve({ intent, principal: number })).outcome === 'done') return
      const opening = await merchant.openVoucher({ number, password, origin: aPhone })
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      const { outcome } = await merchant.changePassword({ intent, session: opening.session, next })
      if (outcome !== 'changed') throw new Error(outcome)
    })
    return next
  }

  async #spend(number: VoucherNumber, password: Secret, amount: Money): Promise<void> {
    const parts = 1n + BigInt(this.#draw(3))
    const part = { ...amount, minor: amount.minor / parts }
    // Some keep the last part, and end the voucher instead.
    const isEnded = this.#draw(2) === 0
    for (let i = 0n; i < parts - (isEnded ? 1n : 0n); i++) {
      const intent = this.#id()
      // A session dies with its process: open again, and ask with the same intent.
      const payment = await this.#insist('merchant', async () => {
        const opening = await this.world.merchant.openVoucher({ number, password, origin: aPhone })
        // The last part was paid, and the answer lost with the process: ask what became of it.
        if (opening.outcome === 'exhausted') return this.world.merchant.resolve({ intent, principal: number })
        // Refused while the activation is on its way and the bank out of reach.
        if (opening.outcome !== 'open') throw new Error(opening.outcome)
        const { session } = opening
        const answer = await this.world.merchant.pay({ intent, session, amount: part })
        if (answer.outcome === 'session-ended') throw new Error('the session ended with its process')
        return answer
      })
      const isPaid = payment.outcome === 'paid' || (payment.outcome === 'done' && payment.kind === 'payment')
      if (!isPaid) {
        throw new Error(`a payment of what must be left was ${payment.outcome}`)
      }
      this.#paid.set(intent, payment)
      if (this.#draw(4) === 0) await this.#giveBack(payment.reference)
    }
    if (isEnded) await this.#end(number, password)
  }

  /** The shop gives a payment back: too late, or with its voucher dead, it does not. */
  async #giveBack(reference: string): Promise<void> {
    const intent = this.#id()
    const by = { clerk: 'mei', reason: 'sent back' }
    const became = await this.#insist('merchant', () =>
      this.world.lantern.clerk.reverse({ intent, reference, amount: undefined, ...by }),
    )
    if (became.outcome === 'reversed') this.#givenBack.set(intent, became.amount)
  }

  /** Ends the voucher with whatever is left on it, if anything. */
  async #end(number: VoucherNumber, password: Secret): Promise<void> {
    const intent = this.#id()
    await this.#insist('merchant', async () => {
      const { merchant } = this.world
      if ((await merchant.resolve({ intent, principal: number })).outcome === 'done') return
      const opening = await merchant.openVoucher({ number, password, origin: aPhone })
      if (opening.outcome === 'exhausted') return
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      const { outcome } = await merchant.endVoucher({ intent, session: opening.session })
      if (outcome !== 'ended') throw new Error(outcome)
    })
  }

  async #payer(from: AccountNumber, to: AccountNumber): Promise<void> {
    for (let i = 0; i < 5; i++) {
      const intent = this.#id()
      const amount = yuan(BigInt(1 + this.#draw(9)))
      const became = await this.#insist('bank', () =>
        this.world.bank.transfer({ intent, from, to, amount, channel: 'telephone' }),
      )
      if (became.outcome === 'transferred') this.#moved.set(intent, amount)
      await this.#runtime.sleep(this.#draw(5_000))
    }
  }

  /** Asks until there is an answer, as callers do who call again. Whoever finds an institution dead has it started. */
  async #insist<T>(which: 'bank' | 'merchant', ask: () => Promise<T>): Promise<T> {
    for (let tries = 0; tries < 200; tries++) {
      try {
        return await ask()
      } catch {
        await this.#reviveTheDead()
        await this.#runtime.sleep(100 + this.#draw(2_000))
      }
    }
    throw new Error(`the ${which} gave no answer to 200 tries`)
  }

  async #reviveTheDead(): Promise<void> {
    for (const which of ['bank', 'merchant'] as const) {
      if (this.#lives[which].deadAt === undefined) continue
      this.#reviving[which] ??= this.#revive(which).finally(() => {
        this.#reviving[which] = undefined
      })
      await this.#reviving[which]
    }
  }

  async #revive(which: 'bank' | 'merchant'): Promise<void> {
    diedAt.add(this.#lives[which].deadAt ?? '')
    const next = new MortalRuntime(this.#runtime)
    await this.world.restart(which, next)
    this.#lives[which] = next
  }

  /** Fair weather, nobody dies: every letter arrives. */
  async #settle(): Promise<void> {
    for (const life of Object.values(this.#lives)) life.live()
    await this.#reviveTheDead()
    await this.#letAllArrive()
    // With room for all that was sold, every activation that was held is a voucher.
    this.world.changeMerchant({ ceilings: { each: 10_000_000n } })
    this.#lives.merchant = new MortalRuntime(this.#runtime)
    await this.world.restart('merchant', this.#lives.merchant)
    await this.#letAllArrive()
  }

  async #letAllArrive(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      await this.world.harbour.nightly()
      await this.world.lantern.nightly()
      await this.world.harbour.mail.idle()
      await this.world.lantern.ordersFilled()
      await this.world.lantern.mail.idle()
    }
  }

  async #prove(floatBefore: bigint): Promise<void> {
    const { harbour, lantern, bank } = this.world
    const faults = await faultsOf(this.world)
    // No fault of the bank's: it sold under a grant that was lowered meanwhile; a clock that jumped made an order overdue.
    const expected = /alarm activation-held|alarm order-refused: .*: no batch came$/
    expect(faults.filter(fault => !expected.test(fault))).toEqual([])
    // Told sales and paid payments, each once; nobody else moved money.
    const sold = [...this.#sold.values()]
    expect(new Set(sold.map(({ sale }) => sale)).size).toBe(sold.length)
    expect(new Set(sold.map(({ number }) => number)).size).toBe(sold.length)
    const worth = sold.reduce((sum, { amount }) => sum + amount.minor, 0n)
    expect((await posted(harbour.store, 'float:lantern')) - floatBefore).toBe(worth)
    const paid = [...this.#paid.values()].reduce((sum, { amount }) => sum + amount.minor, 0n)
    const revenue = [...this.#givenBack.values()].reduce((left, { minor }) => left - minor, paid)
    expect(await posted(lantern.store, 'revenue')).toBe(revenue)
    const received = [...this.#moved.values()].reduce((sum, { minor }) => sum + minor, 3_000n)
    expect(await bank.balance(this.world.customers.bo.account)).toEqual({ ...yuan(0n), minor: received })
    for (const { sale, buyer } of sold) {
      const voucher = (await bank.vouchers(buyer)).find(({ id }) => id === sale)
      expect(voucher?.state).toBe('confirmed')
    }
  }

  #draw(limit: number): number {
    return randomBelow(this.#runtime as Runtime, limit)
  }

  #id(): IntentId {
    return drawIntentId(this.#runtime)
  }
}
