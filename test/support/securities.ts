/** A securities firm by itself, for tests of its market: nobody writes to it, and its books are in memory. */
import type { Isin } from '../../src/card/numbers.ts'
import { parseIsin } from '../../src/card/numbers.ts'
import type { AccountNumber } from '../../src/ids.ts'
import { mainChain } from '../../src/ledger/journal.ts'
import { credit, debit, post } from '../../src/ledger/post.ts'
import { securitiesIdentities } from '../../src/securities/audit/audit.ts'
import type { SecuritiesSettings } from '../../src/securities/config.ts'
import { clientCash, houseCash, inCurrency, openCash } from '../../src/securities/firm.ts'
import { type RunningSecurities, securitiesTables, startIn } from '../../src/securities/start.ts'
import { institutionId } from './ids.ts'
import { inProcessMail } from './in-process-mail.ts'
import { emptyDisks, House } from './network/house.ts'
import type { VirtualRuntime } from './virtual-runtime.ts'

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
  bank: 'harbour',
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

export async function openFirm(
  runtime: VirtualRuntime,
  settings: Partial<SecuritiesSettings> = {},
  troubled: (error: unknown) => void = () => {},
): Promise<FirmHouse> {
  const mail = inProcessMail(runtime)
  const house: FirmHouse = new House(
    {
      tables: securitiesTables,
      identities: tenant => securitiesIdentities({ tenant, chain: mainChain }),
      start: (premises, its, life) => startIn(premises, its, life, mail, troubled),
    },
    institutionId('pine'),
    { ...pineSettings, ...settings },
    [],
  )
  await house.start(emptyDisks, runtime)
  await house.running.recovery.begun
  return house
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
