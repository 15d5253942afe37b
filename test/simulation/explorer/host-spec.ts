/** What a host's line must say and do where it differs from any payee's line: whom a caller wants to pay is asked first. */
import type { HostedFound } from '../../../src/merchant/host/host.ts'
import type { Merchant, Resolution } from '../../../src/merchant/merchant.ts'
import { utterance } from '../../../src/speech/speech.ts'
import type { MerchantMind, MerchantTurn } from './merchant-mind.ts'
import { menuWithoutCards, merchantSpec, whatBecame } from './merchant-spec.ts'
import { type Row, type Spec, saying, to } from './spec.ts'

export interface HostMind extends MerchantMind {
  readonly hostName: Merchant['name']
}

type HostTurn = Omit<MerchantTurn, 'mind'> & { readonly mind: HostMind }

const { 'language.choose': _, 'pay.confirm': confirming, ...shared } = merchantSpec.steps

/** Steps that the merchant's line has as well: there they are answered in every way, here only on the way to others. */
export const elsewhere: ReadonlySet<string> = new Set(Object.keys(shared))

export const hostSpec: Spec<HostMind> = {
  opening({ mind, answerOf }: HostTurn, resumed) {
    if (!resumed) {
      const welcome = utterance('merchant.welcome', { institution: mind.hostName })
      return saying(
        [
          { ...welcome, language: 'en' },
          { ...welcome, language: 'zh' },
        ],
        to('language.choose'),
      )
    }
    mind.language = resumed.language
    const start = resumed.language ? to('host.payee') : to('language.choose')
    const restarted = { ...utterance('restarted', {}), language: resumed.language ?? 'en' }
    return saying([restarted, ...(resumed.intent ? [whatBecame(answerOf('resolve') as Resolution)] : [])], start)
  },

  steps: {
    ...(shared as Spec<HostMind>['steps']),
    'merchant.menu': menuWithoutCards as Spec<HostMind>['steps'][string],
    'pay.confirm': confirming as Spec<HostMind>['steps'][string],
    'language.choose': {
      inBothLanguages: true,
      rows: { 'key-1': chosen('en'), 'key-2': chosen('zh'), back: () => to('language.choose') },
    },
    'host.payee': {
      rows: {
        valid: ({ answerOf }) => {
          const found = answerOf('findPayee') as HostedFound
          if (found.outcome !== 'found') throw new Error(`a payee counted as found after ${found.outcome}`)
          return saying([utterance('host.payee.is', { payee: found.name })], to('merchant.menu'))
        },
        'refused-unknown': ({ keyed }) =>
          saying([utterance('host.payee.unknown', { number: keyed })], to('host.payee')),
        'refused-too-many': () => saying([utterance('try-again-soon', {})], to('host.payee')),
        back: ({ mind }) => {
          mind.language = undefined
          return to('language.choose')
        },
      },
    },
  },
}

function chosen(language: 'en' | 'zh'): Row<HostMind> {
  return ({ mind }) => {
    mind.language = language
    return to('host.payee')
  }
}
