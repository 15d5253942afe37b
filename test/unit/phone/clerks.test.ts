/** A caller asks for a clerk: the queue, the talk, what is keyed apart from the clerk, and the call-back where nobody comes. */
import { expect, it } from 'vitest'
import { care } from '../../../ivr/care/care.ts'
import type { CareDesk } from '../../../ivr/care/care-desk.ts'
import type { CallBackRequest } from '../../../src/institution/call-backs.ts'
import { accepted, type Call } from '../../../src/phone/call.ts'
import { CareQueue } from '../../../src/phone/care/queue.ts'
import { utterance } from '../../../src/speech/speech.ts'
import { type ClerkHabits, SimulatedClerks } from '../../support/simulated-clerk.ts'
import type { SimulatedCaller } from '../../support/simulated-line.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { phone } from './phoning.ts'

/** Of the simulated caller. */
const origin = { channel: 'telephone', number: '2001', attested: true }

interface World {
  readonly clerks?: Readonly<Record<string, ClerkHabits>>
  readonly isOpen?: boolean
  readonly isFull?: boolean
  /** As often as a caller may ask for a clerk. */
  readonly admitted?: number
  readonly waitMs?: number
}

function world({ clerks = {}, isOpen = true, isFull = false, admitted = 99, waitMs = 120_000 }: World) {
  const runtime = new VirtualRuntime()
  const simulated = new SimulatedClerks(runtime, clerks)
  const faults: unknown[] = []
  const troubled = (error: unknown) => faults.push(error)
  const queue = new CareQueue({ runtime, accounts: Object.keys(clerks), waitMs, troubled })
  const asked: CallBackRequest[] = []
  const keyed: string[] = []
  let times = 0
  const desk = (call: Call): CareDesk => ({
    isOpen: async () => isOpen,
    admits: () => ++times <= admitted,
    askForCallBack: async request => {
      asked.push(request)
      return { outcome: isFull ? 'full' : 'noted' }
    },
    queue,
    clerkMay: {
      greeting: utterance('care.clerk.caller-of-bank', {}),
      keys: {
        '1': async () => {
          const digits = { min: 6, max: 6 }
          const accept = (keys: string) => accepted(keys)
          keyed.push(await call.ask('care.pin', { phrase: 'care.pin', digits, secret: true, accept }))
          return utterance('care.clerk.identified', { customer: { en: 'Ann Lee', zh: '李安' }, account: '10000034' })
        },
      },
    },
  })
  const menu = (call: Call) => call.menu('bank.menu', { phrase: 'bank.menu', help: 'bank.help', choices: {} })
  const calls = (caller: (caller: SimulatedCaller) => Promise<void>) =>
    phone(menu, caller, { runtime, clerks: simulated, assistance: call => care(call, desk(call)) })
  return { runtime, simulated, queue, asked, keyed, faults, calls }
}

/** They press `0` in the menu, and `0` again in its help. */
async function asksForClerk(caller: SimulatedCaller) {
  await caller.hears('bank.menu')
  await caller.presses('0')
  await caller.hears('bank.menu')
  await caller.presses('0')
}

it('0 explains and says how a clerk is reached, 0 again reaches one, and afterwards the caller is where they were', async () => {
  const { calls, simulated, queue, faults } = world({ clerks: { lin: { answersAfterMs: 3_000 } } })
  const call = await calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.over')
    await caller.hears('bank.menu')
    await caller.hangsUp()
  })
  expect(call.answers).toEqual(['bank.menu help', 'bank.menu clerk', 'care.wait came'])
  expect(call.said).toEqual([
    ...['bank.menu', 'bank.help', 'care.offer', 'bank.menu', 'care.wait', 'care.connected', 'care.over', 'bank.menu'],
  ])
  expect(simulated.legs[0]?.isGone).toBe(true)
  expect([queue.length, faults]).toEqual([0, []])
})

it('without clerks 0 explains however often it is pressed', async () => {
  const menu = (call: Call) => call.menu('bank.menu', { phrase: 'bank.menu', help: 'bank.help', choices: {} })
  const call = await phone(menu, async caller => {
    await asksForClerk(caller)
    await caller.hears('bank.help')
    await caller.hangsUp()
  })
  expect(call.answers).toEqual(['bank.menu help', 'bank.menu help'])
  expect(call.said).not.toContain('care.offer')
})

it('a clerk who does not answer within 20 s is not rung again, the next one is; the caller hears where they are', async () => {
  const { calls, simulated } = world({ clerks: { lin: {}, bo: { answersAfterMs: 9_000 } } })
  const call = await calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.connected')
    await caller.hangsUp(1_000)
  })
  expect(simulated.rung).toEqual(['lin', 'bo'])
  expect(call.said.filter(phrase => phrase === 'care.wait.next').length).toBeGreaterThan(0)
  expect(simulated.legs[0]?.isGone).toBe(true)
})

it('who waits is not told that nobody comes while the only clerk puts the telephone down', async () => {
  const { runtime, simulated, queue } = world({ clerks: { lin: { answersAfterMs: 1_000 } } })
  // Asterisk still has the channel of a talk that has just ended: its clerk is neither in a talk nor free.
  let isPuttingDown = false
  const clerks = {
    onDuty: async (accounts: readonly string[]) =>
      isPuttingDown ? { free: [], busy: [] } : simulated.onDuty(accounts),
    ring: simulated.ring.bind(simulated),
  }
  await runtime.run(async () => {
    const first = queue.join(clerks)
    const talk = await first.served
    if (typeof talk === 'string') throw new Error(talk)
    const second = queue.join(clerks)
    await runtime.sleep(5_000)
    isPuttingDown = true
    await talk.hangUp()
    const third = queue.join(clerks)
    await runtime.sleep(20)
    isPuttingDown = false
    const served = await second.served
    expect(typeof served).toBe('object')
    second.leave()
    expect(typeof (await third.served)).toBe('object')
    third.leave()
  })
})

it('who waits longest is served first, and the one behind hears how many are before them', async () => {
  const { runtime, simulated, queue } = world({ clerks: { lin: { answersAfterMs: 1_000 } } })
  await runtime.run(async () => {
    const [first, second, third] = [queue.join(simulated), queue.join(simulated), queue.join(simulated)]
    const order: string[] = []
    for (const [name, place] of Object.entries({ first, second, third }))
      void place.served.then(served => order.push(`${name} ${typeof served === 'object' ? 'clerk' : served}`))
    expect([first.ahead, second.ahead, third.ahead]).toEqual([0, 1, 2])
    second.leave()
    expect(third.ahead).toBe(1)
    await first.served
    await runtime.sleep(10_000)
    expect(order).toEqual(['second nobody', 'first clerk'])
    first.leave()
    await third.served
    expect(order.at(-1)).toBe('third clerk')
    third.leave()
  })
  expect(simulated.rung).toEqual(['lin', 'lin'])
})

it('whoever waited for as long as one may, or for nobody, is offered a call-back on their number', async () => {
  for (const clerks of [{ lin: {} }, {}]) {
    const { calls, asked } = world({ clerks, waitMs: 15_000 })
    const call = await calls(async caller => {
      await asksForClerk(caller)
      await caller.hears('care.nobody')
      await caller.hears('care.call-back')
      await caller.presses('1')
      await caller.hears('care.call-back.noted')
      await caller.hears('bank.menu')
      await caller.hangsUp()
    })
    expect(call.ended).toBe('caller-left')
    expect(asked).toEqual([{ telephone: '2001', language: 'en', origin }])
  }
})

it('a caller who would rather not wait is called back on another number; out of hours nobody is rung', async () => {
  const waiting = world({ clerks: { lin: {} } })
  await waiting.calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.wait')
    await caller.presses('1')
    await caller.hears('care.call-back')
    await caller.presses('2')
    await caller.hears('care.number')
    await caller.presses('5557301#')
    await caller.hears('care.call-back.noted')
    await caller.hangsUp()
  })
  expect(waiting.asked).toEqual([{ telephone: '5557301', language: 'en', origin }])
  const closed = world({ clerks: { lin: { answersAfterMs: 1 } }, isOpen: false, isFull: true })
  const call = await closed.calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.closed')
    await caller.hears('care.call-back')
    await caller.presses('1')
    await caller.hears('care.call-back.full')
    await caller.hears('bank.menu')
    await caller.hangsUp()
  })
  expect([closed.simulated.rung, call.said.includes('care.call-back.noted')]).toEqual([[], false])
})

it('9 leads back, and ends the ringing', async () => {
  const { calls, simulated, queue } = world({ clerks: { lin: { answersAfterMs: 19_000 } } })
  const call = await calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.wait')
    await caller.presses('9')
    await caller.hears('bank.menu')
    await caller.waits(20_000)
    await caller.hangsUp()
  })
  expect(call.answers.slice(0, 3)).toEqual(['bank.menu help', 'bank.menu clerk', 'care.wait back'])
  expect([simulated.legs, queue.length]).toEqual([[], 0])
})

it('a sole clerk who makes a call of their own is busy, and not away: who waits is served after it', async () => {
  const { calls, simulated } = world({
    clerks: { lin: { answersAfterMs: 1_000, isBusyForMs: 150_000 } },
    waitMs: 300_000,
  })
  const call = await calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.over')
    await caller.hangsUp()
  })
  expect(simulated.rung).toEqual(['lin'])
  expect([call.said.includes('care.nobody'), call.said.includes('care.wait.next')]).toEqual([false, true])
})

it('a caller who asks for clerks too often is told so, and no clerk is rung', async () => {
  const { calls, simulated } = world({ clerks: { lin: { answersAfterMs: 1_000 } }, admitted: 1 })
  await calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.over')
    await asksForClerk(caller)
    await caller.hears('care.too-often')
    await caller.hears('care.call-back')
    await caller.presses('9')
    await caller.hears('bank.menu')
    await caller.hangsUp()
  })
  expect(simulated.rung).toEqual(['lin'])
})

it('whoever waits when the institution drains is told so, and can be called back', async () => {
  const { calls, queue, asked } = world({ clerks: { lin: {} } })
  await calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.wait')
    queue.close()
    await caller.hears('care.closing')
    await caller.hears('care.call-back')
    await caller.presses('1')
    await caller.hears('care.call-back.noted')
    await caller.hangsUp()
  })
  expect(asked).toHaveLength(1)
})

it('at the clerk’s key the two are parted while the caller keys; keys in the midst of a talk answer nothing', async () => {
  const { calls, simulated, keyed } = world({ clerks: { lin: { answersAfterMs: 500, presses: '1' } } })
  const call = await calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.connected')
    await caller.presses('11', { afterMs: 3_000 })
    await caller.hears('care.pin')
    expect(caller.line.isJoined).toBe(false)
    await caller.presses('730281')
    await caller.hears('care.over')
    await caller.hangsUp()
  })
  expect(keyed).toEqual(['730281'])
  expect(simulated.legs[0]?.said).toEqual([
    ...['A caller is on the line. To have them key in account number and PIN, press 1.'],
    ...['(apart)', 'The caller keys in account number and PIN. One moment, please.'],
    ...['Identified: Ann Lee, account 10000034.', '(together)'],
  ])
  expect(call.answers).toContain('care.pin valid')
  expect(JSON.stringify(call.events)).not.toContain('730281')
})

it('a caller who leaves ends the talk, or the ringing, and the clerk is free again', async () => {
  for (const afterMs of [500, 6_000]) {
    const { calls, simulated, queue, runtime } = world({
      clerks: { lin: { answersAfterMs: 3_000, talksForMs: 60_000 } },
    })
    await calls(async caller => {
      await asksForClerk(caller)
      await caller.beginsToHear('care.wait')
      await caller.hangsUp(afterMs)
    })
    expect(simulated.legs.every(leg => leg.isGone)).toBe(true)
    await runtime.run(async () => {
      const place = queue.join(simulated)
      expect(typeof (await place.served)).toBe('object')
      place.leave()
    })
  }
})

it('a talk that nobody knows to be over asks for no PIN', async () => {
  const { calls, simulated, keyed } = world({ clerks: { lin: { answersAfterMs: 500, presses: '1' } } })
  const call = await calls(async caller => {
    caller.line.join = async clerk => {
      void simulated.legs.find(leg => leg === clerk)?.talks(() => false)
      return { part: () => Promise.reject(new Error('Asterisk is away')) }
    }
    await asksForClerk(caller)
    await caller.hears('care.connected')
  })
  expect([keyed, call.said.includes('care.pin'), simulated.legs[0]?.isGone]).toEqual([[], false, true])
})

it('a talk may last longer than a call: at the clerk’s key the caller still keys, and after a long wait there is a call-back', async () => {
  const long = world({ clerks: { lin: { answersAfterMs: 500, presses: '1', talksForMs: 21 * 60_000 } } })
  const call = await long.calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.pin')
    await caller.presses('730281')
    await caller.hears('bank.menu')
    await caller.hangsUp()
  })
  expect([long.keyed, call.ended]).toEqual([['730281'], 'caller-left'])
  const { calls, asked, queue, simulated } = world({
    clerks: { lin: { answersAfterMs: 500, talksForMs: 40 * 60_000 } },
    waitMs: 25 * 60_000,
  })
  queue.join(simulated)
  await calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.call-back')
    await caller.presses('1')
    await caller.hears('care.call-back.noted')
    await caller.hangsUp()
  })
  expect(asked).toHaveLength(1)
})

it('for whoever has chosen a call-back no clerk is rung', async () => {
  const { calls, simulated, queue } = world({ clerks: { lin: { answersAfterMs: 15_000 } } })
  await calls(async caller => {
    await asksForClerk(caller)
    await caller.beginsToHear('care.wait')
    await caller.presses('1')
    await caller.hears('care.call-back')
    expect(queue.length).toBe(0)
    await caller.presses('*', { afterMs: 5_000 })
    await caller.hears('care.call-back')
    await caller.presses('*', { afterMs: 5_000 })
    await caller.hears('care.call-back')
    await caller.presses('1')
    await caller.hears('care.call-back.noted')
    await caller.hangsUp()
  })
  expect(simulated.legs).toEqual([])
})

it('a caller who keys nothing when asked who they are goes back to the talk, and not out of the call', async () => {
  const { calls, simulated } = world({ clerks: { lin: { answersAfterMs: 500, presses: '1', talksForMs: 5_000 } } })
  const call = await calls(async caller => {
    await asksForClerk(caller)
    await caller.hears('care.over')
    await caller.hears('bank.menu')
    await caller.hangsUp()
  })
  expect([call.said.filter(phrase => phrase.startsWith('goodbye')), call.ended]).toEqual([[], 'caller-left'])
  expect(simulated.legs[0]?.said.slice(-2)).toEqual(['The caller keyed in nothing.', '(together)'])
})

it('a clerk who leaves while the caller keys ends the question', async () => {
  const { calls, simulated, keyed } = world({ clerks: { lin: { answersAfterMs: 500, presses: '1' } } })
  const call = await calls(async caller => {
    await asksForClerk(caller)
    await caller.beginsToHear('care.pin')
    await caller.presses('73')
    simulated.legs[0]?.leave()
    await caller.hears('care.over')
    await caller.hangsUp()
  })
  expect([keyed, call.said.filter(phrase => phrase === 'care.pin')]).toEqual([[], ['care.pin']])
})

it('a key that the clerk presses during the greeting, or the sentence to the caller, counts', async () => {
  const { calls, simulated, keyed } = world({
    clerks: { lin: { answersAfterMs: 500, presses: '', talksForMs: 30_000 } },
  })
  await calls(async caller => {
    await asksForClerk(caller)
    await caller.beginsToHear('care.connected')
    simulated.legs[0]?.key('1')
    await caller.hears('care.pin')
    await caller.presses('730281')
    await caller.hears('care.over')
    await caller.hangsUp()
  })
  expect(keyed).toEqual(['730281'])
})
