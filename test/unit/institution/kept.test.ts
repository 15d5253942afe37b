/** A bank whose books PostgreSQL keeps, started on a second machine that has its keys. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { start as startBank } from '../../../src/bank/start.ts'
import { withCheckDigits } from '../../../src/check-digits.ts'
import { accountNumberShape } from '../../../src/ids.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { beginMark } from '../../../src/store/keeper/beginning.ts'
import { aPhone } from '../../support/ids.ts'
import { inProcessMail } from '../../support/in-process-mail.ts'
import { Postgres } from '../../support/postgres.ts'

let folder: string
let postgres: Postgres
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-kept-bank-'))
  mkdirSync(join(folder, 'a'), { mode: 0o700 })
  writeFileSync(beginMark(join(folder, 'a')), '')
  postgres = await Postgres.start()
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true })
})

const settings = {
  id: 'harbour',
  name: { en: 'Harbour Bank', zh: '海港银行' },
  payees: [],
  limits: { perItem: 1_000n, perDay: 1_000n },
  stock: { lowWater: 0, orderCount: 1 },
  hashCost: { memoryKiB: 8, passes: 1 },
}
const account = accountNumberShape.parse(withCheckDigits('6001'))

function started(machine: string) {
  const keeping = {
    keeper: postgres.place(),
    lost: () => {},
    standingBy: () => {},
    signal: new AbortController().signal,
  }
  return startBank({ ...settings, folder: join(folder, machine), keeping }, systemRuntime, inProcessMail(systemRuntime))
}

test('a customer of one machine signs in at the other, and the books there are proved against the same head', async () => {
  const first = await started('a')
  await first.teller.openCustomer({ account, name: { en: 'A Buyer', zh: '买家' }, pin: new Secret('604812') })
  const head = first.store.head()
  await first.close()
  cpSync(join(folder, 'a/keys'), join(folder, 'b/keys'), { recursive: true })
  const second = await started('b')
  const rows = await second.store.read(tx =>
    tx.all<{ hash: Uint8Array }>('SELECT hash FROM change_log WHERE sequence = ?', head?.sequence ?? 0n),
  )
  expect(rows).toEqual([{ hash: head?.hash }])
  const signedIn = await second.bank.signIn({ account, pin: new Secret('604812'), origin: aPhone })
  expect(signedIn).toMatchObject({ outcome: 'signed-in' })
  await second.close()
})
