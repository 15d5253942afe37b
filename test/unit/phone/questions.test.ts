/** What a question and a menu do about silence, wrong answers, help and going back. */
import { describe, expect, it } from 'vitest'
import { WentBack } from '../../../src/phone/call.ts'
import { whenHearing } from '../../support/simulated-line.ts'
import { account, nobody, phone } from './phoning.ts'

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

  it('of a telephone that may not send its keys, the second silence says which setting to change', async () => {
    const call = await phone(async call => void (await account(call)), nobody, { mayLoseKeys: true })
    expect(call.said).toEqual([
      'sign-in.account',
      'silence.1',
      'sign-in.account.again',
      'silence.no-keys',
      'help.keys',
      'sign-in.account',
      'phone.no-keys',
    ])
  })

  it('a telephone that has sent a key is asked as others are', async () => {
    const call = await phone(
      async call => void (await account(call)),
      async caller => {
        await caller.hears('sign-in.account')
        await caller.presses('*')
      },
      { mayLoseKeys: true },
    )
    expect(call.said).toContain('silence.2')
    expect(call.ended).toBe('gave-up')
    expect(call.said).not.toContain('silence.no-keys')
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
