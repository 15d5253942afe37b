/**
 * The time of a refused opening tells nothing: neither whether the voucher exists or is sold, nor whether the password was
 * right, what it cost to compare, or whether the bank was asked and where it is. On virtual time 200 tries of each kind,
 * where what is compared takes no time at all; on real time, hashes included, 2,000:
 *
 *     npm run test:timing
 */
import { expect, test } from 'vitest'
import { withCheckDigits } from '../../../src/check-digits.ts'
import type { VoucherNumber } from '../../../src/ids.ts'
import { type Runtime, randomBelow, randomDigits, systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, toldVoucher } from '../../support/ids.ts'
import { passwordInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'
import { areaUnderCurve, separation } from './area-under-curve.ts'

const isReal = process.env['TIMING'] === 'real'
const tries = Number(process.env['TRIES'] ?? 200)
/** The area that chance gives for two kinds alike: 0.5 and its standard deviation (Mann and Whitney). */
const deviation = Math.sqrt((2 * tries + 1) / (12 * tries * tries))
const most = Math.max(0.55, 0.5 + 4 * deviation)
/** Between two requests: few enough at once that none takes longer than its second. */
const spacingMs = 20

const baseline = 'an unknown number'

type BankIs = 'near' | 'far' | 'down'

interface Try {
  readonly kind: string
  readonly number: VoucherNumber
  readonly password: string
  readonly bankIs: BankIs
}

test('the area says what chance says of two kinds alike, and 1 of two that are apart', () => {
  expect(areaUnderCurve([1, 2, 3], [1, 2, 3])).toBe(0.5)
  expect(areaUnderCurve([4, 5], [1, 2, 3])).toBe(1)
  expect(separation([1, 2], [3, 4])).toBe(1)
  expect(areaUnderCurve([1, 3], [2, 2])).toBe(0.5)
})

test(
  `no refused opening tells anything by its time (${tries} tries of each kind)`,
  async () => {
    const times = isReal ? await measure(systemRuntime) : await onVirtualTime()
    const unknown = times.get(baseline) ?? []
    const areas = [...times].map(([kind, ms]) => [kind, Number(separation(ms, unknown).toFixed(3))] as const)
    console.log(Object.fromEntries(areas))
    expect(unknown).toHaveLength(tries)
    expect([...times].filter(([, ms]) => ms.some(Number.isNaN))).toEqual([])
    for (const [kind, area] of areas) expect(area, kind).toBeLessThanOrEqual(most)
  },
  isReal ? 3_600_000 : undefined,
)

async function onVirtualTime() {
  const runtime = new VirtualRuntime({ seed: 40 })
  return runtime.run(() => measure(runtime))
}

/** How long each try took, by its kind. */
async function measure(runtime: Runtime): Promise<ReadonlyMap<string, readonly number[]>> {
  let bankIs: BankIs = 'near'
  const weather = { next: () => weatherOf(runtime, bankIs) }
  const world = await openWorld({ runtime, weather })
  // Who raised the cost of hashes has records of the old cost, and compares with the new one where there is none.
  // A locked number is tried again and again here, which would slow its refusals, as it would those of any other number.
  const refusalDelay = { firstMs: 0, mostMs: 0 }
  await world.reconfigureMerchant({ hashCost: { memoryKiB: 4_096, passes: 2 }, refusalDelay })
  const times = new Map<string, number[]>()
  const answers: Promise<void>[] = []
  for (const each of await plan(world, runtime)) {
    await world.lantern.store.execute(tx => tx.run('DELETE FROM tries WHERE subject = ?', each.number))
    bankIs = each.bankIs
    answers.push(
      time(world, runtime, each).then(ms => void times.set(each.kind, [...(times.get(each.kind) ?? []), ms])),
    )
    await runtime.sleep(spacingMs)
  }
  await Promise.all(answers)
  await world.close()
  return times
}

async function time({ merchant }: World, runtime: Runtime, { number, password }: Try): Promise<number> {
  const beganMs = runtime.monotonicMs()
  const { outcome } = await merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
  // A number that too many try at once is `busy`, which is refused at the same instant.
  return outcome === 'open' ? Number.NaN : runtime.monotonicMs() - beganMs
}

/** Every kind as often as the others, in no order. */
async function plan(world: World, runtime: Runtime): Promise<readonly Try[]> {
  const unsold = await world.lantern.store.read(tx =>
    tx.all<{ number: VoucherNumber }>(`SELECT number FROM voucher WHERE state = 'issued' ORDER BY number`),
  )
  const passwords = new Map<string, string>()
  for (const { number } of unsold) passwords.set(number, (await passwordInStock(world, number)) ?? '')
  const planned: Try[] = []
  for (let i = 0; i < tries; i++) {
    const number = unsold[i % unsold.length]?.number
    if (number === undefined) throw new Error('nothing is unsold')
    const right = passwords.get(number) ?? ''
    const fresh = toldVoucher(withCheckDigits(`6180${randomDigits(runtime, 10)}`))
    const { locked } = world.vouchers
    const near = { bankIs: 'near' } as const
    planned.push(
      { kind: baseline, number: fresh, password: right, ...near },
      { kind: 'a wrong password of an unsold voucher', number, password: wrong(right), ...near },
      { kind: 'the right password of an unsold voucher', number, password: right, ...near },
      { kind: 'the same, its bank far away', number, password: right, bankIs: 'far' },
      { kind: 'the same, its bank down', number, password: right, bankIs: 'down' },
      { kind: 'the right password of a locked voucher', number: locked.number, password: locked.password, ...near },
    )
  }
  return planned
    .map(each => ({ each, at: randomBelow(runtime, 2 ** 31) }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each)
}

/** Deliveries go out within a try's own turn, before the next begins. */
function weatherOf(runtime: Runtime, bankIs: BankIs) {
  if (bankIs === 'down') return { lost: 'there' as const }
  return bankIs === 'far' ? { lateMs: 300 + randomBelow(runtime, 3_000) } : {}
}

function wrong(password: string): string {
  return `${(Number(password[0]) + 1) % 10}${password.slice(1)}`
}
