/** What a conversation does about hold, slow work, hang-ups, faults and a call that was taken up. */

import { describe, expect, it } from 'vitest'
import { CallGone } from '../../../src/phone/line.ts'
import type { CallFault } from '../../../src/phone/serve-call.ts'
import { intentId } from '../../support/ids.ts'
import { type SimulatedCaller, whenHearing } from '../../support/simulated-line.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { account, nobody, phone } from './phoning.ts'

const institution = { en: 'Harbour Bank', zh: '海港银行' }

describe('hold', () => {
  it('stops the answer timers, and the question is put again', async () => {
    const call = await phone(
      async call => void (await account(call)),
      async caller => {
        await caller.hears('sign-in.account')
        await caller.presses('10')
        await caller.holds(4 * 60_000)
        await caller.hears('sign-in.account')
        await caller.presses('1001#')
      },
    )
    expect(call.answers).toEqual(['account valid'])
  })

  it('for more than five minutes ends the call', async () => {
    const call = await phone(
      async call => void (await account(call)),
      async caller => {
        await caller.hears('sign-in.account')
        await caller.holds(5 * 60_000 + 1_000)
      },
    )
    expect(call.ended).toBe('gave-up')
    expect(call.answers).toEqual([])
  })

  it('again and again ends the call, whatever is being said', async () => {
    const call = await phone(
      call => call.say('bank.welcome', { institution }, { inFull: true }),
      async caller => {
        for (let times = 0; times < 21; times++) {
          await caller.beginsToHear('bank.welcome')
          await caller.waits(200)
          await caller.holds(1_000)
        }
      },
    )
    expect(call.ended).toBe('gave-up')
    expect(call.said).toHaveLength(21)
  })

  it('in a phrase that must be heard in full has it said again', async () => {
    const call = await phone(
      call => call.say('bank.welcome', { institution }, { inFull: true }),
      async caller => {
        await caller.beginsToHear('bank.welcome')
        await caller.waits(200)
        await caller.holds(60_000)
      },
    )
    expect(call.said).toEqual(['bank.welcome', 'bank.welcome'])
    expect(call.events.filter(({ event }) => event === 'heard-in-full')).toHaveLength(1)
  })
})

describe('slow work', () => {
  it('is accompanied by comfort phrases, and its answer is given', async () => {
    const runtime = new VirtualRuntime()
    let answer = ''
    const call = await phone(
      async call => {
        answer = await call.during(runtime.sleep(20_000).then(() => 'sold'))
      },
      nobody,
      { runtime },
    )
    expect(answer).toBe('sold')
    expect(call.said).toEqual(['one-moment', 'still-working', 'still-working'])
  })

  it('quick work is done in silence', async () => {
    const runtime = new VirtualRuntime()
    const call = await phone(call => call.during(runtime.sleep(1_000)), nobody, { runtime })
    expect(call.said).toEqual([])
  })

  it('goes on when the caller leaves, and the end of the call waits for it', async () => {
    const runtime = new VirtualRuntime()
    let thrown: unknown
    let soldAtMs = 0
    const sell = async () => {
      await runtime.sleep(30_000)
      soldAtMs = runtime.monotonicMs()
    }
    const call = await phone(
      async call => {
        try {
          await call.during(sell())
        } catch (reason) {
          thrown = reason
          throw reason
        }
      },
      caller => caller.hangsUp(100),
      { runtime },
    )
    expect(thrown).toBeInstanceOf(CallGone)
    expect(soldAtMs).toBe(30_000)
    expect(call.lastsMs).toBe(30_000)
    expect(call.ended).toBe('caller-left')
  })
})

describe('an intent', () => {
  it('is kept with the line before it is returned, and closed at the next menu', async () => {
    const ids: string[] = []
    let kept: () => string | undefined = () => undefined
    const call = await phone(
      call =>
        call.menu('menu', {
          phrase: 'voucher.menu',
          back: true,
          choices: {
            '1': async () => {
              const { id } = await call.intent('payment', 'whose')
              expect(kept()).toBe(id)
              ids.push(id)
            },
          },
        }),
      async caller => {
        kept = () => caller.line.progress?.intent?.id
        for (const key of ['1', '1', '9']) {
          await caller.hears('voucher.menu')
          await caller.presses(key)
        }
      },
    )
    expect(new Set(ids).size).toBe(2)
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(call.line.remembered.map(({ intent }) => intent?.id)).toEqual([ids[0], undefined, ids[1], undefined])
  })

  it('of a call that was taken up is there for the script', async () => {
    const resumed = { language: 'zh', intent: { id: intentId('ab'), name: 'sale', principal: 'whose' } } as const
    const call = await phone(
      async call => {
        expect(call.resumed).toEqual(resumed)
        await call.say('restarted')
      },
      nobody,
      { resumed },
    )
    expect(call.events).toContainEqual(expect.objectContaining({ event: 'said', language: 'zh', phrase: 'restarted' }))
  })
})

describe('the end', () => {
  it.each<[string, (caller: SimulatedCaller) => Promise<unknown>]>([
    ['before the prompt', caller => caller.hangsUp()],
    ['during the prompt', caller => caller.hangsUp(300)],
    ['after the prompt', caller => caller.hears('sign-in.account').then(() => caller.hangsUp(50))],
    ['in an entry', caller => caller.presses('10').then(() => caller.hangsUp())],
  ])('hanging up %s is told once and leaves nothing open', async (_, hangUp) => {
    const call = await phone(
      async call => void (await account(call)),
      async caller => void (await hangUp(caller)),
    )
    expect(call.events.filter(({ event }) => event === 'ended')).toEqual([{ event: 'ended', how: 'caller-left' }])
  })

  it('a fault is apologised for, and told without the digits that were keyed', async () => {
    const faults: CallFault[] = []
    const call = await phone(
      async call => {
        const keyed = await account(call)
        throw new Error(`no rule for ${keyed}`)
      },
      whenHearing({ 'sign-in.account': '10015#' }),
      { onFault: fault => void faults.push(fault) },
    )
    expect(call.said.at(-1)).toBe('apology')
    expect(call.ended).toBe('fault')
    expect(faults[0]?.error).toBe('Error: no rule for •••')
    expect(JSON.stringify(faults)).not.toContain('10015')
  })

  it('a call that has lasted long enough is ended at its next question', async () => {
    const runtime = new VirtualRuntime()
    const call = await phone(
      async call => {
        await account(call)
        await call.say('sign-in.done')
        await account(call)
      },
      whenHearing({ 'sign-in.account': '1001#' }),
      { runtime, limits: { callMs: 4_000 } },
    )
    expect(call.said).toEqual(['sign-in.account', 'sign-in.done', 'goodbye.time'])
  })
})
