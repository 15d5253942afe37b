/** `sendFrame` and `receiveFrame` on the simulated line: what they answer, how long they wait, what they tell. */
import { describe, expect, it } from 'vitest'
import { type Frame, frameBits } from '../../../src/modem/coded/frame.ts'
import { LINE_MODES, type ModeName } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { Receiver } from '../../../src/modem/receiver.ts'
import { accepted, type FrameReception } from '../../../src/phone/call.ts'
import { digitsOfFrame } from '../../../src/phone/frames/digit-frame.ts'
import type { CallFault, CallScript } from '../../../src/phone/serve-call.ts'
import { addNoise, pad, powerOf } from '../../simulation/modem/line/impairments.ts'
import { seeded } from '../../simulation/modem/line/random.ts'
import type { SimulatedCaller } from '../../support/simulated-line.ts'
import { SimulatedSound } from '../../support/simulated-sound.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { phone } from './phoning.ts'

const frame: Frame = { type: 9, sequence: 77, keyId: 4, payload: Uint8Array.from({ length: 40 }, (_, at) => 200 - at) }
const signalIn = (mode: ModeName) => modulate(frameBits(frame, LINE_MODES[mode]), LINE_MODES[mode])

/** A call on a line with sound, whose script keeps what it receives. */
function soundLine() {
  const runtime = new VirtualRuntime()
  const sound = new SimulatedSound(runtime)
  const received: FrameReception[] = []
  const receive =
    (withinMs = 20_000, modes?: readonly ModeName[]): CallScript =>
    async call =>
      void received.push(await call.receiveFrame({ withinMs, ...(modes && { modes }) }))
  return { runtime, sound, received, receive }
}

describe('receiving a frame', () => {
  it.each(['v23', 'v21'] as const)('hears it in the mode in which it was sent, %s', async mode => {
    const { sound, received, receive, ...run } = soundLine()
    await phone(receive(), () => sound.plays(signalIn(mode)), { sound, ...run })
    expect(received).toMatchObject([{ outcome: 'frame', frame, quality: { mode, missingSamples: 0 } }])
  })

  it('hears one frame once where two modes of one speed are listened for', async () => {
    const { sound, received, receive, ...run } = soundLine()
    const twice: CallScript = async call => {
      await receive(20_000, ['bell202', 'v23'])(call)
      await receive(1_000, ['bell202', 'v23'])(call)
    }
    // In this noise Bell 202 recognises the frame and cannot read it, 40 samples before V.23 has read it.
    const signal = pad(signalIn('v23'), 0, 1_600)
    const noisy = addNoise(signal, LINE_MODES.v23, 2, seeded(3), powerOf(signalIn('v23')))
    await phone(twice, () => sound.plays(noisy), { sound, ...run })
    expect(received).toMatchObject([{ outcome: 'frame', frame, quality: { mode: 'v23' } }, { outcome: 'nothing' }])
  })

  it('hears nothing in silence, and waits no longer than it was told', async () => {
    const { sound, received, receive, ...run } = soundLine()
    const call = await phone(receive(3_000), async () => {}, { sound, ...run })
    expect(received).toEqual([{ outcome: 'nothing' }])
    expect(call.lastsMs).toBe(3_000)
    expect(sound.openNow).toBe(0)
  })

  it('says that one was garbled, and reads it when what is missing comes in a repetition', async () => {
    const { sound, received, receive, ...run } = soundLine()
    const whole = signalIn('v23')
    // Behind the header a third of the signal each time, where half would do.
    const header = Math.round(whole.length * 0.45)
    const third = (number: number) =>
      whole.map((sample, at) => (at < header || Math.floor(at / 400) % 3 === number ? sample : 0))
    const twice: CallScript = async call => {
      await receive()(call)
      await receive()(call)
    }
    const play = async () => {
      for (const number of [0, 1]) await sound.plays(third(number))
    }
    await phone(twice, play, { sound, ...run })
    expect(received).toMatchObject([
      { outcome: 'garbled', sequence: 77 },
      { outcome: 'frame', frame },
    ])
  })

  it('takes digits from the keys, where it is told to, and no key of them answers the next question', async () => {
    const short = { ...frame, payload: Uint8Array.of(1, 2, 3) }
    const received: FrameReception[] = []
    let keyed = ''
    const script: CallScript = async call => {
      received.push(await call.receiveFrame({ withinMs: 20_000, modes: 'dtmf' }))
      keyed = await call.ask('account', { phrase: 'sign-in.account', digits: { min: 4, max: 8 }, accept: accepted })
    }
    await phone(script, async caller => {
      await caller.presses(digitsOfFrame(short), { holdMs: 50, gapMs: 50 })
      await caller.hears('sign-in.account')
      await caller.presses('A1B0C01D#')
    })
    expect(received).toEqual([{ outcome: 'frame', frame: short, quality: { mode: 'dtmf', missingDigits: 0 } }])
    expect(keyed).toBe('1001')
  })

  it('reads one whose last digit was lost as soon as it has been quiet, and takes a few keys for no frame', async () => {
    const short = { ...frame, payload: Uint8Array.of(1, 2, 3) }
    let received: FrameReception | undefined
    const script: CallScript = async call => {
      received = await call.receiveFrame({ withinMs: 60_000, modes: 'dtmf' })
    }
    const call = await phone(script, async caller => {
      await caller.presses('12')
      await caller.waits(5_000)
      await caller.presses(digitsOfFrame(short).slice(0, -1), { holdMs: 50, gapMs: 50 })
    })
    expect(received).toEqual({ outcome: 'frame', frame: short, quality: { mode: 'dtmf', missingDigits: 1 } })
    expect(call.lastsMs).toBeLessThan(14_000)
  })
})

describe('sending a frame', () => {
  it.each(['v23', 'bell202', 'v21-answer'] as const)('plays it in the mode that was asked for, %s', async mode => {
    const { sound, ...run } = soundLine()
    const outcomes: unknown[] = []
    await phone(
      async call => void outcomes.push(await call.sendFrame(frame, { mode })),
      async () => {},
      { sound, ...run },
    )
    expect(outcomes).toEqual([{ outcome: 'sent' }])
    const [signal = new Float32Array()] = sound.heard
    const receiver = new Receiver(LINE_MODES[mode])
    const heard = [...receiver.push(signal), ...receiver.finish()]
    expect(heard.flatMap(event => (event.kind === 'frame' ? [event.frame] : []))).toEqual([frame])
    expect(sound.openNow).toBe(0)
  })

  it('sends again to a caller who held us meanwhile', async () => {
    const { sound, ...run } = soundLine()
    const script: CallScript = async call => void (await call.sendFrame(frame))
    await phone(
      script,
      async caller => {
        await caller.waits(300)
        await caller.holds(4_000)
      },
      { sound, ...run },
    )
    expect(sound.heard).toHaveLength(2)
  })
})

it('a frame of digits begins more than a second behind the one before, so that a pause tells them apart', async () => {
  const rows: { readonly beganAtMs: number; readonly endedAtMs: number }[] = []
  const runtime = new VirtualRuntime()
  const script: CallScript = async call => {
    await call.receiveFrame({ withinMs: 100, modes: 'dtmf' })
    const short = { ...frame, payload: Uint8Array.of(1, 2, 3) }
    for (let times = 0; times < 2; times++) await call.sendFrame(short, { mode: 'dtmf' })
  }
  await phone(
    script,
    async ({ line }) => {
      line.sendDigits = async digits => {
        const beganAtMs = runtime.monotonicMs()
        await runtime.sleep(digits.length * 150)
        rows.push({ beganAtMs, endedAtMs: runtime.monotonicMs() })
      }
    },
    { runtime },
  )
  const [first, second] = rows
  expect((second?.beganAtMs ?? 0) - (first?.endedAtMs ?? 0)).toBeGreaterThan(1_000)
})

describe('a line that is unsuitable', () => {
  it('because it carries no samples says so at once', async () => {
    const outcomes: string[] = []
    const script: CallScript = async call => {
      outcomes.push((await call.sendFrame(frame)).outcome, (await call.sendFrame(frame, { mode: 'dtmf' })).outcome)
      outcomes.push((await call.receiveFrame({ withinMs: 5_000 })).outcome)
    }
    const call = await phone(script, async () => {})
    expect(outcomes).toEqual(Array(3).fill('unsuitable line'))
    expect(call.lastsMs).toBe(0)
  })

  it('because of its codec says so at once', async () => {
    const runtime = new VirtualRuntime()
    const outcomes: string[] = []
    const script: CallScript = async call => void outcomes.push((await call.receiveFrame({ withinMs: 5_000 })).outcome)
    await phone(script, async () => {}, { runtime, sound: new SimulatedSound(runtime, { isG711: false }) })
    expect(outcomes).toEqual(['unsuitable line'])
  })
})

describe('a call', () => {
  it.each(['sendFrame', 'receiveFrame'] as const)('that is hung up during %s ends, and leaves no link', async verb => {
    const { sound, receive, ...run } = soundLine()
    const script: CallScript = async call =>
      void (verb === 'sendFrame' ? await call.sendFrame(frame) : await receive()(call))
    const call = await phone(script, caller => caller.hangsUp(400), { sound, runtime: run.runtime })
    expect(call.ended).toBe('caller-left')
    expect(call.lastsMs).toBeLessThan(500)
    expect([sound.opened, sound.openNow]).toEqual([1, 0])
  })

  it('whose sound breaks off ends with an apology, and leaves no link', async () => {
    const { sound, receive, runtime } = soundLine()
    const faults: CallFault[] = []
    const breaking = async (caller: SimulatedCaller) => {
      await caller.waits(500)
      sound.breaks()
    }
    const call = await phone(receive(), breaking, { sound, runtime, onFault: fault => void faults.push(fault) })
    expect(faults.map(({ error }) => error)).toEqual(['Error: no sound any more'])
    expect(call.said).toEqual(['apology'])
    expect(sound.openNow).toBe(0)
  })

  it('tells of frames their kind and size, and nothing of what they carry', async () => {
    const { sound, receive, runtime } = soundLine()
    const script: CallScript = async call => {
      await call.sendFrame(frame)
      await receive()(call)
      await receive(100)(call)
    }
    const { events } = await phone(
      script,
      async caller => {
        await caller.waits(1_500)
        await sound.plays(signalIn('v23'))
      },
      { sound, runtime },
    )
    expect(events.filter(({ event }) => event.startsWith('frame'))).toEqual([
      { event: 'frame-sent', mode: 'v23', outcome: 'sent', type: 9, byteCount: 40 },
      { event: 'frame-awaited', outcome: 'frame', type: 9, byteCount: 40 },
      { event: 'frame-awaited', outcome: 'nothing' },
    ])
  })
})
