/** The demonstration's institutions, as their configuration files would say it. */
import type { BankSettings } from '../src/bank/config.ts'
import type { MerchantSettings } from '../src/merchant/config.ts'

const lanternName = { en: 'Lantern Books', zh: '灯笼书店' }
/** ¥20, ¥50, ¥100, ¥200. */
const lanternDenominations = [2_000n, 5_000n, 10_000n, 20_000n]

/** After the cut-off at 23:00, when nobody shops for books. */
const nightlyAt = '15 23 * * *'

export const harbour = {
  id: 'harbour',
  name: { en: 'Harbour Bank', zh: '海港银行' },
  nightlyAt,
  payees: [{ id: 'lantern', number: '8001', name: lanternName, denominations: lanternDenominations }],
  limits: { perItem: 200_000n, perDay: 500_000n },
  stock: { lowWater: 3, orderCount: 12 },
} satisfies BankSettings

export const lantern = {
  id: 'lantern',
  name: lanternName,
  nightlyAt,
  numbers: { prefix: '6180', randomDigits: 10 },
  denominations: lanternDenominations,
} satisfies MerchantSettings

/** By id, with what each is: `tonebank` starts one process for each. */
export const demoInstitutions = [
  { kind: 'bank', settings: harbour },
  { kind: 'merchant', settings: lantern },
] as const
