import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { languages } from '../../../src/languages.ts'
import { money, yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { parseCatalogue } from '../../../src/speech/catalogue.ts'
import {
  loadCatalogue,
  openSpeech,
  type Speech,
  silentVoice,
  utterance,
  type Voice,
  VoiceIncomplete,
} from '../../../src/speech/speech.ts'

const catalogue = loadCatalogue(fileURLToPath(new URL('../../../prompts', import.meta.url)))
/** Names each clip by what it says. A digit lasts as long as one does that is to be written down. */
const talking: Voice = { clip: (language, text) => ({ name: `${language}/${text}`, durationMs: 450 }) }
const speech = openSpeech({ catalogue, voice: talking })
const lantern = { en: 'Lantern Books', zh: '灯笼书店' }

const heard = (...[language, say]: Parameters<Speech['clips']>) => speech.clips(language, say).map(({ name }) => name)

describe('clips', () => {
  it('put the values between the parts of a sentence, with the pauses of its punctuation', () => {
    const confirm = utterance('buy.confirm', { amount: money(12_050n), payee: lantern })
    expect(heard('en', confirm)).toEqual([
      ...['en/You are buying a voucher worth,', 'en/one,', 'en/hundred,', 'en/twenty,', 'en/yuan,'],
      ...['en/and,', 'en/fifty,', 'en/fen,', 'silence/200', 'en/payable to,', 'en/Lantern Books,'],
      ...['silence/350', 'en/To confirm, press 1. To go back, press 9.'],
    ])
    expect(heard('zh', confirm)).toContain('zh/灯笼书店,')
  })

  it('tell numbers and passwords in groups of four', () => {
    const groups = heard('en', utterance('voucher.number', { number: '123456' }))
    expect(groups.slice(2)).toEqual([
      ...['en/one,', 'en/two,', 'en/three,', 'en/four,', 'silence/1000', 'en/five,', 'en/six,', 'silence/350'],
    ])
    const password = heard('zh', utterance('voucher.password', { password: new Secret('1072') }))
    expect(password.filter(name => /^zh\/.,$/.test(name))).toEqual(['zh/幺,', 'zh/零,', 'zh/七,', 'zh/二,'])
  })

  it('offer amounts with an "or" before the last', () => {
    const names = heard('en', utterance('buy.amount.choice', { amounts: [yuan(20n), yuan(50n), yuan(100n)] }))
    expect(names.filter(name => name === 'en/or,')).toHaveLength(1)
    expect(names.indexOf('en/or,')).toBeGreaterThan(names.indexOf('en/fifty,'))
    expect(() => heard('en', utterance('buy.amount.choice', { amounts: [] }))).toThrow(RangeError)
  })

  it('are proved when speech is opened, names apart', () => {
    const noZero: Voice = { clip: (language, text) => (text === '零,' ? undefined : talking.clip(language, text)) }
    expect(() => openSpeech({ catalogue, voice: noZero })).toThrow(VoiceIncomplete)
    const noName: Voice = {
      clip: (language, text) => (text === '灯笼书店,' ? undefined : talking.clip(language, text)),
    }
    const quiet = openSpeech({ catalogue, voice: noName })
    expect(quiet.clips('zh', utterance('buy.payee.is', { payee: lantern })).length).toBeGreaterThan(0)
  })

  it('leave out a name that is not rendered yet, in a sentence that goes without it', () => {
    const noName: Voice = {
      clip: (language, text) => (/灯笼|Lantern/.test(text) ? undefined : talking.clip(language, text)),
    }
    const quiet = openSpeech({ catalogue, voice: noName })
    const values = { amount: yuan(20n), payee: lantern, account: '62' }
    const confirm = utterance('transfer.confirm', values)
    for (const language of languages) {
      expect(quiet.clips(language, confirm)).toEqual(
        speech.clips(language, utterance('transfer.confirm.unnamed', values)),
      )
      expect(quiet.text(language, confirm)).toBe(speech.text(language, confirm))
      expect(quiet.clips(language, utterance('sign-in.hello', { customer: lantern }))).toHaveLength(1)
    }
  })

  it('have a length even where nothing is rendered', () => {
    const silent = openSpeech({ catalogue, voice: silentVoice })
    const [clip] = silent.clips('en', utterance('goodbye', {}))
    expect(clip?.durationMs).toBeGreaterThan(1000)
    expect(clip?.durationMs).toBeLessThan(4000)
  })
})

describe('text', () => {
  const password = utterance('voucher.password', { password: new Secret('90210017') })

  it('masks a secret unless it is asked to reveal it', () => {
    for (const language of ['en', 'zh'] as const) {
      expect(speech.text(language, password)).toContain('•••')
      expect(speech.text(language, password)).not.toMatch(/\d/)
      expect(speech.text(language, password, { reveal: true })).toContain('9021 0017')
    }
    expect(inspect(password, { depth: 9 })).not.toContain('90210017')
  })

  it('writes what a person would read', () => {
    const item = utterance('payments.item', {
      date: '2026-11-22',
      time: '15:05',
      amount: money(202n),
      reference: '123456',
    })
    expect(speech.text('en', item)).toBe('On 22 November at 15:05, 2.02 yuan, reference 123456.')
    expect(speech.text('zh', item)).toBe('11月22日15:05，付款2.02元，参考号123456。')
    const choice = utterance('buy.amount.choice', { amounts: [yuan(20n), yuan(50n), yuan(2000n)] })
    expect(speech.text('en', choice)).toBe('There are vouchers worth 20 yuan, 50 yuan or 2000 yuan.')
  })

  it('leaves out the readings that only the synthesiser needs', () => {
    expect(speech.text('zh', utterance('menu.repeat', {}))).toBe('重听请按星号键。')
  })

  it('refuses a value that is missing', () => {
    const { en, zh } = parseCatalogue({ en: 'a: "{x:digits}"', zh: 'a: "{x:digits}"' })
    const small = openSpeech({ catalogue: { en, zh }, voice: talking })
    expect(() => small.text('en', { phrase: 'a', values: {} } as never)).toThrow('no value for slot x')
  })
})
