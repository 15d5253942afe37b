/**
 * Proves a world's books: each institution's own by `audit`, with the heads that the other holds, and what must hold
 * between the two once every letter has arrived.
 */

import { alarms } from '../../src/alarm.ts'
import { bankIdentities } from '../../src/bank/audit.ts'
import { audit } from '../../src/ledger/audit/audit.ts'
import { heldHeads } from '../../src/mail/held-heads.ts'
import { merchantIdentities } from '../../src/merchant/audit.ts'
import type { Store } from '../../src/store/store.ts'
import type { World } from './world.ts'

/** Everything that is wrong, in sentences. Empty when the books are right. */
export async function faultsOf(world: World): Promise<readonly string[]> {
  const { harbour, lantern } = world
  const faults: string[] = []
  for (const [self, other, identities] of [
    [harbour, lantern, bankIdentities({ tenant: 'harbour', chain: 'main' })],
    [lantern, harbour, merchantIdentities({ tenant: 'lantern', chain: 'main' })],
  ] as const) {
    const signer = self.card.institution
    const heads = await other.store.read(tx => heldHeads(tx, other.card.institution, signer))
    const snapshot = await self.store.snapshot()
    const findings = await audit({ snapshot }, { signer, keys: self.ledgerKeys, heads, identities })
    for (const { kind, where, what } of findings) faults.push(`${signer}: ${kind} ${where}: ${what}`)
    for (const { kind, detail } of await self.store.read(tx => alarms(tx, signer))) {
      faults.push(`${signer}: alarm ${kind}: ${detail}`)
    }
  }
  const [float, due] = [
    await posted(harbour.store, 'float:lantern'),
    await posted(lantern.store, 'due-from-bank:harbour'),
  ]
  if (float !== due) faults.push(`the bank holds ${float} for the payee, and the payee knows of ${due}`)
  const [vault, deposits] = [await posted(harbour.store, 'vault'), await posted(harbour.store, 'deposit:%')]
  const cleared = await posted(harbour.store, 'settlement:%')
  const elsewhere = cleared + (await posted(harbour.store, 'fee-income')) + (await posted(harbour.store, 'suspense'))
  if (vault !== deposits + float + elsewhere)
    faults.push(`money was made or lost: ${vault} in, ${deposits}, ${float} and ${elsewhere} here`)
  const settled = await posted(lantern.store, 'settled:harbour')
  if (settled !== cleared) faults.push(`the bank cleared ${cleared} for the payee, and the payee knows of ${settled}`)
  return faults
}

/** The sum of the accounts whose id is like `pattern`. */
export async function posted(store: Store, pattern: string): Promise<bigint> {
  const row = await store.read(tx =>
    tx.one<{ sum: bigint | null }>('SELECT sum(posted) AS sum FROM balance WHERE account LIKE ?', pattern),
  )
  return row?.sum ?? 0n
}
