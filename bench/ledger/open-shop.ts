/** A payee on a real disk with vouchers that are sold, as `src/merchant` starts it; only its mail goes nowhere. */
import { appointTwo } from '../../demo/two-people.ts'
import { type InstitutionId, institutionIdShape, type VoucherNumber, voucherNumberShape } from '../../src/ids.ts'
import { HashPool } from '../../src/keys/hash-pool.ts'
import { Verifiers } from '../../src/keys/verifiers.ts'
import { openAccount } from '../../src/ledger/accounts.ts'
import { businessDate } from '../../src/ledger/business-date.ts'
import { credit, debit, post } from '../../src/ledger/post.ts'
import type { VoucherSession } from '../../src/merchant/merchant.ts'
import { dueFrom, passwordOwner, promiseOf, revenueFrom } from '../../src/merchant/shop.ts'
import { merchantTables, type RunningMerchant, startIn } from '../../src/merchant/start.ts'
import { drawApiKey, signNewKey } from '../../src/merchant/till/api-keys.ts'
import type { ApiKey } from '../../src/merchant/till/till.ts'
import { money } from '../../src/money.ts'
import { now, type Runtime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import { type Measuring, openMeasuredBooks } from './measured-books.ts'
import { nowhere, payee, placeOf } from './stocked-bank.ts'

export interface OpenShop extends RunningMerchant, Measuring {
  /** Opened with their passwords, each once. */
  readonly sessions: readonly VoucherSession[]
  /** Of a shop's program. */
  readonly key: ApiKey
  readonly presented: Secret
  readonly password: Secret
}

/** What each voucher is worth: more than is ever paid. */
const face = money(10n ** 12n)
const harbour = institutionIdShape.parse('harbour')
const password = new Secret('71048235')
const cost = { memoryKiB: 8, passes: 1 }
const anyNumber = { burst: 1_000_000, perMinute: 1_000_000 }

export async function openShop(vouchers: number): Promise<OpenShop> {
  const books = await openMeasuredBooks(merchantTables)
  const { store, keys, runtime } = books
  const running = await startIn(
    books,
    {
      id: payee,
      name: { en: 'Lantern Books', zh: '灯笼书店' },
      numbers: { prefix: '6200', randomDigits: 8 },
      denominations: [face.minor],
      hashCost: cost,
      openingRates: {
        ...{ number: anyNumber, caller: anyNumber, shop: anyNumber },
        ...{ range: anyNumber, withheld: anyNumber, overall: anyNumber },
      },
    },
    runtime,
    nowhere,
  )
  const pool = new HashPool(runtime, { parallel: 2, queueLimit: vouchers })
  const verifiers = new Verifiers({ runtime, keys, pool, cost })
  const sold = Array.from({ length: vouchers }, (_, i) => placeOf(i))
  const made = await Promise.all(
    sold.map(async place => {
      const number = voucherNumberShape.parse(place.number)
      return { ...place, number, verifier: await verifiers.make(password, passwordOwner(number), 'background') }
    }),
  )
  const at = now({ runtime })
  await store.execute(async tx => {
    const date = await businessDate(tx, { tenant: payee, timeZone: 'Asia/Shanghai', cutOffMinutes: 23 * 60 }, at)
    const open = { chain: 'main', asset: face.asset, at, businessDate: date }
    await openAccount(tx, { ...open, account: dueFrom(harbour) })
    await openAccount(tx, { ...open, account: revenueFrom(harbour) })
    for (const { batch, serial, number, verifier } of made) {
      // As the bank's letter would.
      await tx.run(
        `INSERT INTO voucher (tenant, number, bank, batch, serial, minor, asset, scale, state, password, backup, reveal,
           revealable, sale, activated_at) VALUES (?, ?, ?, ?, ?, ?, 'CNY', 2, 'active', ?, '-', '-', '-', ?, ?)`,
        ...[payee, number, harbour, batch, serial, face.minor, verifier, `${serial}`, BigInt(at)],
      )
      await openAccount(tx, { ...open, account: promiseOf(number) })
      const posted = await post(tx, {
        ...{ chain: 'main', id: `activation ${harbour} ${serial}`, at, businessDate: date, kind: 'activation' },
        entries: [debit(dueFrom(harbour), face), credit(promiseOf(number), face)],
      })
      if (posted.outcome !== 'posted') throw new Error(`an activation was ${posted.outcome}`)
    }
  })
  const sessions: VoucherSession[] = []
  for (const { number } of made) sessions.push(await opened(running, number))
  return {
    ...running,
    ...(await addKey(running, runtime, payee)),
    ...{ sessions, password },
    ...books.measuring(running),
  }
}

async function opened({ merchant }: RunningMerchant, number: VoucherNumber): Promise<VoucherSession> {
  const opening = await merchant.openVoucher({ number, password, origin: { channel: 'telephone', number } })
  if (opening.outcome !== 'open') throw new Error(`a voucher was ${opening.outcome}`)
  return opening.session
}

async function addKey(running: RunningMerchant, runtime: Runtime, tenant: InstitutionId) {
  const { maker } = await appointTwo(running.decisions, runtime, { maker: 'cy', checker: 'dee' })
  const { presented, key } = drawApiKey(runtime, { name: 'A shop', webhook: undefined })
  const { outcome } = await running.apiKeys.add(key, signNewKey(maker.signer, tenant, key, now({ runtime })))
  if (outcome !== 'added') throw new Error(`the key was not added: ${outcome}`)
  return { presented, key: { id: key.id, name: key.name, webhook: undefined } satisfies ApiKey }
}
