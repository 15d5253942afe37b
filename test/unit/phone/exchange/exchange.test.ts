/** Both machines of the exchange against each other, over a line that loses, garbles and ends as a seed says. */
import { describe, expect, it } from 'vitest'
import { frameTypes } from '../../../../src/card/messages/frame-types.ts'
import { splitForDigits } from '../../../../src/card/messages/parts.ts'
import { type Answered, answer } from '../../../../src/phone/exchange/answering.ts'
import { type Asked, alike, ask, tell } from '../../../../src/phone/exchange/asking.ts'
import { Ladder } from '../../../../src/phone/exchange/ladder.ts'
import type { Came, Message } from '../../../../src/phone/exchange/step.ts'
import { drawFrom } from '../../../support/virtual-runtime.ts'
import { type Fate, lengthMs, ModelLine, type Signal } from './model-line.ts'

const bytes = (length: number, first: number) => Uint8Array.from({ length }, (_, at) => (at + first) & 255)
const request: Message = {
  sound: { type: frameTypes.request, keyId: 0, payload: bytes(130, 1) },
  digits: [{ type: frameTypes.challenge, keyId: 0, payload: bytes(20, 2) }],
}
const unlisted: Message = { ...(request.sound && { sound: request.sound }) }
const signedBytes = bytes(103, 4)
const signed: Message = {
  sound: { type: frameTypes.answer, keyId: 9, payload: bytes(195, 3) },
  digits: splitForDigits(signedBytes, 7).map(payload => ({ type: frameTypes.digitAnswer, keyId: 9, payload })),
}
const decline = alike({ type: frameTypes.decline, keyId: 0, payload: Uint8Array.of(1) })
const paid = alike({ type: frameTypes.result, keyId: 0, payload: Uint8Array.of(1, 0, 255) })

interface Story {
  readonly fate?: (signal: Signal) => Fate
  readonly asks?: Message
  readonly answers?: Message
  readonly handsMs?: number
  readonly decisionMs?: number
  readonly hangUpAtMs?: number
}

/** One payment: what either end made of it, how often it was paid, and how long it took. */
function payment({
  fate = () => 'heard',
  asks = request,
  answers = signed,
  handsMs = 6_000,
  decisionMs = 400,
  hangUpAtMs,
}: Story = {}) {
  const line = new ModelLine(fate)
  const [asking, answering] = line.ends
  const [ladder, memory] = [new Ladder(), { ladder: new Ladder(), lastResult: undefined }]
  const told = { requests: 0, results: 0, paid: 0, signed: 0, isTold: undefined as boolean | undefined }
  let [asked, answered] = [undefined as Asked | undefined, undefined as Answered | undefined]
  answering.onDeliver = ({ frame }, nowMs) => {
    if (frame.type === frameTypes.result) {
      told.results++
      return
    }
    told.requests++
    line.at(nowMs + handsMs, () => {
      told.signed++
      line.message(answering, answers)
    })
  }
  answering.onEnd = outcome => {
    answered = outcome as Answered
  }
  asking.onEnd = (outcome, nowMs) => {
    if (typeof outcome === 'boolean') {
      told.isTold = outcome
      return
    }
    asked = outcome as Asked
    if (asked.outcome !== 'came' || asked.upward.type === frameTypes.decline) return
    told.paid++
    line.begin(asking, tell(paid, ladder, asked.upward.sequence), nowMs + decisionMs)
  }
  line.begin(answering, answer(memory, { requestMs: 150_000, holderMs: 110_000 }))
  line.begin(asking, ask(asks, ladder, 254), 500)
  if (hangUpAtMs !== undefined) line.at(hangUpAtMs, () => line.hangUp())
  line.run()
  if (asked === undefined || answered === undefined) throw new Error('an end has not ended')
  return { asked, answered, ...told, lastsMs: Math.max(...line.ends.map(({ endedAtMs = 0 }) => endedAtMs)), line }
}

const modesOf = (signals: readonly Signal[]) =>
  signals.map(signal => (signal.do === 'tone' ? signal.tone : signal.mode))

describe('a line that loses nothing', () => {
  it('carries each message once, and both ends know that it is paid', () => {
    const { asked, answered, line, ...told } = payment()
    expect(asked).toMatchObject({
      outcome: 'came',
      upward: { type: frameTypes.answer, keyId: 9, payload: bytes(195, 3), way: 'sound', sequence: 255 },
    })
    expect(answered).toMatchObject({ outcome: 'result', result: { type: frameTypes.result, sequence: 255 } })
    expect(told).toMatchObject({ requests: 1, signed: 1, paid: 1, results: 1, isTold: true })
    expect(modesOf(line.ends[0].sent)).toEqual(['ready', 'v23', 'v23', 'v23', 'goodbye'])
    expect(modesOf(line.ends[1].sent)).toEqual(['v23', 'v23', 'v23'])
  })

  it('takes under 20 s with 6 s of hands', () => {
    const { line } = payment()
    expect(line.ends[0].endedAtMs).toBeLessThan(20_000)
  })

  it('carries a refusal of the holder, after which nothing is awaited', () => {
    const { asked, answered, line, ...told } = payment({ answers: decline })
    expect(asked).toMatchObject({ outcome: 'came', upward: { type: frameTypes.decline, payload: Uint8Array.of(1) } })
    expect(answered).toEqual({ outcome: 'declined' })
    expect(told).toMatchObject({ paid: 0, results: 0 })
    expect(line.ends[1].endedAtMs).toBeLessThan(20_000)
  })
})

describe('the ladder', () => {
  const onlyIn =
    (...modes: string[]) =>
    (signal: Signal): Fate =>
      signal.do === 'tone' || modes.includes(signal.mode) ? 'heard' : 'lost'

  it('tries V.23 twice, then V.21, and stays there for all that follows', () => {
    const { answered, line } = payment({ fate: onlyIn('v21') })
    expect(answered.outcome).toBe('result')
    expect(modesOf(line.ends[0].sent)).toEqual(['ready', 'v23', 'v23', 'v21', 'v21', 'v21', 'goodbye'])
    expect(modesOf(line.ends[1].sent)).toEqual(['v21', 'v21', 'v21'])
  })

  it('ends at digits, where the answer comes in two frames', () => {
    const { asked, answered, line } = payment({ fate: onlyIn('dtmf') })
    expect(answered.outcome).toBe('result')
    expect(asked).toMatchObject({
      upward: { type: frameTypes.digitAnswer, way: 'digits', payload: signedBytes, keyId: 9 },
    })
    expect(modesOf(line.ends[0].sent).slice(0, 5)).toEqual(['ready', 'v23', 'v23', 'v21', 'dtmf'])
  })

  it('is not spoken into where the first half makes an answer whole and the second comes once more', () => {
    const [first, second] = signed.digits ?? []
    if (first === undefined || second === undefined) throw new Error('two halves')
    const heard = (content: typeof first): Came => {
      return { came: 'frame', mode: 'dtmf', frame: { ...content, sequence: 255 }, tookMs: 1_000 }
    }
    const stepsAfter = (...contents: (typeof first)[]) => {
      const asking = ask(request, new Ladder('dtmf'), 254)
      asking.next({ came: 'nothing' })
      asking.next({ came: 'nothing' })
      return contents.map(content => asking.next(heard(content)).value)
    }
    const acknowledged = { do: 'send', frames: [{ type: 30, sequence: 255 }] }
    expect(stepsAfter(first, second).at(-1)).toMatchObject(acknowledged)
    expect(stepsAfter(second, first, second).slice(-2)).toMatchObject([{ do: 'listen' }, acknowledged])
  })

  it('ends at V.21 where the payee is in no directory', () => {
    const { asked, answered, line } = payment({ fate: onlyIn('dtmf'), asks: unlisted })
    expect(asked).toEqual({ outcome: 'no-terminal' })
    expect(answered).toEqual({ outcome: 'not-asked' })
    expect(modesOf(line.ends[0].sent)).toEqual(['ready', 'v23', 'v23', 'v21', 'v21', 'goodbye'])
  })
})

it.each([
  ['request', frameTypes.request],
  ['answer', frameTypes.answer],
  ['result', frameTypes.result],
])('a %s that cannot be read is refused and sent again at once', (_, type) => {
  let isFirst = true
  const fate = (signal: Signal): Fate => {
    if (signal.do === 'tone' || signal.frames[0]?.type !== type || !isFirst) return 'heard'
    isFirst = false
    return 'garbled'
  }
  const { line, ...told } = payment({ fate })
  expect(told).toMatchObject({ requests: 1, signed: 1, paid: 1, results: 1, isTold: true })
  const again = line.ends.flatMap(({ sent }) => sent).find(each => each.do === 'send' && each.frames[0]?.type === type)
  // The refusal and the repetition, without a wait for the time to be up.
  const refusalMs = 1_500
  const undisturbedMs = payment().lastsMs
  expect(told.lastsMs).toBeLessThan(undisturbedMs + refusalMs + lengthMs(again as Signal))
})

describe('a message heard twice', () => {
  /** The first frame of each type in `types` is lost. */
  const losingFirst = (...types: number[]) => {
    const left = [...types]
    return (signal: Signal): Fate => {
      const type = signal.do === 'send' ? (signal.frames[0]?.type ?? -1) : -1
      if (!left.includes(type)) return 'heard'
      left.splice(left.indexOf(type), 1)
      return 'lost'
    }
  }

  it('is handed on once: a request, a result', () => {
    for (const lost of [[30], [30, 30], [30, 30, 30], [5, 30], [3, 30, 30]])
      expect(payment({ fate: losingFirst(...lost) }), lost.join()).toMatchObject({
        ...{ requests: 1, signed: 1, paid: 1, results: 1, isTold: true },
      })
  })
})

describe('what is of another exchange', () => {
  const frame = (type: number, sequence: number): Came => ({
    ...{
      came: 'frame',
      mode: 'v23',
      frame: { type, sequence, keyId: 0, payload: Uint8Array.of(1, 0, 255) },
      tookMs: 10,
    },
  })

  it('is passed over by who asks: an answer under another sequence', () => {
    const asking = ask(request, new Ladder(), 20)
    for (const came of [frame(0, 0), frame(0, 0), frame(0, 0)]) asking.next(came)
    const late = asking.next(frame(frameTypes.answer, 19))
    expect(late).toEqual({ done: false, value: { do: 'listen', withinMs: 3_490 } })
    expect(asking.next(frame(frameTypes.answer, 21)).value).toMatchObject({
      do: 'send',
      frames: [{ type: 30, sequence: 21 }],
    })
  })

  it('is passed over by a terminal, but for the last result, which it acknowledges again', () => {
    const memory = { ladder: new Ladder(), lastResult: 9 }
    const answering = answer(memory, { requestMs: 1_000, holderMs: 1_000 })
    answering.next({ came: 'nothing' })
    expect(answering.next(frame(frameTypes.result, 8)).value).toEqual({ do: 'listen', withinMs: 990 })
    expect(answering.next(frame(frameTypes.result, 9)).value).toMatchObject({ frames: [{ type: 30, sequence: 9 }] })
    // Its own exchange: a request, an answer, and the result of that answer alone.
    answering.next({ came: 'nothing' })
    for (const step of ['acknowledged', 'delivered', 'listening'] as const)
      expect(answering.next(step === 'acknowledged' ? frame(frameTypes.request, 30) : { came: 'nothing' }).done).toBe(
        false,
      )
    answering.next({ came: 'message', message: signed, tookMs: 0 })
    answering.next({ came: 'nothing' })
    expect(answering.next(frame(frameTypes.result, 9)).value).toMatchObject({ do: 'listen' })
    answering.next(frame(frameTypes.result, 31))
    expect(memory.lastResult).toBe(31)
  })
})

describe('the time for an answer', () => {
  const parts = splitForDigits(signedBytes, 7)
  const half = (at: 0 | 1, tookMs: number): Came => ({
    ...{ came: 'frame', mode: 'dtmf', tookMs },
    frame: { type: frameTypes.digitAnswer, sequence: 21, keyId: 9, payload: parts[at] ?? new Uint8Array(0) },
  })
  const garbled: Came = { came: 'garbled', mode: 'v23', sequence: 21, tookMs: 900 }

  /** Who asks hears these, one after another, and then nothing: what came of it, how long was listened, and how often refused. */
  function asking(coming: Iterable<Came>) {
    const exchange = ask(request, new Ladder('dtmf'), 20)
    const heard = coming[Symbol.iterator]()
    let [listenedMs, refusals] = [0, 0]
    let step = exchange.next({ came: 'nothing' })
    while (!step.done) {
      let came: Came = { came: 'nothing' }
      if (step.value.do === 'listen') {
        const next: Came | undefined = heard.next().value
        const isInTime = next !== undefined && 'tookMs' in next && next.tookMs <= step.value.withinMs
        if (isInTime) came = next
        listenedMs += isInTime ? next.tookMs : step.value.withinMs
      } else if (step.value.do === 'send' && step.value.frames[0]?.type === 31) refusals++
      step = exchange.next(came)
    }
    return { asked: step.value, listenedMs, refusals }
  }
  const over = (count: number, came: Came) => Array.from({ length: count }, () => came)

  it('has one end: one half of it, again and again, puts nothing off', () => {
    const { asked, listenedMs } = asking(over(1_000, half(0, 13_000)))
    expect(asked).toEqual({ outcome: 'no-answer' })
    expect(listenedMs).toBeLessThanOrEqual(133_000)
  })

  it('is long enough for both halves once more when the second was lost, and for the second when the first comes late', () => {
    const delivered: Came = {
      came: 'frame',
      mode: 'dtmf',
      frame: { type: 30, sequence: 20, keyId: 0, payload: bytes(0, 0) },
      tookMs: 5_000,
    }
    const whole = { outcome: 'came', upward: { way: 'digits', payload: signedBytes } }
    expect(asking([delivered, half(0, 40_000), half(0, 47_000), half(1, 13_000)]).asked).toMatchObject(whole)
    expect(asking([half(0, 13_000), half(0, 47_000), half(1, 13_000)]).asked).toMatchObject(whole)
    expect(asking([delivered, half(0, 119_000), half(1, 14_000)]).asked).toMatchObject(whole)
  })

  it('is taken up by no more refusals than a message has tries', () => {
    const { asked, refusals } = asking([half(0, 900), ...over(1_000, garbled)])
    expect(asked).toEqual({ outcome: 'no-answer' })
    expect(refusals).toBe(4)
  })
})

it('a terminal that hears goodbye before it answered sends nothing', () => {
  const { asked, answered, signed: signatures, line } = payment({ handsMs: 130_000 })
  expect(asked).toEqual({ outcome: 'no-answer' })
  expect(answered).toEqual({ outcome: 'not-answered' })
  expect(signatures).toBe(1)
  expect(modesOf(line.ends[1].sent)).toEqual(['v23'])
})

const seeds = Number(process.env['TONEBANK_SEEDS'] ?? 6_000)

it(`ends one way over ${seeds} lines that lose up to all of it`, () => {
  const ways = new Map<string, number>()
  for (let seed = 1; seed <= seeds; seed++) {
    const draw = drawFrom(seed)
    const chance = () => draw() / 2 ** 32
    const [lost, garbled, isCut] = [chance() ** 2, chance() * 0.3, chance() < 0.3]
    const fate = (): Fate => {
      const drawn = chance()
      return drawn < lost ? 'lost' : drawn < lost + garbled ? 'garbled' : 'heard'
    }
    const story = payment({
      fate,
      asks: chance() < 0.5 ? request : unlisted,
      answers: chance() < 0.1 ? decline : signed,
      handsMs: 1_000 + chance() * 130_000 ** chance(),
      decisionMs: chance() * 8_000,
      ...(isCut && { hangUpAtMs: chance() * 60_000 }),
    })
    const { asked, answered } = story
    const way = `${asked.outcome} ${answered.outcome}`
    ways.set(way, (ways.get(way) ?? 0) + 1)
    const told = `seed ${seed}: ${way} ${JSON.stringify({ ...story, line: undefined })}`
    expect(story.requests, told).toBeLessThanOrEqual(1)
    expect(story.paid, told).toBeLessThanOrEqual(1)
    expect(story.results, told).toBeLessThanOrEqual(1)
    // Whoever says that it is paid, or that nothing was sent, is right.
    if (answered.outcome === 'result') expect(story.paid, told).toBe(1)
    if (['not-asked', 'not-answered', 'declined'].includes(answered.outcome)) expect(story.paid, told).toBe(0)
    if (story.isTold) expect(story.results, told).toBe(1)
    expect(story.lastsMs, told).toBeLessThan(600_000)
  }
  console.log([...ways].map(([way, count]) => `${way}: ${count}`).join(', '))
  // The seeds tell all of it.
  for (const way of ['came result', 'came unknown', 'no-answer unknown', 'no-terminal not-asked', 'came declined'])
    expect(ways.get(way), way).toBeGreaterThan(0)
})
