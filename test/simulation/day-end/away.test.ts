/**
 * Whoever starts anew writes to nobody who has not said yet what it holds of these books. A file, or a result, for somebody who is away
 * holds up nobody else's.
 */
import { expect, test } from 'vitest'
import { MortalRuntime } from '../../support/mortal-runtime.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'
import { enrolled, hostedLettersArrive } from './hosted.ts'

const day = 86_400_000

interface Lives {
  readonly runtime: VirtualRuntime
  /** Whose letters do not arrive, and none to them. */
  readonly away: Set<string>
  readonly bank: MortalRuntime
  readonly merchant: MortalRuntime
  readonly host: MortalRuntime
}

/** A shop and a host, each with two banks. */
function withTwoBanks(story: (world: World, lives: Lives) => Promise<void>): Promise<void> {
  const runtime = new VirtualRuntime({ seed: 12 })
  return runtime.run(async () => {
    const away = new Set<string>()
    const [bank, merchant, host] = [new MortalRuntime(runtime), new MortalRuntime(runtime), new MortalRuntime(runtime)]
    const world = await openWorld({
      ...{ runtime, banks: 2, hosted: true, bankRuntime: bank, merchantRuntime: merchant, hostRuntime: host },
      weather: { next: ({ from, to }) => (away.has(from) || away.has(to) ? { lost: 'there' } : {}) },
    })
    await enrolled(world, world.customers.ada.account)
    const { account } = world.neighbour ?? { account: world.customers.ada.account }
    expect((await world.other().bank.becomePayee(account)).outcome).toBe('payee')
    await world.other().mail.idle()
    await hostedLettersArrive(world)
    await world.other().mail.idle()
    runtime.jumpWallClock(day)
    await story(world, { runtime, away, bank, merchant, host })
    await world.close()
  })
}

const statesAt = async ({ store }: Pick<World['harbour'], 'store'>, table: string, of: string) => {
  const rows = await store.read(tx =>
    tx.all<{ who: string; state: string }>(`SELECT ${of} AS who, state FROM ${table} ORDER BY ${of}, number`),
  )
  return [...new Set(rows.map(({ who, state }) => `${who} ${state}`))]
}

test('a host tells its other banks, and the one that was away when that is back', () =>
  withTwoBanks(async (world, { runtime, away, host }) => {
    host.dieAt('day-end.host-built')
    await world
      .neighbours()
      .nightly()
      .catch(() => {})
    await runtime.sleep(1_000)
    expect(host.deadAt).toBe('day-end.host-built')
    away.add('garden')
    await world.restart('host', runtime)
    await runtime.sleep(120_000)
    const states = () => statesAt(world.neighbours(), 'host_file', 'bank')
    expect(await states()).toEqual(['garden built', 'harbour received'])
    away.clear()
    await runtime.sleep(120_000)
    expect(await states()).toEqual(['garden received', 'harbour received'])
  }))

test('a shop tells its other banks, and the one that was away when that is back', () =>
  withTwoBanks(async (world, { runtime, away, merchant }) => {
    merchant.dieAt('day-end.built')
    await world.lantern.nightly().catch(() => {})
    await runtime.sleep(1_000)
    expect(merchant.deadAt).toBe('day-end.built')
    away.add('garden')
    await world.restart('merchant', runtime)
    await runtime.sleep(120_000)
    const states = () => statesAt(world.lantern, 'day_end_file', 'bank')
    expect(await states()).toEqual(['garden built', 'garden closed', 'harbour reconciled'])
    away.clear()
    await runtime.sleep(120_000)
    expect(await states()).toEqual(['garden reconciled', 'harbour reconciled'])
  }))

test('a bank tells results to others, and to the one that was away when that is back', () =>
  withTwoBanks(async (world, { runtime, away, bank }) => {
    bank.dieAt('day-end.returned')
    await world.lantern.nightly()
    await runtime.sleep(5_000)
    expect(bank.deadAt).toBe('day-end.returned')
    away.add('lantern')
    await world.restart('bank', runtime)
    await world.neighbours().nightly()
    await runtime.sleep(120_000)
    // Payees of the host, of either bank, are told alike.
    const states = async () => [
      ...new Set((await statesAt(world.harbour, 'payee_file', 'payee')).map(each => each.replace(/-\d+/, ''))),
    ]
    expect(await states()).toEqual(['lantern posted', 'lantern received', 'neighbours result sent'])
    away.clear()
    await runtime.sleep(120_000)
    expect(await states()).toEqual(['lantern result sent', 'neighbours result sent'])
  }))
