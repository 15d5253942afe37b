/**
 * What a call costs its caller in keys and seconds, by real calls of one caller whom nothing changes: they take 0.6 s for a key, key ahead
 * every answer that they know, hear what is to be confirmed and what is told to its end, and need a second after it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Caller, call } from '../harness/caller.ts'
import { type WrittenDown, writeDown } from '../harness/conversations.ts'
import type { LogLine } from '../harness/institution-log.ts'
import { institutionsMade } from '../harness/institutions-made.ts'
import { type Network, startNetwork } from '../harness/network.ts'

const keyMs = 600
const afterHearingMs = 1_000

interface Cost {
  readonly keys: number
  readonly seconds: number
}

class ReferenceCaller {
  readonly caller: Caller
  #keys = 0

  constructor(caller: Caller) {
    this.caller = caller
  }

  async key(keys: string): Promise<void> {
    for (const key of keys) {
      const pressing = this.caller.phone.press(key)
      await Promise.all([pressing, sleep(keyMs)])
      this.#keys++
    }
  }

  /** Hears a phrase of this call to its end. */
  async hearsOut(phrase: string): Promise<LogLine> {
    return this.caller.log.next({ call: this.caller.id, event: 'heard-in-full', phrase })
  }

  async confirms(phrase: string): Promise<void> {
    await this.hearsOut(phrase)
    await sleep(afterHearingMs)
    await this.key('1')
  }

  /** From the moment at which the line answered. */
  until(line: LogLine): Cost {
    const answered = this.caller.log.lines.find(
      ({ call, event }) => call === this.caller.id && event === 'answered-call',
    )
    const seconds = (timeOf(line) - timeOf(answered)) / 1_000
    return { keys: this.#keys, seconds: Math.round(seconds * 10) / 10 }
  }
}

const timeOf = (line: LogLine | undefined): number => new Date(line?.['time'] as string | number).getTime()

let network: Network
let voucher: WrittenDown
const costs: Record<string, Cost> = {}

beforeAll(async () => {
  network = await startNetwork([], {}, institutionsMade)
})
afterAll(async () => {
  console.table(costs)
  await network?.stop()
  network?.remove()
})

const customer = () => {
  const [first] = network.customers
  if (first === undefined) throw new Error('the demonstration has no customer')
  return first
}

async function callBank(): Promise<ReferenceCaller> {
  return new ReferenceCaller(await call(network, 'phone1', '9001', 'harbour'))
}

/** Until the first telling has been heard, which is then written down. */
async function told(name: string, caller: ReferenceCaller): Promise<Cost> {
  const cost = caller.until(await caller.hearsOut('voucher.password'))
  costs[name] = cost
  voucher = await writeDown(caller.caller, '1')
  await caller.hearsOut('voucher.confirmed')
  await caller.caller.hangUp()
  await caller.caller.quit()
  return cost
}

test('a first purchase takes 31 keys and 90 seconds at most', async () => {
  const { account, pin } = customer()
  const caller = await callBank()
  await caller.key(`1${account}#${pin}28001#50#`)
  await caller.confirms('buy.confirm')
  const { keys, seconds } = await told('first purchase', caller)
  expect(keys).toBeLessThanOrEqual(31)
  expect(seconds).toBeLessThanOrEqual(90)
})

test('paying takes 30 keys and 30 seconds at most to the word "paid"', async () => {
  const caller = new ReferenceCaller(await call(network, 'phone1', '8001', 'lantern'))
  await caller.key(`11${voucher.number.slice(4)}#${voucher.password}#150#`)
  await caller.confirms('pay.confirm')
  const line = await caller.caller.log.next({ call: caller.caller.id, event: 'said', phrase: 'pay.done.exhausted' })
  const cost = caller.until(line)
  costs['paying'] = cost
  await caller.caller.hangUp()
  await caller.caller.quit()
  expect(cost.keys).toBeLessThanOrEqual(30)
  expect(cost.seconds).toBeLessThanOrEqual(30)
})

test('the same again, from a telephone that is not registered: 24 keys and 60 seconds at most', async () => {
  const { account, pin } = customer()
  const caller = await callBank()
  await caller.key(`1${account}#${pin}2`)
  await caller.confirms('buy.again')
  const { keys, seconds } = await told('again, telephone not registered', caller)
  expect(keys).toBeLessThanOrEqual(24)
  expect(seconds).toBeLessThanOrEqual(60)
})

test('the same again, from a telephone that was registered: 12 keys and 45 seconds at most', async () => {
  const { account, pin } = customer()
  const registering = await callBank()
  await registering.key(`1${account}#${pin}74`)
  await registering.confirms('telephone.register')
  await registering.hearsOut('telephone.registered')
  await registering.caller.hangUp()
  await registering.caller.quit()

  const caller = await callBank()
  await caller.key(`#${pin}2`)
  await caller.confirms('buy.again')
  const { keys, seconds } = await told('again, registered telephone', caller)
  expect(keys).toBeLessThanOrEqual(12)
  expect(seconds).toBeLessThanOrEqual(45)
})
