/** The terminal pays in simulated calls, with every sample of the modem and a soft card, on virtual time. */
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/bytes.ts'
import { openerWith } from '../../../src/card/cose/hpke.ts'
import { encodeSign1 } from '../../../src/card/cose/sign1.ts'
import { makeSigningKey, sign } from '../../../src/card/cose/signing.ts'
import { Directory, directoryToSign } from '../../../src/card/directory.ts'
import { judgeOrder } from '../../../src/card/judge.ts'
import { decryptAnswer, parseDigitAnswer } from '../../../src/card/messages/answer.ts'
import { encodeChallenge } from '../../../src/card/messages/challenge.ts'
import { encodeRequest } from '../../../src/card/messages/request.ts'
import type { CardResult } from '../../../src/card/messages/result.ts'
import { makeCardNumber } from '../../../src/card/numbers.ts'
import type { OrderRequest } from '../../../src/card/order.ts'
import { rebuildSigned } from '../../../src/card/rebuild.ts'
import { yuan } from '../../../src/money.ts'
import type { Call, CardAsked } from '../../../src/phone/call.ts'
import { accepted } from '../../../src/phone/call.ts'
import { Secret } from '../../../src/secret.ts'
import type { KeyPace, Sent } from '../../../src/terminal/line.ts'
import {
  type Approval,
  type Hands,
  type Paid,
  type PaymentParts,
  payInCall,
  type Signature,
  type ToApprove,
} from '../../../src/terminal/payment.ts'
import hpke3 from '../../fixtures/card/cose-hpke-3.json' with { type: 'json' }
import { SimulatedSound } from '../../support/simulated-sound.ts'
import { type Passes, SimulatedTerminal } from '../../support/simulated-terminal.ts'
import { UnsettledInMemory } from '../../support/unsettled.ts'
import { drawFrom, VirtualRuntime } from '../../support/virtual-runtime.ts'
import { issuedCard, type TestCard } from '../card/cards.ts'
import { askedAt, asked as askedOf, bank, bankNumber, institution, password, payee, pin, seeded } from '../card/cast.ts'
import { booksFor } from '../card/trials.ts'
import { phone } from '../phone/phoning.ts'

const request: OrderRequest = { ...askedOf, receiver: bank, type: 'transfer', payee, amount: yuan(12_000n) }
const challenge = encodeChallenge({ ...request, receiver: bankNumber })
const question = { request: encodeRequest(request), challenge }
const wish = { type: 'transfer', payee, amount: yuan(12_000n) } as const
const open = openerWith(fromHex(hpke3.private))
const paid: CardResult = { outcome: 'paid', reference: 'H-0000123' }

async function directoryWith(listed: readonly (typeof payee)[]): Promise<Directory> {
  const institutions = [
    { number: bankNumber, id: bank, name: 'Harbour Bank', answerKey: fromHex(hpke3.public), answerKeyId: 4 },
  ]
  const { payload, toBeSigned } = directoryToSign({ version: 1, madeAt: 1, institutions, payees: [...listed] })
  const key = await makeSigningKey('Ed25519', seeded(3))
  const read = await Directory.read(key, encodeSign1('Ed25519', payload, await sign(key, toBeSigned)))
  if (read === undefined) throw new Error('no directory')
  return read
}

class TestHands implements Hands {
  readonly asked: ToApprove[] = []
  readonly results: CardResult[] = []
  readonly settled: CardResult[] = []
  readonly #approvals: Approval[]
  readonly #runtime: VirtualRuntime
  takesMs = 6_000

  constructor(runtime: VirtualRuntime, approvals: Approval[] = [{ pin, password }]) {
    this.#runtime = runtime
    this.#approvals = approvals
  }

  async approve(asked: ToApprove): Promise<Approval> {
    this.asked.push(asked)
    await this.#runtime.sleep(this.takesMs)
    return this.#approvals.shift() ?? 'no'
  }

  onResult(result: CardResult): void {
    this.results.push(result)
  }

  onSettled(_: unknown, result: CardResult): void {
    this.settled.push(result)
  }
}

/** A line that doubles the last digit of each frame. */
class DoublingTerminal extends SimulatedTerminal {
  override keys(digits: string, pace?: KeyPace): Promise<Sent> {
    return super.keys(`${digits}${digits.at(-1)}`, pace)
  }
}

interface Story {
  readonly script: (call: Call, asked: CardAsked[]) => Promise<unknown>
  readonly approvals?: Approval[]
  readonly passes?: Passes
  readonly bySound?: boolean
  readonly Terminal?: typeof SimulatedTerminal
  readonly parts?: Partial<PaymentParts>
  readonly card?: TestCard
  readonly unsettled?: readonly Signature[]
  readonly takesMs?: number
  /** How long time goes on when all is over. */
  readonly lingersMs?: number
  readonly presses?: { readonly key: string; readonly afterMs: number }
}

/** One call: what the script was answered, and what the terminal made of it. */
async function payment({
  script,
  approvals,
  passes,
  bySound = true,
  Terminal = SimulatedTerminal,
  parts,
  card,
  unsettled,
  takesMs,
  lingersMs,
  presses,
}: Story) {
  const runtime = new VirtualRuntime()
  const sound = bySound ? new SimulatedSound(runtime) : undefined
  const used = card ?? (await issuedCard())
  const hands = new TestHands(runtime, approvals)
  if (takesMs !== undefined) hands.takesMs = takesMs
  const store = new UnsettledInMemory(unsettled)
  const asked: CardAsked[] = []
  let ended: Paid | undefined
  const directory = await directoryWith([payee])
  const call = await phone(
    each => script(each, asked),
    async caller => {
      const line = new Terminal(runtime, caller.line, sound, passes)
      const paying = payInCall(line, {
        ...{ card: used.element, directory, hands, unsettled: store, wish, runtime },
        ...parts,
      })
      if (presses) await caller.presses(presses.key, { afterMs: presses.afterMs })
      ended = await paying
      if (lingersMs !== undefined) await runtime.sleep(lingersMs)
    },
    { runtime, ...(sound && { sound }) },
  )
  const links = { opened: sound?.opened, openNow: sound?.openNow }
  return { asked, ended, hands, kept: store.kept, card: used, call, links }
}

/** Asks once, and says what `result` says. */
const once =
  (result: CardResult = paid, what: typeof question | { request: Uint8Array } = question) =>
  async (call: Call, asked: CardAsked[]) => {
    const came = await call.askCard(what)
    asked.push(came)
    if (came.outcome === 'answered') await call.tellCard(result)
  }

async function judged(came: CardAsked | undefined, card: TestCard) {
  if (came?.outcome !== 'answered') throw new Error(`${came?.outcome} instead of an answer`)
  const { way, payload } = came.answer
  const answer = way === 'sound' ? await decryptAnswer(bank, open, payload) : parseDigitAnswer(payload)
  if (answer === undefined) return 'unreadable'
  const books = booksFor(card)
  books.ask(request)
  const message = rebuildSigned(request, answer, bank)
  const sealed = { sealed: answer.password, judge: books.judge() }
  return (await judgeOrder({ message, receiver: bank, now: askedAt, password: sealed }, books)).outcome
}

describe('a payment by sound', () => {
  it('is shown out of the bytes, signed, and known to both ends', async () => {
    const { asked, ended, hands, kept, card, call, links } = await payment({ script: once() })
    expect(await judged(asked[0], card)).toBe('genuine')
    expect(asked).toMatchObject([{ outcome: 'answered', answer: { way: 'sound', keyId: 4 } }])
    expect(hands.asked).toMatchObject([
      { shown: { payee, amount: '12000.00 CNY', receiver: bank }, receiver: 'Harbour Bank', isListed: true },
    ])
    expect(ended).toEqual({ outcome: 'result', result: paid })
    expect(hands.results).toEqual([paid])
    expect(kept).toEqual([])
    // With 6 s of hands.
    expect(call.lastsMs).toBeLessThan(20_000)
    // One to ask and one to tell.
    expect(links).toEqual({ opened: 2, openNow: 0 })
  })

  it('takes a PIN again that was wrong, and says how many tries are left', async () => {
    const wrong = { pin: new Secret('111111'), password }
    const { asked, hands, card } = await payment({ script: once(), approvals: [wrong, { pin, password }] })
    expect(hands.asked.map(({ trouble }) => trouble)).toEqual([undefined, { outcome: 'wrong-pin', triesLeft: 2 }])
    expect(await judged(asked[0], card)).toBe('genuine')
  })

  it('crosses a line that loses 5 % of its packets, both ways, from a seed', async () => {
    const draw = drawFrom(20_261_126)
    const passes: Passes = samples => (draw() / 2 ** 32 < 0.05 ? undefined : samples)
    const { asked, ended, card } = await payment({ script: once(), passes })
    expect(await judged(asked[0], card)).toBe('genuine')
    expect(ended).toMatchObject({ outcome: 'result' })
  })
})

describe('nothing is signed', () => {
  const declined = (why: string) => [{ outcome: 'declined', why }]
  const signatures = ({ store }: TestCard) => store.kept.length

  it('when the holder says no', async () => {
    const { asked, ended } = await payment({ script: once(), approvals: ['no'] })
    expect(asked).toEqual(declined('by-holder'))
    expect(ended).toEqual({ outcome: 'declined', why: 'by-holder' })
  })

  it('when another payee, another amount or another name is asked for than the holder wants or the directory has', async () => {
    const card = await issuedCard()
    const before = signatures(card)
    const others = [
      { wish: { ...wish, amount: yuan(12_001n) } },
      { wish: { ...wish, payee: { ...payee, bank } } },
      { directory: await directoryWith([{ ...payee, name: 'Somebody Else' }]) },
    ]
    for (const parts of others) {
      const { asked, hands } = await payment({ script: once(), parts, card })
      expect(asked).toEqual(declined('unfit'))
      expect(hands.asked).toEqual([])
    }
    expect(signatures(card)).toBe(before)
  })

  it('when the last try of the PIN is gone', async () => {
    const wrong = () => ({ pin: new Secret('111111'), password })
    const { asked } = await payment({ script: once(), approvals: [wrong(), wrong(), wrong(), wrong()], takesMs: 10 })
    expect(asked).toEqual(declined('card-blocked'))
  })

  it('when the caller presses a key: they go on by voice, and the next key is an answer again', async () => {
    let keyed = ''
    const script = async (call: Call, asked: CardAsked[]) => {
      asked.push(await call.askCard(question))
      keyed = await call.ask('account', { phrase: 'sign-in.account', digits: { min: 1, max: 1 }, accept: accepted })
    }
    const presses = { key: '5', afterMs: 6_000 }
    const { asked, ended, hands } = await payment({ script, presses, takesMs: 30_000 })
    expect(asked).toEqual([{ outcome: 'by-voice' }])
    expect(hands.asked[0]?.over.aborted).toBe(true)
    expect(ended).toEqual({ outcome: 'not-answered' })
    expect(keyed).toBe('')
  })
})

it('a holder who approves when the other end is gone has nothing signed any more', async () => {
  const card = await issuedCard()
  const before = card.store.kept.length
  const { ended, hands } = await payment({
    script: async (call, asked) => void asked.push(await call.askCard(question)),
    presses: { key: '5', afterMs: 6_000 },
    takesMs: 30_000,
    lingersMs: 60_000,
    card,
  })
  expect(ended).toEqual({ outcome: 'not-answered' })
  expect(hands.asked).toHaveLength(1)
  expect(card.store.kept.length).toBe(before)
})

it('without a terminal the caller is with a person again after four tries', async () => {
  const runtime = new VirtualRuntime()
  const outcomes: CardAsked[] = []
  const sound = new SimulatedSound(runtime)
  const script = async (call: Call) => void outcomes.push(await call.askCard({ request: question.request }))
  const call = await phone(script, async () => {}, { runtime, sound })
  expect(outcomes).toEqual([{ outcome: 'no-terminal' }])
  expect(call.events.filter(({ event }) => event === 'frame-sent')).toHaveLength(4)
})

it('a call that is too old asks no card any more: it is said so, and the terminal hears goodbye', async () => {
  const runtime = new VirtualRuntime()
  const outcomes: CardAsked[] = []
  const sound = new SimulatedSound(runtime)
  const script = async (call: Call) => {
    for (let times = 0; times < 5; times++) outcomes.push(await call.askCard({ request: question.request }))
  }
  const limits = { callMs: 100_000 }
  const call = await phone(script, async () => {}, { runtime, sound, limits })
  expect(outcomes.length).toBeGreaterThan(0)
  expect(call.ended).toBe('gave-up')
  expect(call.lastsMs).toBeLessThan(130_000)
  expect(call.events.filter(({ event }) => event === 'said')).toMatchObject([{ phrase: 'goodbye.time' }])
})

it('a line with neither sound nor digits is unsuitable', async () => {
  const outcomes: CardAsked[] = []
  const call = await phone(
    async each => void outcomes.push(await each.askCard(question)),
    async () => {},
  )
  expect(outcomes).toEqual([{ outcome: 'unsuitable line' }])
  expect(call.ended).toBe('said-goodbye')
})

it('pays in digits where there is no sound, with what was keyed and the name in the directory', async () => {
  const { asked, ended, card, call } = await payment({ script: once(), bySound: false })
  expect(asked).toMatchObject([{ outcome: 'answered', answer: { way: 'digits' } }])
  expect(await judged(asked[0], card)).toBe('genuine')
  expect(ended).toEqual({ outcome: 'result', result: paid })
  console.log(`by digits in ${Math.round(call.lastsMs / 1_000)} s`)
})

it('pays in digits though each frame is followed by a digit too many', async () => {
  const { ended } = await payment({ script: once(), bySound: false, Terminal: DoublingTerminal })
  expect(ended).toEqual({ outcome: 'result', result: paid })
})

describe('what was signed and has no result', () => {
  it('is kept, and asked for the next time instead of signed again', async () => {
    const card = await issuedCard()
    // The answer arrives, and then the call is cut.
    const cut = async (call: Call, asked: CardAsked[]) => {
      asked.push(await call.askCard(question))
      await call.hangUp()
    }
    const first = await payment({ script: cut, card })
    expect(first.asked).toMatchObject([{ outcome: 'answered' }])
    expect(first.ended).toMatchObject({ outcome: 'unknown', signature: { receiver: bank, counter: 1 } })
    expect(first.kept[0]?.nonce).toHaveLength(8)
    expect(first.kept).toEqual([(first.ended as Extract<Paid, { outcome: 'unknown' }>).signature])

    const resuming = async (call: Call, asked: CardAsked[]) => {
      asked.push(await call.askCard(question))
      await call.tellCard(paid)
      asked.push(await call.askCard(question))
      await call.tellCard({ outcome: 'refused', reason: 'insufficient-funds' })
    }
    const { card: number } = card.identity ? { card: card.identity.number } : { card: undefined }
    const second = await payment({ script: resuming, card, unsettled: first.kept })
    expect(second.asked).toMatchObject([
      { outcome: 'inquiry', inquiry: { card: number, counter: 1, nonce: first.kept[0]?.nonce } },
      { outcome: 'answered' },
    ])
    expect(second.hands.settled).toEqual([paid])
    expect(second.hands.asked).toHaveLength(1)
    expect(second.ended).toEqual({ outcome: 'result', result: { outcome: 'refused', reason: 'insufficient-funds' } })
    expect(second.kept).toEqual([])
  })

  it('of one card is not forgotten over what another card, or another receiver, signs and settles', async () => {
    const card = await issuedCard()
    const { number } = card.identity
    const [elsewhere, otherNumber] = [institution('garden'), makeCardNumber(bankNumber, 4_712)]
    const before = [
      // The other card lies in the drawer, its signature unsettled; so does one that this card made for another bank.
      { receiver: bank, card: otherNumber, counter: 4, nonce: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1) },
      { receiver: elsewhere, card: number, counter: 9, nonce: Uint8Array.of(2, 2, 2, 2, 2, 2, 2, 2) },
    ]
    const settled = await payment({ script: once(), card, unsettled: before })
    expect(settled.asked).toMatchObject([{ outcome: 'answered' }])
    expect(settled.ended).toMatchObject({ outcome: 'result' })
    expect(settled.kept).toEqual(before)

    const cut = async (call: Call, asked: CardAsked[]) => {
      asked.push(await call.askCard(question))
      await call.hangUp()
    }
    const unknown = await payment({ script: cut, card, unsettled: before })
    expect(unknown.kept).toMatchObject([...before, { receiver: bank, card: number, counter: 2 }])
    const resumed = await payment({
      script: async (call, asked) => {
        asked.push(await call.askCard(question))
        await call.tellCard(paid)
      },
      card,
      unsettled: unknown.kept,
    })
    expect(resumed.asked).toMatchObject([{ outcome: 'inquiry', inquiry: { card: number, counter: 2 } }])
    expect(resumed.kept).toEqual(before)
  })
})
