/** The demonstration's institutions, as its file says: `demo/tonebank.yaml`, which the first start copies. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BankSettings } from '../src/bank/config.ts'
import type { MerchantSettings } from '../src/merchant/config.ts'
import type { HostSettings } from '../src/merchant/host/config.ts'
import { institutionOf, linesOf, parseInstallation } from '../src/operations/installation/file.ts'
import type { SecuritiesSettings } from '../src/securities/config.ts'

const file = fileURLToPath(new URL('tonebank.yaml', import.meta.url))
export const demoText = readFileSync(file, 'utf8')
const demo = parseInstallation(file, demoText)

/** Which number rings which institution of the demonstration. */
export const demoLines = linesOf(demo)

export const harbour: BankSettings = bankOf('harbour')
export const garden: BankSettings = bankOf('garden')
/** Its institutions, by their ids. */
export const demoIds: readonly string[] = demo.institutions.map(({ id }) => id)
export const lantern: MerchantSettings = merchantOf('lantern')
export const talent: MerchantSettings = merchantOf('talent')

export const neighbours: HostSettings = hostOf('neighbours')
export const pine: SecuritiesSettings = firmOf('pine')

function bankOf(id: string): BankSettings {
  const found = institutionOf(demo, id)
  if (found.kind !== 'bank') throw new Error(`${id} is no bank`)
  return found
}

function merchantOf(id: string): MerchantSettings {
  const found = institutionOf(demo, id)
  if (found.kind !== 'merchant') throw new Error(`${id} is no merchant`)
  return found
}

function hostOf(id: string): HostSettings {
  const found = institutionOf(demo, id)
  if (found.kind !== 'host') throw new Error(`${id} is no host`)
  return found
}

function firmOf(id: string): SecuritiesSettings {
  const found = institutionOf(demo, id)
  if (found.kind !== 'securities') throw new Error(`${id} is no securities firm`)
  return found
}
