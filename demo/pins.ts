/**
 * A demonstration that version 0.1.0 made knows no transport keys: its institutions would not talk to each other. They
 * get keys at their next start, and pin each other's here, as the two people of the demonstration would.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bankTables } from '../src/bank/start.ts'
import { type InstitutionId, institutionIdShape } from '../src/ids.ts'
import { openPremises } from '../src/institution/premises.ts'
import { fingerprint, ownCard, pinPeer } from '../src/mail/peers.ts'
import { merchantTables } from '../src/merchant/start.ts'
import { now, type Runtime } from '../src/runtime.ts'
import { demoStaff } from './customers.ts'
import { harbour, lantern } from './institutions.ts'

const institutions = [
  { id: institutionIdShape.parse(harbour.id), migrations: bankTables },
  { id: institutionIdShape.parse(lantern.id), migrations: merchantTables },
]

/** Does nothing where every institution has such a key. */
export async function pinTransportKeys(folder: string, runtime: Runtime): Promise<void> {
  if (institutions.every(({ id }) => hasTransportKey(join(folder, id, 'keys')))) return
  const open: { id: InstitutionId; premises: Awaited<ReturnType<typeof openPremises>> }[] = []
  try {
    for (const { id, migrations } of institutions)
      open.push({ id, premises: await openPremises(runtime, join(folder, id), migrations) })
    for (const self of open) {
      for (const { id, premises } of open.filter(other => other !== self)) {
        const card = ownCard(id, premises.keys)
        const compared = { fingerprint: fingerprint(card), ...demoStaff, at: now({ runtime }) }
        await self.premises.store.execute(tx => pinPeer(tx, self.id, card, compared))
      }
    }
  } finally {
    for (const { premises } of open) await premises.store.close()
  }
}

function hasTransportKey(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some(name => name.startsWith('transport-'))
}
