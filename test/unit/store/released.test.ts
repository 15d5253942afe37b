/** Books of every released version open under the present program, lose nothing, and stand the audit. */

import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bankIdentities } from '../../../src/bank/audit.ts'
import { start as startBank } from '../../../src/bank/start.ts'
import { bankTables } from '../../../src/bank/tables.ts'
import { readKeyFolder } from '../../../src/keys/key-folder.ts'
import { audit } from '../../../src/ledger/audit/audit.ts'
import { merchantIdentities } from '../../../src/merchant/audit.ts'
import { merchantTables } from '../../../src/merchant/start.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { openStore } from '../../../src/store/open.ts'
import type { ReadTx } from '../../../src/store/store.ts'
import { aPhone } from '../../support/ids.ts'
import { inProcessMail } from '../../support/in-process-mail.ts'
import { type Released, unpackReleased } from '../../support/released.ts'

const runtime = systemRuntime

describe.each(['0.1.0'] as const)('books of %s', version => {
  let released: Released
  beforeEach(() => {
    released = unpackReleased(version)
  })
  afterEach(() => released.dispose())

  test.each([
    ['harbour', bankTables, bankIdentities({ tenant: 'harbour', chain: 'main' })],
    ['lantern', merchantTables, merchantIdentities({ tenant: 'lantern', chain: 'main' })],
  ] as const)('of %s stand the audit after all migrations', async (id, migrations, identities) => {
    const folder = released.folderOf(id)
    const store = openStore({ runtime, at: { folder }, migrations })
    const applied = await store.read(tx => tx.all('SELECT room, number FROM migration'))
    expect(applied.length).toBeGreaterThanOrEqual(migrations.length)
    const events = await store.read(countOf('journal'))
    expect(events).toBeGreaterThan(5n)
    await store.close()
    const keys = await readKeyFolder(runtime, join(folder, 'keys'))
    const findings = await audit({ folder }, { signer: id, keys: keys.publicKeys(), identities })
    expect(findings).toEqual([])
  })

  test('a customer signs in with the PIN that was set then', async () => {
    const bank = await startBank(
      {
        folder: released.folderOf('harbour'),
        id: 'harbour',
        name: { en: 'Harbour Bank', zh: '海港银行' },
        payees: [{ id: 'lantern', number: '8001', name: { en: 'Lantern', zh: '灯笼' }, denominations: [5_000n] }],
        limits: { perItem: 100_000n, perDay: 150_000n },
        hashCost: { memoryKiB: 8, passes: 1 },
      },
      runtime,
      inProcessMail(runtime),
    )
    const signedIn = await bank.bank.signIn({
      account: released.ada.account,
      pin: new Secret(released.ada.pin),
      origin: aPhone,
    })
    expect(signedIn.outcome).toBe('signed-in')
    await bank.close()
  })
})

function countOf(table: string) {
  return async (tx: ReadTx) => (await tx.one<{ n: bigint }>(`SELECT count(*) AS n FROM ${table}`))?.n
}
