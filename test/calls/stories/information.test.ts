/**
 * What is sold by ear, over real calls: one whose money ends in the middle of an item, one that is hung up, and one whose payee is
 * killed while it plays. Each is charged what was heard: never more, and one unit less at most.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDemo } from '../../../demo/demo.ts'
import { demoText, harbour, talent } from '../../../demo/institutions.ts'
import { start as startBank } from '../../../src/bank/start.ts'
import { start as startMerchant } from '../../../src/merchant/start.ts'
import { yuan } from '../../../src/money.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { balancesOf } from '../../support/balances.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { inProcessMail } from '../../support/in-process-mail.ts'
import type { Caller } from '../harness/caller.ts'
import { callInEnglish, openVoucher, type WrittenDown } from '../harness/conversations.ts'
import { type Network, startNetwork } from '../harness/network.ts'
import { kill } from '../harness/processes.ts'

/** Five yuan for every five seconds of it; it lasts for half a minute. */
const catalogue = `    catalogue:
      - id: tides
        title: { en: Tides, zh: 潮汐 }
        perMinute: 6000
        unitSeconds: 5
        text:
          en: >-
            ${Array.from({ length: 9 }, (_, i) => `On day ${i + 1} the water is high at noon, and low when the lamps are lit.`).join(' ')}
          zh: 正午涨潮，点灯时退潮。
`
const unit = 5_00n

let network: Network
let vouchers: readonly WrittenDown[]

beforeAll(async () => {
  network = await startNetwork([], {}, async dataFolder => {
    const file = demoText.replace(/ {4}catalogue:\n[\s\S]*$/, catalogue)
    writeFileSync(join(dataFolder, 'tonebank.yaml'), file, { mode: 0o600 })
    vouchers = await bought(join(dataFolder, 'institutions'))
  })
})
afterAll(async () => {
  await network?.stop()
  network?.remove()
})

test('one ends with the money, another is hung up, and both have paid what they heard', async () => {
  const [first, second] = await Promise.all([
    listening('phone1', vouchers[0]),
    sleep(1_500).then(() => listening('phone2', vouchers[1])),
  ])
  const began = performance.now()
  await Promise.all([
    first.hears('listen.money-over').then(() => {
      const heardMs = performance.now() - began
      expect(heardMs).toBeGreaterThan(16_000)
      expect(heardMs).toBeLessThan(23_000)
    }),
    sleep(12_000).then(() => second.phone.hangUp()),
  ])
  await first.hears('listen.done.exhausted')
  await first.hangUp()
  await second.log.next({ call: second.id, event: 'ended' })
  await Promise.all([first.quit(), second.quit()])
  // Twenty yuan were the whole voucher; twelve seconds are three units that have begun.
  await expect.poll(revenue, { timeout: 5_000 }).toBe(4n * unit + 3n * unit)
})

test('one whose payee is killed while it plays is told what it came to', async () => {
  const before = await revenue()
  const caller = await listening('phone1', vouchers[2])
  await sleep(7_500)
  kill(network, 'talent')
  await caller.log.next({ call: caller.id, event: 'answered-call', resumed: true })
  await caller.hears('resumed.listened')
  await caller.hangUp()
  await caller.quit()
  const charged = (await revenue()) - before
  // The second unit had begun to sound; its note may have been lost with the process.
  expect([unit, 2n * unit]).toContain(charged)
})

test('the books of everybody are right', async () => {
  expect(await network.audit()).toMatchObject({ status: 0 })
})

/** Calls, opens the voucher, chooses the one title, and listens. */
async function listening(user: string, voucher: WrittenDown | undefined): Promise<Caller> {
  const caller = await callInEnglish(network, user, '1680', 'talent')
  await caller.answer('merchant.menu', '1')
  await openVoucher(caller, voucher ?? { number: '', password: '' })
  await caller.answer('voucher.menu', '1')
  await caller.answer('listen.last', '1')
  await caller.answer('listen.confirm.seconds', '1')
  await caller.hears('listen.work')
  return caller
}

const revenue = async () => (await balancesOf(network.dataFolder)).get('talent revenue:harbour') ?? 0n

/** The demonstration's institutions, before anybody calls; its first customer has three vouchers of twenty yuan. */
async function bought(institutions: string): Promise<WrittenDown[]> {
  const { customers } = await createDemo(institutions, systemRuntime, { hashCost: { memoryKiB: 8, passes: 1 } })
  const mail = inProcessMail(systemRuntime)
  const at = (id: string) => ({ nightlyAt: undefined, folder: join(institutions, id) })
  const bank = await startBank({ ...harbour, ...at('harbour') }, systemRuntime, mail)
  const payee = await startMerchant({ ...talent, ...at('talent') }, systemRuntime, mail)
  await Promise.all([bank, payee].map(({ recovery }) => recovery.begun))
  const [buyer] = customers
  if (buyer === undefined) throw new Error('nobody banks here')
  const written: WrittenDown[] = []
  for (const name of ['a', 'b', 'c']) {
    const sale = await bank.bank.sellVoucher({
      ...{ intent: intentId(name), buyer: buyer.account, payee: institutionId('talent'), amount: yuan(20n) },
      channel: 'telephone',
    })
    if (sale.outcome !== 'sold') throw new Error(sale.outcome)
    written.push({ number: sale.voucher.number, password: sale.voucher.password.reveal() })
  }
  // What the bank has to tell the payee of them is told once both have started again.
  for (const each of [bank, payee]) await each.close()
  return written
}
