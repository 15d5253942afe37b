/** What a conversation does about silence, wrong answers, hold, slow work, hang-ups and faults. */
import { describe, expect, it } from 'vitest'
import { accepted, type Call, WentBack } from '../../../src/phone/call.ts'
import { CallGone } from '../../../src/phone/line.ts'
import type { CallFault, CallScript } from '../../../src/phone/serve-call.ts'
import {
  type SimulatedCaller,
  type SimulatedCallOptions,
  simulateCall,
  whenHearing,
} from '../../support/simulated-line.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const institution = { en: 'Harbour Bank', zh: '海港银行' }
const account = (call: Call) =>
  call.ask('account', { phrase: 'sign-in.account', digits: { min: 4, max: 8 }, accept: accepted })

interface Run extends Partial<SimulatedCallOptions> {
  runtime?: VirtualRuntime
}

function phone(script: CallScript, caller: (caller: SimulatedCaller) => Promise<void>, run: Run = {}) {
  const { runtime = new VirtualRuntime(), ...options } = run
  return simulateCall(runtime, { speech: catalogueSpeech(), script, ...options }, caller)
}
const nobody = async () => {}

describe('silence and wrong answers', () => {
  it('each silence says more, and the third says goodbye', async () => {
    const call = await phone(async call => void (await account(call)), nobody)
    expect(call.said).toEqual([
      'sign-in.account',
      'silence.1',
      'sign-in.account.again',
      'silence.2',
      'help.keys',
      'sign-in.account',
      'goodbye.silence',
    ])
    expect(call.ended).toBe('gave-up')
  })

  it('a question in two languages is put, put again and given up in both', async () => {
    const call = await phone(
      async call =>
        void (await call.choose('language', {
          phrase: 'language.choose',
          languages: ['en', 'zh'],
          choices: { '1': 'en', '2': 'zh' },
        })),
      nobody,
    )
    const said = call.events.flatMap(event => (event.event === 'said' ? [`${event.language} ${event.phrase}`] : []))
    const inBoth = (...phrases: string[]) => ['en', 'zh'].flatMap(each => phrases.map(phrase => `${each} ${phrase}`))
    expect(said).toEqual([
      ...inBoth('language.choose'),
      ...inBoth('silence.1', 'language.choose.again'),
      ...inBoth('silence.2', 'help.keys', 'language.choose'),
      ...inBoth('goodbye.silence'),
    ])
  })

  it('a key in the first of two languages is the answer, and the second is not said', async () => {
    const call = await phone(
      async call => {
        const question = { phrase: 'language.choose', languages: ['en', 'zh'], choices: { '2': 'zh' } } as const
        await call.speak(await call.choose('language', question))
        await call.say('goodbye')
      },
      async caller => {
        await caller.beginsToHear('language.choose')
        await caller.presses('2')
      },
    )
    const said = call.events.flatMap(event => (event.event === 'said' ? [`${event.language} ${event.phrase}`] : []))
    expect(said).toEqual(['en language.choose', 'zh goodbye'])
  })

  it('are counted apart: two of each are forgiven', async () => {
    const call = await phone(
      async call => void (await account(call)),
      async caller => {
        await caller.hears('silence.1')
        await caller.presses('1#')
        await caller.hears('too-short.1')
        await caller.presses('2#')
        await caller.hears('silence.2')
        await caller.presses('1001#')
      },
    )
    expect(call.answers).toEqual([
      'account silence',
      'account too-short',
      'account too-short',
      'account silence',
      'account valid',
    ])
  })

  it('a third wrong key ends a menu', async () => {
    const call = await phone(
      async call => call.menu('menu', { phrase: 'merchant.menu', choices: { '1': async () => {} } }),
      whenHearing({ 'merchant.menu': '8' }),
    )
    expect(call.answers).toEqual(['menu wrong-key', 'menu wrong-key', 'menu wrong-key'])
    expect(call.said.at(-1)).toBe('goodbye.mistakes')
  })

  it('a question is not repeated for ever', async () => {
    const call = await phone(async call => void (await account(call)), whenHearing({ 'sign-in.account': '*' }))
    expect(call.answers).toHaveLength(12)
    expect(call.ended).toBe('gave-up')
  })
})

describe('a menu', () => {
  it('carries out choices, helps, goes back, and survives a choice that went back', async () => {
    const done: string[] = []
    const call = await phone(
      call =>
        call.menu('menu', {
          phrase: 'voucher.menu',
          help: 'merchant.help',
          back: true,
          choices: {
            '1': async () => void done.push('one'),
            '2': async () => {
              done.push('two')
              throw new WentBack()
            },
          },
        }),
      async caller => {
        for (const key of ['0', '1', '2', '9']) {
          await caller.hears('voucher.menu')
          await caller.presses(key)
        }
      },
    )
    expect(done).toEqual(['one', 'two'])
    expect(call.answers).toEqual(['menu help', 'menu key-1', 'menu key-2', 'menu back'])
    expect(call.said).toContain('merchant.help')
    expect(call.ended).toBe('said-goodbye')
  })

  it('swallows a # after a choice: many callers finish everything with it', async () => {
    const call = await phone(
      async call => {
        await call.choose('language', { phrase: 'language.choose', choices: { '1': 'en' } })
        await account(call)
      },
      async caller => {
        await caller.hears('language.choose')
        await caller.presses('1#')
        await caller.hears('sign-in.account')
        await caller.presses('1001#')
      },
    )
    expect(call.answers).toEqual(['language key-1', 'account valid'])
  })

  it('states every answer that it takes', async () => {
    const call = await phone(
      async call => call.menu('menu', { phrase: 'voucher.menu', back: true, choices: { '1': async () => 'leave' } }),
      whenHearing({ 'voucher.menu': '1' }),
    )
    expect(call.events).toContainEqual({
      event: 'asked',
      step: 'menu',
      secret: false,
      classes: ['repeat', 'help', 'key-1', 'back', 'silence', 'wrong-key'],
    })
  })
})

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
              const { id } = await call.intent('payment')
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
    const resumed = { language: 'zh', intent: { id: 'ab', name: 'sale' } } as const
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
