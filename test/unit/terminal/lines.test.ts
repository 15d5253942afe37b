/** Lines that are no call: two ends in memory and two sound files, on virtual time; and what is due when. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { frameBits } from '../../../src/modem/coded/frame.ts'
import { DigitDetector } from '../../../src/modem/dtmf/detector.ts'
import { LINE_MODES } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { Receiver } from '../../../src/modem/receiver.ts'
import { readWav, writeWav } from '../../../src/modem/tools/wav.ts'
import type { Opened, TerminalLine } from '../../../src/terminal/line.ts'
import { joinedLines, MemoryTelephone } from '../../../src/terminal/memory-line.ts'
import { Outgoing } from '../../../src/terminal/outgoing.ts'
import { keepPace } from '../../../src/terminal/pace.ts'
import { SoundFileTelephone } from '../../../src/terminal/sound-file-line.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const folder = mkdtempSync(join(tmpdir(), 'tonebank-lines-'))
afterAll(() => rmSync(folder, { recursive: true }))

const signal = (sequence: number) =>
  modulate(frameBits({ type: 3, sequence, keyId: 1, payload: Uint8Array.of(1, 2, 3) }, LINE_MODES.v23), LINE_MODES.v23)

/** Tells of the first frame that the line hears. */
function frameOn(line: TerminalLine): Promise<number> {
  const receiver = new Receiver(LINE_MODES.v23)
  return new Promise(resolve => {
    line.listen({
      onSound: (samples, gap) => {
        for (const event of receiver.push(samples, gap)) if (event.kind === 'frame') resolve(event.frame.sequence)
      },
      onDigit: () => {},
    })
  })
}

function lineOf(opened: Opened): TerminalLine {
  if (opened.outcome !== 'open') throw new Error(opened.outcome)
  return opened.line
}

describe('a line in memory', () => {
  it('carries frames both ways at the pace of a call, and tells both ends of the end', async () => {
    const runtime = new VirtualRuntime()
    await runtime.run(async () => {
      const served: Promise<unknown>[] = []
      const serve = async (line: TerminalLine) => {
        expect(await frameOn(line)).toBe(1)
        await line.send(signal(2))
        await line.hangUp()
      }
      const telephone = new MemoryTelephone(runtime, (number, line) => {
        if (number !== '9001') return { outcome: 'busy' }
        served.push(serve(line))
        return undefined
      })
      expect(await telephone.open('1234')).toEqual({ outcome: 'busy' })
      const line = lineOf(await telephone.open('9001'))
      const answer = frameOn(line)
      const beganAtMs = runtime.monotonicMs()
      expect(await line.send(signal(1))).toBe('sent')
      const seconds = signal(1).length / 8_000
      expect((runtime.monotonicMs() - beganAtMs) / 1_000).toBeCloseTo(seconds, 1)
      expect(await answer).toBe(2)
      expect(await line.ended).toBe('hung up there')
      await Promise.all(served)
      expect(await line.send(signal(1))).toBe('ended')
    })
  })

  it('carries keys beside sound, each once, or as their tones', async () => {
    const runtime = new VirtualRuntime()
    await runtime.run(async () => {
      const [ours, theirs] = joinedLines(runtime)
      const [told, lengths]: [string[], number[]] = [[], []]
      theirs.listen({
        onSound: (samples, gap) => lengths.push(samples.length + gap),
        onDigit: ({ key }) => told.push(key),
      })
      await ours.keys('11#D', { toneMs: 40, pauseMs: 40 })
      await ours.hangUp()
      expect(told.join('')).toBe('11#D')
      expect(new Set(lengths)).toEqual(new Set([160]))
      expect(() => ours.keys('x')).toThrow(RangeError)

      const [speaking, hearing] = joinedLines(runtime, 'tones')
      const detector = new DigitDetector()
      let heard = ''
      hearing.listen({
        onSound: samples => {
          for (const { digit } of detector.push(samples)) heard += digit
        },
        onDigit: () => expect.unreachable(),
      })
      await speaking.keys('159D')
      await speaking.send(new Float32Array(1_600))
      await speaking.hangUp()
      expect(heard).toBe('159D')
    })
  })
})

describe('a line of two sound files', () => {
  it('hears the one and says into the other, each at its time', async () => {
    const runtime = new VirtualRuntime()
    const files = { hears: join(folder, 'hears.wav'), says: join(folder, 'says.wav') }
    writeFileSync(files.hears, writeWav(signal(7)))
    const heardAtMs = await runtime.run(async () => {
      const line = lineOf(await new SoundFileTelephone(files, runtime).open())
      const beganAtMs = runtime.monotonicMs()
      expect(await frameOn(line)).toBe(7)
      const atMs = runtime.monotonicMs() - beganAtMs
      await line.send(signal(8))
      await line.hangUp()
      expect(await line.ended).toBe('hung up here')
      return atMs
    })
    const said = readWav(readFileSync(files.says))
    if (said.outcome !== 'read') throw new Error(said.why)
    const receiver = new Receiver(LINE_MODES.v23)
    const events = [...receiver.push(said.samples), ...receiver.finish()]
    const sequences = events.flatMap(event => (event.kind === 'frame' ? [event.frame.sequence] : []))
    expect(sequences).toEqual([8])
    const firstSound = said.samples.findIndex(sample => Math.abs(sample) > 0.05)
    expect(firstSound / 8).toBeGreaterThanOrEqual(heardAtMs - 40)
  })

  it('says what is wrong with a file that is none', async () => {
    const files = { hears: join(folder, 'none.wav'), says: join(folder, 'says.wav') }
    writeFileSync(files.hears, 'this is no sound')
    const runtime = new VirtualRuntime()
    const opened = await runtime.run(() => new SoundFileTelephone(files, runtime).open())
    expect(opened).toEqual({ outcome: 'unreachable', why: 'This is no WAV file.' })
  })
})

describe('what is due', () => {
  it('of a key is its length so far, its end three times, and silence', () => {
    const outgoing = new Outgoing()
    void outgoing.keys('5', { toneMs: 50, pauseMs: 75 })
    const key = (packets: number, isUp: boolean) => ({ kind: 'key', key: '5', packets, isUp })
    const silence = { kind: 'silence' }
    expect(Array.from({ length: 8 }, () => outgoing.next())).toEqual([
      key(1, false),
      key(2, false),
      key(3, true),
      key(3, true),
      key(3, true),
      silence,
      silence,
      silence,
    ])
  })

  it('comes in the order in which it was given, and whoever gave it knows when it has left', async () => {
    const outgoing = new Outgoing()
    const settled: string[] = []
    const note = (what: string) => (sent: string) => settled.push(`${what} ${sent}`)
    void outgoing.sound(new Float32Array(200)).then(note('first'))
    void outgoing.sound(new Float32Array(1)).then(note('second'))
    outgoing.next()
    await Promise.resolve()
    expect(settled).toEqual([])
    outgoing.next()
    await Promise.resolve()
    expect(settled).toEqual(['first sent'])
    outgoing.end()
    await Promise.resolve()
    expect(settled).toEqual(['first sent', 'second ended'])
  })
})

it('what is given up of a signal is left out of it, and nothing is of what has not begun or of keys', async () => {
  const outgoing = new Outgoing()
  const settled: string[] = []
  const ramp = Float32Array.from({ length: 8 * 160 }, (_, n) => Math.floor(n / 160))
  const next = () => {
    const due = outgoing.next()
    return due.kind === 'sound' ? due.samples[0] : due.kind
  }
  void outgoing.sound(ramp).then(sent => settled.push(`first ${sent}`))
  void outgoing.sound(ramp).then(sent => settled.push(`second ${sent}`))
  void outgoing.keys('5')
  outgoing.skip(3)
  expect([next(), next()]).toEqual([0, 1])
  outgoing.skip(3)
  expect([next(), next()]).toEqual([5, 6])
  outgoing.skip(9)
  await Promise.resolve()
  expect(settled).toEqual(['first sent'])
  expect(next()).toBe(0)
  outgoing.skip(7)
  await Promise.resolve()
  expect(settled).toEqual(['first sent', 'second sent'])
  expect(next()).toBe('key')
  outgoing.skip(3)
  expect(outgoing.next()).toMatchObject({ kind: 'key', packets: 2 })
})

it('no digit that is sent as tones is left out, whatever is given up in the midst of them', () => {
  const outgoing = new Outgoing()
  const detector = new DigitDetector()
  let heard = ''
  void outgoing.tones('159D')
  for (let packet = 0; packet < 40; packet++) {
    const due = outgoing.next()
    if (due.kind === 'sound') for (const { digit } of detector.push(due.samples)) heard += digit
    if (packet === 5) outgoing.skip(12)
  }
  expect(heard).toBe('159D')
})

it('no key is pressed faster because it is late, as two would look like one', async () => {
  const runtime = new VirtualRuntime()
  const outgoing = new Outgoing()
  const sent: number[] = []
  await runtime.run(async () => {
    const ended = new AbortController()
    let lateMs = 0
    const slow = {
      monotonicMs: () => runtime.monotonicMs() + lateMs,
      sleep: (ms: number, signal?: Parameters<typeof runtime.sleep>[1]) => runtime.sleep(ms, signal),
    }
    const tick = () => {
      outgoing.next()
      sent.push(slow.monotonicMs())
      // In the middle of the first 7.
      if (sent.length === 4) lateMs += 300
    }
    const keyed = outgoing.keys('77', { toneMs: 100, pauseMs: 100 })
    const most = () => (outgoing.isKeying ? 0 : 500)
    void keepPace(Object.assign(Object.create(runtime), slow), ended.signal, tick, most)
    await keyed
    ended.abort()
  })
  const apart = sent.slice(1).map((atMs, number) => atMs - (sent[number] ?? 0))
  expect(sent).toHaveLength(20)
  expect(Math.min(...apart)).toBeGreaterThanOrEqual(19)
})

it('the pace is kept by the clock: what is late is made up for, and of a long standstill the last half second', async () => {
  const runtime = new VirtualRuntime()
  const ticks: [atMs: number, skipped: number][] = []
  await runtime.run(async () => {
    const ended = new AbortController()
    const standstillMs = new Map([
      [3, 90],
      [12, 1_000],
    ])
    let lateMs = 0
    const slow = {
      monotonicMs: () => runtime.monotonicMs() + lateMs,
      sleep: (ms: number, signal?: Parameters<typeof runtime.sleep>[1]) => runtime.sleep(ms, signal),
    }
    void keepPace(Object.assign(Object.create(runtime), slow), ended.signal, skipped => {
      ticks.push([slow.monotonicMs(), skipped])
      lateMs += standstillMs.get(ticks.length) ?? 0
      if (ticks.length === 16) ended.abort()
    })
    await runtime.sleep(2_000)
  })
  const late = ticks.map(([atMs, skipped], number) => {
    const before = ticks.slice(0, number + 1).reduce((sum, [, each]) => sum + each, 0)
    return [Math.round(atMs - 20 * (number + before)), skipped]
  })
  expect(late).toEqual([
    ...[
      [0, 0],
      [0, 0],
      [0, 0],
      [70, 0],
      [50, 0],
      [30, 0],
      [10, 0],
    ],
    ...[
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ],
    ...[
      [500, 24],
      [480, 0],
      [460, 0],
      [440, 0],
    ],
  ])
})
