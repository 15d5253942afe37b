/** A media link on virtual time: when its packets go out, and what it does when the listening thread falls behind or fails. */
import { describe, expect, it } from 'vitest'
import { mediaFormats } from '../../../../src/phone/asterisk/samples/media-format.ts'
import { MediaLink } from '../../../../src/phone/asterisk/samples/media-link.ts'
import type { HeardFrame } from '../../../../src/phone/frames/frame-listener.ts'
import { CallGone } from '../../../../src/phone/line.ts'
import type { RtpPacket } from '../../../../src/rtp/packet.ts'
import type { Runtime } from '../../../../src/runtime.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

interface Pushed {
  readonly samples: number
  readonly gap: number
  answer(heard?: HeardFrame[]): void
  fail(reason: Error): void
}

/** @param lateMs for how long this process has stood still by now */
function linked(lateMs = () => 0) {
  const runtime = new VirtualRuntime()
  const clock: Runtime = Object.assign(Object.create(runtime), {
    monotonicMs: () => runtime.monotonicMs() + lateMs(),
    sleep: runtime.sleep.bind(runtime),
    random: runtime.random.bind(runtime),
  })
  const sent: (RtpPacket & { readonly atMs: number })[] = []
  const pushed: Pushed[] = []
  const happened: string[] = []
  const link = new MediaLink({
    ...{ callId: 'a', format: mediaFormats.alaw, runtime: clock },
    socket: {
      send: packet => void sent.push({ ...packet, atMs: runtime.monotonicMs() }),
      close: () => void happened.push('socket closed'),
    },
    listening: {
      isHearing: () => false,
      push: (_call, _modes, samples, gap) =>
        new Promise((resolve, fail) => {
          pushed.push({ samples: samples.length, gap, fail, answer: (heard = []) => resolve(heard) })
        }),
    },
    clear: async () => void happened.push('cleared'),
  })
  const packet = (number: number, payloadType = 8): RtpPacket => ({
    ...{ payloadType, marker: false, sequence: number, timestamp: number * 160, source: 1 },
    payload: new Uint8Array(160),
  })
  return { runtime, sent, pushed, happened, link, packet }
}

describe('sending', () => {
  it('sends a packet every 20 ms, silence before and after, the numbers of RTP in order', async () => {
    const { runtime, sent, link } = linked()
    await runtime.run(async () => {
      await link.send(new Float32Array(400).fill(0.5))
      expect(runtime.monotonicMs()).toBe(180)
      await link.close()
    })
    expect(sent.map(({ atMs }) => atMs)).toEqual([...Array(10).keys()].map(number => number * 20))
    const loud = ({ payload }: RtpPacket) => payload.filter(code => code !== mediaFormats.alaw.silence).length
    expect(sent.map(loud)).toEqual([0, 0, 0, 160, 160, 80, 0, 0, 0, 0])
    expect(sent.map(({ marker }) => marker)).toEqual([true, ...Array(9).fill(false)])
    const steps = sent
      .slice(1)
      .map((packet, at) => [
        (packet.sequence - (sent[at]?.sequence ?? 0)) & 0xffff,
        (packet.timestamp - (sent[at]?.timestamp ?? 0)) >>> 0,
        packet.payload.length,
      ])
    expect(steps).toEqual(Array(9).fill([1, 160, 160]))
  })

  it('leaves out of a signal what a long standstill took, but for its last half second, and its time says so', async () => {
    let lateMs = 0
    const { runtime, sent, link } = linked(() => lateMs)
    await runtime.run(async () => {
      const ramp = Float32Array.from({ length: 60 * 160 }, (_, n) => (1 + Math.floor(n / 160)) / 64)
      const playing = link.send(ramp)
      await runtime.sleep(190)
      lateMs = 900
      await playing
      await link.close()
    })
    const numbers = sent.map(({ timestamp }) => (timestamp - (sent[0]?.timestamp ?? 0)) / 160)
    const gap = numbers.findIndex((number, at) => number !== at)
    expect(numbers[gap]).toBe(gap + 20)
    // Behind the gap comes what would have come then: three packets of lead, and the ramp.
    const [behind] = mediaFormats.alaw.decode(sent[gap]?.payload ?? new Uint8Array())
    expect(Math.floor((behind ?? 0) * 64)).toBe(1 + gap + 20 - 3)
  })

  it('goes on with silence between two signals, and begins the second without a pause', async () => {
    const { runtime, sent, link } = linked()
    await runtime.run(async () => {
      await link.send(new Float32Array(160).fill(0.5))
      await runtime.sleep(90)
      await link.send(new Float32Array(160).fill(0.5))
      await link.close()
    })
    const isLoud = ({ payload }: RtpPacket) => payload.some(code => code !== mediaFormats.alaw.silence)
    expect(sent.flatMap((packet, number) => (isLoud(packet) ? [number] : []))).toEqual([3, 12])
    const [first] = sent
    expect(sent.map(({ sequence }) => (sequence - (first?.sequence ?? 0)) & 0xffff)).toEqual([...sent.keys()])
    expect(new Set(sent.map(({ source }) => source)).size).toBe(1)
  })

  it('stops at once when the caller leaves', async () => {
    const { runtime, sent, happened, link } = linked()
    await runtime.run(async () => {
      const sending = link.send(new Float32Array(8_000))
      await runtime.sleep(110)
      link.onBroken(new CallGone())
      await expect(sending).rejects.toThrow(CallGone)
      await runtime.sleep(200)
    })
    expect(sent).toHaveLength(6)
    expect(happened).toEqual(['socket closed'])
  })
})

describe('listening', () => {
  it('tells nobody what comes of a frame that was half heard when the last one was over', async () => {
    const { runtime, pushed, link, packet } = linked()
    const heard: unknown[] = []
    const late = { outcome: 'garbled', mode: 'v23', sequence: 1 } as HeardFrame
    const now = { outcome: 'garbled', mode: 'v23', sequence: 2 } as HeardFrame
    await runtime.run(async () => {
      link.listen(['v23'], each => void heard.push(each))
      link.onPacket(packet(0))
      pushed[0]?.answer([late])
      pushed[1]?.answer([now])
      await runtime.sleep(1)
      await link.close()
    })
    expect(pushed.map(({ samples, gap }) => [samples, gap])).toEqual([
      [0, 8_000],
      [160, 0],
    ])
    expect(heard).toEqual([now])
  })

  it('is deaf between two listenings, and begins each anew', async () => {
    const { runtime, pushed, link, packet } = linked()
    const [first, second]: [unknown[], unknown[]] = [[], []]
    const late = { outcome: 'garbled', mode: 'v23', sequence: 1 } as HeardFrame
    const now = { outcome: 'garbled', mode: 'v23', sequence: 2 } as HeardFrame
    await runtime.run(async () => {
      const deafen = link.listen(['v23'], each => void first.push(each))
      link.onPacket(packet(0))
      deafen()
      pushed[1]?.answer([late])
      for (let number = 1; number < 50; number++) link.onPacket(packet(number))
      await runtime.sleep(1_000)
      link.listen(['v21'], each => void second.push(each))
      link.onPacket(packet(50))
      pushed[3]?.answer([now])
      await runtime.sleep(1)
      await link.close()
    })
    expect(pushed.map(({ samples, gap }) => [samples, gap])).toEqual([
      [0, 8_000],
      [160, 0],
      [0, 8_000],
      [160, 0],
    ])
    expect([first, second]).toEqual([[], [now]])
    expect(link.missingSamples).toBe(0)
  })

  it('hands on sound of its own kind only', async () => {
    const { runtime, pushed, link, packet } = linked()
    await runtime.run(async () => {
      link.onPacket(packet(0))
      link.listen(['v23'], () => {})
      for (const each of [packet(1), packet(2), packet(3, 101), packet(4), packet(5), packet(6), packet(7)])
        link.onPacket(each)
      await link.close()
    })
    expect(pushed.map(({ samples, gap }) => [samples, gap])).toEqual([
      [0, 8_000],
      [160, 0],
      [160, 0],
      [160, 160],
      [160, 0],
      [160, 0],
      [160, 0],
    ])
    expect(link.missingSamples).toBe(160)
  })

  it('sends silence as long as it listens', async () => {
    const { runtime, sent, link } = linked()
    await runtime.run(async () => {
      link.listen(['v23'], () => {})
      await runtime.sleep(990)
      await link.close()
      await runtime.sleep(500)
    })
    expect(sent).toHaveLength(50)
    expect(sent.every(({ payload }) => payload.every(code => code === mediaFormats.alaw.silence))).toBe(true)
  })

  it('ends what it has heard with silence when the phone sends no more', async () => {
    const { runtime, pushed, link, packet } = linked()
    await runtime.run(async () => {
      link.listen(['v23'], () => {})
      link.onPacket(packet(0))
      await runtime.sleep(5_000)
      await link.close()
    })
    expect(pushed.map(({ samples, gap }) => [samples, gap])).toEqual([
      [0, 8_000],
      [160, 0],
      [0, 1_600],
    ])
    expect(link.missingSamples).toBe(0)
  })

  it('takes nothing from what a phone makes up for that stood still for half a second', async () => {
    const { runtime, pushed, link, packet } = linked()
    await runtime.run(async () => {
      link.listen(['v23'], () => {})
      link.onPacket(packet(0))
      await runtime.sleep(700)
      for (let number = 1; number < 35; number++) link.onPacket(packet(number))
      await link.close()
    })
    expect(pushed.slice(1).map(({ samples, gap }) => [samples, gap])).toEqual(Array(35).fill([160, 0]))
  })

  it('takes no notice of a silence that this process has slept through', async () => {
    const { runtime, pushed, link, packet } = linked()
    await runtime.run(async () => {
      link.listen(['v23'], () => {})
      for (const number of [0, 1, 2, 3, 4]) {
        link.onPacket(packet(number))
        await runtime.sleep(290)
      }
      await link.close()
    })
    expect(pushed.slice(1).map(({ gap }) => gap)).toEqual([0, 0, 0, 0, 0])
  })

  it('has heard all when the last answer has come', async () => {
    const { runtime, pushed, link, packet } = linked()
    let isAll = false
    await runtime.run(async () => {
      link.listen(['v23'], () => {})
      link.onPacket(packet(0))
      const all = link.heardAll().then(() => {
        isAll = true
      })
      pushed[0]?.answer()
      await runtime.sleep(1)
      expect(isAll).toBe(false)
      pushed[1]?.answer()
      await all
      await link.close()
    })
  })

  it('gives samples up, as a gap, when the thread is 8 s behind', async () => {
    const { runtime, pushed, link, packet } = linked()
    await runtime.run(async () => {
      link.listen(['v23'], () => {})
      for (let number = 0; number < 380; number++) {
        link.onPacket(packet(number))
        await runtime.sleep(20)
      }
      // Of the 8 s one is the pause before the first packet.
      expect(pushed).toHaveLength(351)
      for (const { answer } of pushed) answer()
      await runtime.sleep(1)
      link.onPacket(packet(380))
      await link.close()
    })
    expect(pushed.at(-1)?.gap).toBe(30 * 160)
  })

  it('counts gaps as samples when the thread is behind', async () => {
    const { runtime, pushed, link, packet } = linked()
    await runtime.run(async () => {
      link.listen(['v23'], () => {})
      for (let number = 0; number < 1_000; number++) {
        // Four packets, and the rest of a second of nothing.
        link.onPacket(packet(Math.floor(number / 4) * 50 + (number % 4)))
        await runtime.sleep(250)
      }
      await link.close()
    })
    expect(pushed.reduce((sum, { samples, gap }) => sum + samples + gap, 0)).toBeLessThanOrEqual(64_000)
  })

  it.each([
    ['timestamps', 494],
    ['packets', 1],
  ])('listens to a caller whose %s run ahead no faster than time goes, and 2 s', async (_, step) => {
    const { runtime, pushed, link, packet } = linked()
    await runtime.run(async () => {
      link.listen(['v23'], () => {})
      for (let number = 0; number < 1_000; number++) {
        link.onPacket(packet(number * step))
        for (const { answer } of pushed) answer()
        await runtime.sleep(4)
      }
      await link.close()
    })
    // Behind the pause before the first packet.
    const given = pushed.slice(1).reduce((sum, { samples, gap }) => sum + samples + gap, 0)
    expect(given).toBeLessThanOrEqual(4_000 * 8 + 16_000)
    expect(given).toBeGreaterThan(4_000 * 8)
  })

  it('says that nothing more can be heard when the thread fails', async () => {
    const { runtime, pushed, link, packet } = linked()
    const heard: unknown[] = []
    await runtime.run(async () => {
      link.listen(['v23'], each => void heard.push(each))
      link.onPacket(packet(0))
      pushed[0]?.fail(new Error('died'))
      await runtime.sleep(1)
      await link.close()
    })
    expect(heard).toEqual([{ failure: new Error('died') }])
  })
})
