/**
 * Banks and payees that write to each other by an in-process mail: made once through the same doors as in the field, then
 * copied for each test. `openNetwork` takes the test's own runtime, or one for each institution.
 */
import { appointTwo, bothSign, type TwoPeople } from '../../../demo/two-people.ts'
import { bankIdentities } from '../../../src/bank/audit.ts'
import type { BankSettings } from '../../../src/bank/config.ts'
import { type RunningBank, startIn as startBank } from '../../../src/bank/start.ts'
import { bankTables } from '../../../src/bank/tables.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import type { RunningInstitution } from '../../../src/institution/premises.ts'
import type { KeyRecord } from '../../../src/keys/soft-keys.ts'
import { fingerprint } from '../../../src/mail/peers.ts'
import { merchantIdentities } from '../../../src/merchant/audit.ts'
import type { MerchantSettings } from '../../../src/merchant/config.ts'
import { hostIdentities } from '../../../src/merchant/host/audit.ts'
import type { HostSettings } from '../../../src/merchant/host/config.ts'
import { hostTables, type RunningHost, startIn as startHost } from '../../../src/merchant/host/start.ts'
import { merchantTables, type RunningMerchant, startIn as startMerchant } from '../../../src/merchant/start.ts'
import type { Runtime } from '../../../src/runtime.ts'
import type { Tracing } from '../../../src/trace.ts'
import { institutionId } from '../ids.ts'
import { type InProcessMail, inProcessMail, type Weather } from '../in-process-mail.ts'
import { type Disks, emptyDisks, House, type HouseKind } from './house.ts'

export type BankHouse = House<BankSettings, RunningBank>
export type PayeeHouse = House<MerchantSettings, RunningMerchant>
export type HostHouse = House<HostSettings, RunningHost>

export interface Plan {
  readonly banks: readonly BankSettings[]
  readonly payees: readonly MerchantSettings[]
  /** Of private payees. */
  readonly hosts?: readonly HostSettings[]
}

export interface Network {
  readonly banks: readonly BankHouse[]
  readonly payees: readonly PayeeHouse[]
  readonly hosts: readonly HostHouse[]
  readonly houses: readonly (BankHouse | PayeeHouse | HostHouse)[]
  readonly mail: InProcessMail
  close(): Promise<void>
}

/** A network that stands still, to be opened any number of times. */
export interface FrozenNetwork {
  readonly disks: ReadonlyMap<InstitutionId, Disks>
  readonly keys: ReadonlyMap<InstitutionId, readonly KeyRecord[]>
}

export interface OpenNetwork {
  readonly runtime: Runtime
  /** Where an institution may die without the others. */
  readonly runtimeOf?: (id: InstitutionId) => Runtime
  readonly weather?: Weather | undefined
  /** Where what an institution does is traced. */
  readonly tracingOf?: ((id: InstitutionId) => Tracing) | undefined
  /** What the institutions complain about where nobody waits. */
  readonly troubled?: (error: unknown) => void
  /** It is opened outside of a run: who asks somebody that does not listen yet would wait for ever for a time to ask again. */
  readonly isTimeStill?: boolean
}

export async function openNetwork(
  { banks, payees, hosts = [] }: Plan,
  { disks, keys }: FrozenNetwork,
  { runtime, runtimeOf = () => runtime, weather, tracingOf, troubled = () => {}, isTimeStill = false }: OpenNetwork,
): Promise<Network> {
  const mail = inProcessMail(runtime, weather)
  const kinds = { bank: bankKind(mail, troubled), payee: payeeKind(mail, troubled), host: hostKind(mail, troubled) }
  const houseOf = <S extends { readonly id: string }, R extends RunningInstitution>(
    kind: HouseKind<S, R>,
    settings: S,
  ) => {
    const id = institutionId(settings.id)
    return new House(kind, id, settings, known(keys.get(id), id), tracingOf?.(id))
  }
  const network = networkOf(
    banks.map(settings => houseOf(kinds.bank, settings)),
    payees.map(settings => houseOf(kinds.payee, settings)),
    hosts.map(settings => houseOf(kinds.host, settings)),
    mail,
  )
  const started = startAll(network.houses, disks, runtimeOf)
  if (isTimeStill) mail.holdUntil(started)
  await started
  await Promise.all(network.houses.map(({ running }) => running.recovery.begun))
  return network
}

async function startAll(
  houses: Network['houses'],
  disks: FrozenNetwork['disks'],
  runtimeOf: (id: InstitutionId) => Runtime,
) {
  for (const house of houses) await house.start(known(disks.get(house.id), house.id), runtimeOf(house.id))
}

/** From nothing: institutions that have their first two people and know each other. */
export async function makeNetwork(plan: Plan, runtime: Runtime): Promise<{ network: Network; staff: Staff }> {
  const ids = [...plan.banks, ...plan.payees, ...(plan.hosts ?? [])].map(({ id }) => institutionId(id))
  const frozen = { keys: new Map(ids.map(id => [id, []])), disks: new Map(ids.map(id => [id, emptyDisks])) }
  const network = await openNetwork(plan, frozen, { runtime })
  const staff = new Map<InstitutionId, TwoPeople>()
  for (const { id, running } of network.houses) staff.set(id, await appoint(running, runtime))
  for (const [place, { running: bank }] of network.banks.entries())
    for (const { running: other } of [...network.payees, ...network.hosts, ...network.banks.slice(place + 1)])
      await introduce(runtime, bank, staffOf(staff, bank), other, staffOf(staff, other))
  return { network, staff }
}

/** The two people of each institution. */
export type Staff = ReadonlyMap<InstitutionId, TwoPeople>

export async function freeze(network: Network): Promise<FrozenNetwork> {
  const disks = new Map<InstitutionId, Disks>()
  for (const house of network.houses) disks.set(house.id, await house.copy())
  await network.close()
  return { disks, keys: new Map(network.houses.map(({ id, keyRecords }) => [id, keyRecords])) }
}

export async function appoint({ decisions }: RunningInstitution, runtime: Runtime): Promise<TwoPeople> {
  const { maker, checker } = await appointTwo(decisions, runtime, { maker: 'mei', checker: 'chen' })
  return { maker: maker.signer, checker: checker.signer }
}

/** Each pins the other. */
export async function introduce(
  runtime: Runtime,
  one: RunningInstitution,
  ofOne: TwoPeople,
  other: RunningInstitution,
  ofOther: TwoPeople,
): Promise<void> {
  for (const [own, staff, { card }] of [
    [one, ofOne, other],
    [other, ofOther, one],
  ] as const) {
    const request = { card, fingerprint: fingerprint(card) }
    const { done, outcome } = await bothSign(own, runtime, staff, 'pin-peer', request)
    if (!done) throw new Error(`the network could not be made: ${outcome}`)
  }
}

/** Every bank orders what it is short of; resolves when all of it is in stock and every letter has arrived. */
export async function stockUp({ banks, payees, hosts }: Running): Promise<void> {
  for (const { running } of banks) await running.teller.replenish()
  await letLettersArrive({ banks, payees, ...(hosts && { hosts }) })
}

interface Running {
  readonly banks: readonly { readonly running: RunningBank }[]
  readonly payees: readonly { readonly running: RunningMerchant }[]
  readonly hosts?: readonly { readonly running: RunningHost }[]
}

export async function letLettersArrive({ banks, payees, hosts = [] }: Running): Promise<void> {
  // A day end goes to and fro: a letter may bring the next.
  for (let round = 0; round < 4; round++) {
    for (const { running } of banks) {
      await running.dayEnd.idle()
      await running.mail.idle()
    }
    for (const { running } of [...payees, ...hosts]) {
      await running.ordersFilled()
      await running.dayEnd.idle()
      await running.mail.idle()
    }
  }
}

function networkOf(
  banks: readonly BankHouse[],
  payees: readonly PayeeHouse[],
  hosts: readonly HostHouse[],
  mail: InProcessMail,
): Network {
  const houses = [...banks, ...payees, ...hosts]
  return {
    ...{ banks, payees, hosts, houses, mail },
    close: async () => {
      for (const house of houses) await house.close()
    },
  }
}

function bankKind(mail: InProcessMail, troubled: (error: unknown) => void): HouseKind<BankSettings, RunningBank> {
  return {
    tables: bankTables,
    identities: tenant => bankIdentities({ tenant, chain: 'main' }),
    start: (premises, settings, runtime) => startBank(premises, settings, runtime, mail, troubled),
  }
}

function payeeKind(
  mail: InProcessMail,
  troubled: (error: unknown) => void,
): HouseKind<MerchantSettings, RunningMerchant> {
  return {
    tables: merchantTables,
    identities: tenant => merchantIdentities({ tenant, chain: 'main' }),
    start: (premises, settings, runtime) => startMerchant(premises, settings, runtime, mail, troubled),
  }
}

function hostKind(mail: InProcessMail, troubled: (error: unknown) => void): HouseKind<HostSettings, RunningHost> {
  return {
    tables: hostTables,
    identities: tenant => hostIdentities({ tenant, chain: 'main' }),
    start: (premises, settings, runtime) => startHost(premises, settings, runtime, mail, troubled),
  }
}

export function staffOf(staff: Staff, { card }: Pick<RunningInstitution, 'card'>): TwoPeople {
  return known(staff.get(card.institution), card.institution)
}

function known<T>(thing: T | undefined, id: InstitutionId): T {
  if (thing === undefined) throw new Error(`${id} is not of this network`)
  return thing
}
