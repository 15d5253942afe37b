/** A securities firm with its books in memory: by itself, for tests of its market, or as a counterparty of a world's bank. */
import { bothSign } from '../../demo/two-people.ts'
import { nameOnOrder } from '../../src/bank/cards/payee-name.ts'
import { Directory } from '../../src/card/directory.ts'
import type { Isin } from '../../src/card/numbers.ts'
import { parseIsin } from '../../src/card/numbers.ts'
import type { AccountNumber } from '../../src/ids.ts'
import type { BooksOf, Identity } from '../../src/ledger/audit/identity.ts'
import { mainChain } from '../../src/ledger/journal.ts'
import { credit, debit, post } from '../../src/ledger/post.ts'
import type { Runtime } from '../../src/runtime.ts'
import { marketIdentities, securitiesIdentities } from '../../src/securities/audit/audit.ts'
import type { SecuritiesSettings } from '../../src/securities/config.ts'
import { clientCash, houseCash, inCurrency, openCash } from '../../src/securities/firm.ts'
import { type RunningSecurities, securitiesTables, startIn } from '../../src/securities/start.ts'
import { type HeldCard, issuedTo } from './cards.ts'
import { institutionId } from './ids.ts'
import { type InProcessMail, inProcessMail } from './in-process-mail.ts'
import { emptyDisks, House } from './network/house.ts'
import { appoint, introduce } from './network/network.ts'
import type { VirtualRuntime } from './virtual-runtime.ts'
import { openWorld, type World } from './world.ts'

export function isin(text: string): Isin {
  const parsed = parseIsin(text)
  if (parsed === undefined) throw new Error(`no ISIN: ${text}`)
  return parsed
}

export const tea = isin('CNE100000TE7')
export const silk = isin('CNE100000SK6')

/** Open on weekdays from 09:30 to 15:00. Tea costs ¥10.00 and from 11:00 ¥9.00, from 13:00 ¥12.00; silk costs ¥250.00. */
const pineSettings: SecuritiesSettings = {
  id: 'pine',
  name: { en: 'Pine Securities', zh: '青松证券' },
  cards: { number: 7001, collectsAt: 'harbour' },
  capital: 1_000_000n,
  securities: [
    {
      ...{ isin: tea, number: '101', name: { en: 'Cloud Tea', zh: '云雾茶业' }, shares: 10_000n },
      prices: [
        { from: '09:30', price: 1_000n },
        { from: '11:00', price: 900n },
        { from: '13:00', price: 1_200n },
      ],
    },
    {
      ...{ isin: silk, number: '102', name: { en: 'River Silk', zh: '江南丝绸' }, shares: 50n },
      prices: [{ from: '09:30', price: 25_000n }],
    },
  ],
}

export type FirmHouse = House<SecuritiesSettings, RunningSecurities>

function firmOn(
  mail: InProcessMail,
  settings: Partial<SecuritiesSettings>,
  how: {
    readonly troubled: (error: unknown) => void
    readonly identities: (books: BooksOf) => readonly Identity[]
  },
): FirmHouse {
  return new House(
    {
      tables: securitiesTables,
      identities: tenant => how.identities({ tenant, chain: mainChain }),
      start: (premises, its, life) => startIn(premises, its, life, mail, how.troubled),
    },
    institutionId('pine'),
    { ...pineSettings, ...settings },
    [],
  )
}

/** Nobody writes to it. */
export async function openFirm(
  runtime: VirtualRuntime,
  settings: Partial<SecuritiesSettings> = {},
  troubled: (error: unknown) => void = () => {},
): Promise<FirmHouse> {
  const house = firmOn(inProcessMail(runtime), settings, { troubled, identities: marketIdentities })
  await house.start(emptyDisks, runtime)
  await house.running.recovery.begun
  return house
}

export interface Broker {
  readonly world: World
  readonly house: FirmHouse
  /** Of cai, who has ¥5,000.00 at the harbour. */
  readonly card: HeldCard
  /** The firm's own account at the harbour. */
  readonly own: AccountNumber
  /** As a terminal has it in the directory of the bank. */
  readonly answerKey: Uint8Array
}

/** A firm that takes the harbour's cards, by two people's decision there, and has its account at it. */
export async function openBroker(runtime: VirtualRuntime, life: Runtime = runtime): Promise<Broker> {
  const world = await openWorld({ runtime })
  const { cai, bo } = world.customers
  // Tea costs ¥10.00 all day and is dealt in at any time, whenever a test comes to it.
  const prices = [{ from: '09:30', price: 1_000n }]
  const steady = pineSettings.securities.map(each => (each.isin === tea ? { ...each, prices } : each))
  const trading = { from: '00:00', until: '24:00', days: [1, 2, 3, 4, 5, 6, 7] }
  const settings = { capital: 3_000n, securities: steady, trading }
  const house = firmOn(world.mail, settings, { troubled: error => void error, identities: securitiesIdentities })
  await house.start(emptyDisks, life)
  const { running } = house
  const staff = await appoint(running, runtime)
  await introduce(runtime, world.harbour, world.staff, running, staff)
  await house.running.recovery.begun
  await running.nightly()
  const request = { receiver: 'pine', bank: 'harbour', account: bo.account, name: nameOnOrder(bo.name) }
  const { done, outcome } = await bothSign(world.harbour, runtime, world.staff, 'admit-receiver', request)
  if (!done) throw new Error(`the firm was not admitted: ${outcome}`)
  await running.mail.idle()
  await world.harbour.mail.idle()
  const card = await issuedTo(world.harbour, runtime, world.staff, { account: cai.account })
  const signed = await world.harbour.cards.directory()
  if (signed.outcome !== 'signed') throw new Error(signed.outcome)
  const directory = await Directory.read({ algorithm: 'Ed25519', bytes: signed.key }, signed.message)
  const found = directory?.institution(institutionId('pine'))
  if (found === undefined) throw new Error('the firm is not in the directory')
  return { world, house, card, own: bo.account, answerKey: found.answerKey }
}

/** Gives a customer money out of the firm's own, without a bank. */
export async function endowed({ running: { firm } }: FirmHouse, account: AccountNumber, minor: bigint): Promise<void> {
  const { chain, runtime, store } = firm
  const when = { at: Math.trunc(runtime.wallNow()), businessDate: '2026-11-23' }
  await store.execute(async tx => {
    await openCash(tx, firm, account, when)
    const amount = inCurrency(firm, minor)
    const entries = [debit(houseCash, amount), credit(clientCash(account), amount)]
    await post(tx, { chain, id: `gift ${account}`, ...when, kind: 'gift', entries })
  })
}
