/** What an information line must say and do where it differs from any payee's line: what there is to hear, and hearing it. */
import type {
  Beginning,
  CatalogueItem,
  ListeningEnd,
  UnitPayment,
} from '../../../src/merchant/information/information.ts'
import { type PhraseKey, type Utterance, utterance } from '../../../src/speech/speech.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { answer, type MerchantMind, type MerchantTurn, menu, sessionEnded, voucherMenu } from './merchant-mind.ts'
import { menuWithoutCards, merchantSpec } from './merchant-spec.ts'
import { type Change, changing, type Expected, type Row, type Spec, saying, to } from './spec.ts'

export interface InformationMind extends MerchantMind {
  readonly catalogue: readonly CatalogueItem[]
  /** Which title was told last. */
  place?: number
}

type InformationTurn = Omit<MerchantTurn, 'mind'> & { readonly mind: InformationMind }
type InformationRow = Row<InformationMind>

const { 'pay.amount': _, 'pay.confirm': __, ...shared } = merchantSpec.steps

/** Steps that the merchant's line has as well: there they are answered in every way, here only on the way to others. */
export const elsewhere: ReadonlySet<string> = new Set(Object.keys(shared).filter(step => step !== 'voucher.menu'))

export const informationSpec: Spec<InformationMind> = {
  opening: merchantSpec.opening,
  steps: {
    ...(shared as Spec<InformationMind>['steps']),
    'merchant.menu': menuWithoutCards as Spec<InformationMind>['steps'][string],
    'voucher.menu': {
      question: () => utterance('information.menu', {}),
      help: 'information.help',
      rows: {
        ...(merchantSpec.steps['voucher.menu']?.rows as Record<string, InformationRow>),
        'key-1': ({ mind }) => offering(mind, 0),
      },
    },
    'listen.next': {
      rows: {
        'key-1': ({ mind }) => to(asking(mind)),
        'key-2': ({ mind }) => offering(mind, (mind.place ?? 0) + 1),
        back: voucherMenu,
      },
    },
    'listen.last': { rows: { 'key-1': ({ mind }) => to(asking(mind)), back: voucherMenu } },
    'listen.confirm.item': confirming(({ price }) => utterance('listen.confirm.item', { price })),
    'listen.confirm.minute': confirming(({ price }) => utterance('listen.confirm.minute', { price })),
    'listen.confirm.seconds': confirming(({ price, unitMs }) =>
      utterance('listen.confirm.seconds', { price, seconds: (unitMs ?? 0) / 1_000 }),
    ),
  },
}

function offering(mind: InformationMind, place: number): Expected {
  mind.place = place
  const { title } = chosen(mind)
  return saying(
    [utterance('listen.item', { title })],
    to(place === mind.catalogue.length - 1 ? 'listen.last' : 'listen.next'),
  )
}

function chosen({ catalogue, place = 0 }: InformationMind): CatalogueItem {
  const item = catalogue[place]
  if (item === undefined) throw new Error('there is no such title')
  return item
}

function asking(mind: InformationMind): string {
  const { unitMs } = chosen(mind)
  if (unitMs === undefined) return 'listen.confirm.item'
  return unitMs === 60_000 ? 'listen.confirm.minute' : 'listen.confirm.seconds'
}

function confirming(question: (item: CatalogueItem) => Utterance) {
  return {
    question: (mind: InformationMind) => question(chosen(mind)),
    rows: { 'key-1': listened, 'key-9': () => saying([utterance('cancelled', {})], voucherMenu()) },
  }
}

function listened(turn: InformationTurn): Expected {
  const { mind } = turn
  const item = chosen(mind)
  const begin = { method: 'beginListening', facts: { ...mind.session, item: item.id } }
  const result = answer<Beginning>(turn as MerchantTurn, 'beginListening')
  const but = (phrase: PhraseKey, next: Expected) =>
    changing(begin, saying([{ phrase, values: {} } as Utterance], next))
  switch (result.outcome) {
    case 'begun':
      return changing(begin, heard(turn, item, result.listening))
    case 'insufficient-value': {
      const { remaining: left, price } = result
      return changing(begin, saying([utterance('listen.too-little', { left, price })], voucherMenu()))
    }
    case 'locked':
      return but('listen.locked', menu())
    case 'under-review':
      return but('voucher.under-review', menu())
    case 'unknown-item':
    case 'intent-reused':
      return but('pay.refused', voucherMenu())
    case 'session-ended':
      return changing(begin, sessionEnded())
  }
}

/** Each unit is paid for before it begins, and noted as begun before the next begins; whatever happens, it is ended. */
function heard(turn: InformationTurn, item: CatalogueItem, listening: string): Expected {
  const { mind, unitsOf, isCut } = turn
  const [paid, begun] = [unitsOf('payUnit'), unitsOf('unitBegun')]
  const changes: Change[] = []
  for (let unit = 1; unit <= Math.max(paid, begun); unit++) {
    changes.push({ method: 'payUnit', facts: { listening, unit } })
    if (unit <= begun) changes.push({ method: 'unitBegun', facts: { listening, unit } })
  }
  changes.push({ method: 'endListening', facts: { listening } })
  const says = [utterance('listen.begins', {}), utterance('listen.work', { work: item.work })]
  const end = answer<ListeningEnd>(turn as MerchantTurn, 'endListening')
  const { price } = item
  if (begun === 0 && paid > 0 && answer<UnitPayment>(turn as MerchantTurn, 'payUnit').outcome !== 'paid') {
    if (end.paid.minor !== 0n) throw new Error('what was never begun was charged')
    const nothing = [
      utterance('listen.begins', {}),
      utterance('listen.money-over', {}),
      utterance('listen.nothing', {}),
    ]
    return { ...saying(nothing, voucherMenu()), changes }
  }
  const needed = unitsIn(item, mind.language ?? 'en')
  const affordable = Number((end.paid.minor + end.remaining.minor) / price.minor)
  const units = Math.min(needed, affordable)
  if (!isCut && end.paid.minor !== price.minor * BigInt(units)) throw new Error('another number of units was charged')
  if (affordable < needed) {
    const lastsMs = units * (item.unitMs ?? 0)
    says.splice(lastsMs <= 60_000 ? 1 : 2, 0, utterance('listen.almost-over', {}))
    says.push(utterance('listen.money-over', {}))
  }
  const { paid: amount, remaining: left, reference } = end
  if (left.minor === 0n) {
    const over = utterance('listen.done.exhausted', { amount, reference })
    return { ...saying([...says, over], menu()), changes }
  }
  return { ...saying([...says, utterance('listen.done', { amount, left, reference })], voucherMenu()), changes }
}

/** From the clips that are played, without the script. */
function unitsIn({ work, unitMs }: CatalogueItem, language: 'en' | 'zh'): number {
  const clips = catalogueSpeech().clips(language, utterance('listen.work', { work }))
  const lastsMs = clips.reduce((sum, { durationMs }) => sum + durationMs, 0)
  return unitMs === undefined ? 1 : Math.ceil(lastsMs / unitMs)
}
