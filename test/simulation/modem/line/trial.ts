/** One frame over one line: the trial that tests and benchmarks repeat. */
import type { Law } from '../../../../src/g711.ts'
import { concatBits } from '../../../../src/modem/coded/bits.ts'
import { frameBits } from '../../../../src/modem/coded/frame.ts'
import type { LineMode } from '../../../../src/modem/line/modes.ts'
import { modulate } from '../../../../src/modem/line/modulator.ts'
import { hdlcBits } from '../../../../src/modem/plain/hdlc.ts'
import { type ModemEvent, Receiver } from '../../../../src/modem/receiver.ts'
import {
  addNoise,
  clipped,
  clockRamp,
  cut,
  echo,
  fastClock,
  type LossManner,
  losePackets,
  type Packet,
  pad,
  powerOf,
  shifted,
  through,
} from './impairments.ts'
import type { Random } from './random.ts'

export interface Line {
  /** Signal to noise per channel symbol. */
  readonly esN0Db?: number
  readonly offsetHz?: number
  readonly clockPpm?: number
  readonly twistDb?: number
  readonly levelDbm0?: number
  readonly echo?: { readonly ms: number; readonly lossDb: number }
  readonly loss?: { readonly rate: number; readonly manner: LossManner }
  readonly law?: Law
  /** The first so many milliseconds of the signal are silent. */
  readonly clippedMs?: number
  /** So many samples are taken out once, anywhere in the signal; negative: repeated. */
  readonly cutSamples?: number
  readonly rampPpmPerSecond?: number
  /** Mark before the signal. */
  readonly idleMs?: number
}

/** The bits' signal as it comes out of the line, with silence around that noise fills too. */
export function overLine(bits: Uint8Array, mode: LineMode, line: Line, random: Random): Packet[] {
  const sender = fastClock(shifted(mode, line.offsetHz ?? 0), line.clockPpm ?? 0)
  const idle = new Uint8Array(Math.round(((line.idleMs ?? 0) * mode.baud) / 1000)).fill(1)
  const signal = modulate(concatBits(idle, bits), sender, {
    twistDb: line.twistDb ?? 0,
    levelDbm0: line.levelDbm0 ?? -10,
  })
  const clean = clipped(signal, line.clippedMs ?? 0)
  const after = line.loss?.manner === 'deleted' ? clean.length * 0.15 : 0
  let samples = pad(clean, 1200 + Math.floor(random.uniform() * 200), 1000 + Math.ceil(after))
  if (line.rampPpmPerSecond !== undefined) samples = clockRamp(samples, line.rampPpmPerSecond)
  if (line.echo !== undefined) samples = echo(samples, line.echo.ms, line.echo.lossDb)
  samples = addNoise(samples, mode, line.esN0Db ?? 18, random, powerOf(signal))
  if (line.cutSamples !== undefined)
    samples = cut(samples, 1200 + Math.floor(random.uniform() * clean.length), line.cutSamples)
  if (line.law !== undefined) samples = through(line.law, samples)
  return line.loss === undefined
    ? [{ samples, gap: 0 }]
    : losePackets(samples, line.loss.rate, line.loss.manner, random)
}

export interface Score {
  readonly frames: number
  readonly lost: number
  /** Frames that nobody sent. */
  readonly wrong: number
  readonly audioSeconds: number
  readonly cpuSeconds: number
}

/** Sends `count` frames of `byteCount` random bytes one after another to one receiver and counts those that do not arrive. */
export function frameTrial(
  kind: 'fec' | 'hdlc',
  mode: LineMode,
  line: Line,
  count: number,
  random: Random,
  byteCount = 150,
): Score {
  const receiver = new Receiver(mode)
  let lost = 0
  let wrong = 0
  let samples = 0
  let cpuMicros = 0
  for (let i = 0; i < count; i++) {
    const payload = random.bytes(byteCount)
    const bits = kind === 'fec' ? frameBits({ type: 1, sequence: i & 255, keyId: 7, payload }, mode) : hdlcBits(payload)
    const packets = overLine(bits, mode, line, random)
    const before = process.cpuUsage().user
    const events = packets.flatMap(packet => receiver.push(packet.samples, packet.gap))
    cpuMicros += process.cpuUsage().user - before
    samples += packets.reduce((sum, packet) => sum + packet.samples.length + packet.gap, 0)
    const payloads = events.map(payloadOf).filter(received => received !== undefined)
    if (!payloads.some(received => same(received, payload))) lost++
    wrong += payloads.filter(received => !same(received, payload)).length
  }
  return { frames: count, lost, wrong, audioSeconds: samples / 8000, cpuSeconds: cpuMicros / 1e6 }
}

export function payloadOf(event: ModemEvent): Uint8Array | undefined {
  if (event.kind === 'frame') return event.frame.payload
  return event.kind === 'plain' ? event.payload : undefined
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
