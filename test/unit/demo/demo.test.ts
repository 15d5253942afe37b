import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createDemo } from '../../../demo/demo.ts'
import { garden, harbour, lantern } from '../../../demo/institutions.ts'
import { start as startBank } from '../../../src/bank/start.ts'
import { start as startMerchant } from '../../../src/merchant/start.ts'
import { yuan } from '../../../src/money.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { inProcessMail } from '../../support/in-process-mail.ts'

const folder = mkdtempSync(join(tmpdir(), 'tonebank-demo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the demonstration is made on disk, over loopback, and its first customer can buy and pay', async () => {
  const institutions = join(folder, 'institutions')
  const card = await createDemo(institutions, systemRuntime, { hashCost: { memoryKiB: 8, passes: 1 } })
  expect(card.customers).toHaveLength(8)
  expect(statSync(join(institutions, 'customers.json')).mode & 0o077).toBe(0)
  expect((await createDemo(institutions, systemRuntime)).customers.map(({ account }) => account)).toEqual(
    card.customers.map(({ account }) => account),
  )

  const mail = inProcessMail(systemRuntime)
  const [bank, other] = await Promise.all(
    [harbour, garden].map(settings =>
      startBank({ ...settings, nightlyAt: undefined, folder: join(institutions, settings.id) }, systemRuntime, mail),
    ),
  )
  if (bank === undefined || other === undefined) throw new Error('there are two banks')
  const merchant = await startMerchant(
    { ...lantern, nightlyAt: undefined, folder: join(institutions, 'lantern') },
    systemRuntime,
    mail,
  )
  await Promise.all([bank, other, merchant].map(({ recovery }) => recovery.begun))
  const [alice] = card.customers
  if (alice === undefined) throw new Error('nobody banks here')
  expect(await bank.bank.signIn({ account: alice.account, pin: alice.pin, origin: aPhone })).toMatchObject({
    outcome: 'signed-in',
  })
  const sale = await bank.bank.sellVoucher({
    intent: intentId('1'),
    buyer: alice.account,
    payee: institutionId('lantern'),
    amount: yuan(50n),
    channel: 'telephone',
  })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  const opening = await merchant.merchant.openVoucher({ ...sale.voucher, origin: aPhone })
  expect(opening).toMatchObject({ outcome: 'open', remaining: yuan(50n) })
  for (const each of [bank, other, merchant]) await each.close()
})
