import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createDemo } from '../../../demo/demo.ts'
import { garden, harbour, lantern } from '../../../demo/institutions.ts'
import { start as startBank } from '../../../src/bank/start.ts'
import { fromHex } from '../../../src/bytes.ts'
import { Directory } from '../../../src/card/directory.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import { start as startMerchant } from '../../../src/merchant/start.ts'
import { yuan } from '../../../src/money.ts'
import { cardFile } from '../../../src/operations/card-file.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { asSound, sessionOf, signedBy } from '../../support/cards.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { inProcessMail } from '../../support/in-process-mail.ts'

const folder = mkdtempSync(join(tmpdir(), 'tonebank-demo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the demonstration is made on disk, over loopback, and its first customer can buy and pay', async () => {
  const institutions = join(folder, 'institutions')
  const card = await createDemo(institutions, systemRuntime, { hashCost: { memoryKiB: 8, passes: 1 } })
  expect(card.customers).toHaveLength(9)
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

  // The card that lies openly, and the directory beside it, are all that a terminal needs.
  const [, wei] = card.customers
  if (wei?.card === undefined) throw new Error('nobody has a card')
  const cards = join(folder, 'institutions', 'harbour', 'cards')
  const signer = fromHex(readFileSync(join(cards, 'directory-key.txt'), 'utf8').trim())
  const message = new Uint8Array(readFileSync(join(cards, 'directory.cose')))
  const directory = await Directory.read({ algorithm: 'Ed25519', bytes: signer }, message)
  const answerKey = directory?.institution(institutionId('harbour'))?.answerKey ?? expect.fail('no directory')
  const element = await SoftCard.insert(cardFile(join(folder, wei.card.file)), length => systemRuntime.random(length))
  const session = await sessionOf(systemRuntime, element)
  const order = { from: wei.account, to: alice.account, amount: yuan(2_500n), channel: 'telephone' } as const
  const asked = await bank.bank.askByCard({ ...order, intent: intentId('2') })
  if (asked.outcome !== 'asked') throw new Error(asked.outcome)
  const answer = await signedBy(systemRuntime, { ...wei.card, session }, asked.request)
  const request = { intent: intentId('2'), from: wei.account, nonce: asked.request.nonce }
  const sent = { ...request, answer: await asSound(systemRuntime, { answerKey }, asked, answer) }
  expect(await bank.bank.payByCard(sent)).toMatchObject({ outcome: 'transferred', balance: yuan(1_000n) })
  expect(statSync(join(folder, wei.card.file)).mode & 0o077).toBe(0)
  // Taken out and inserted again, it counts on.
  const again = await SoftCard.insert(cardFile(join(folder, wei.card.file)), length => systemRuntime.random(length))
  const next = await signedBy(
    systemRuntime,
    { ...wei.card, session: await sessionOf(systemRuntime, again) },
    asked.request,
  )
  expect(next.witness.counter).toBe(2)
  for (const each of [bank, other, merchant]) await each.close()
})
