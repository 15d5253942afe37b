/** What a telephone line does to a signal, one effect per function; all are pure and take their chance from a seeded source. */
import type { Law } from '../../../../src/g711.ts'
import { type LineMode, SAMPLE_RATE, symbolSamples } from '../../../../src/modem/line/modes.ts'
import type { Random } from './random.ts'

const PACKET_SAMPLES = 160

/** White noise such that a symbol of a signal with `signalPower` has Es/N0 = `esN0Db`: σ² = P·T/(2·Es/N0), T in samples. */
export function addNoise(
  samples: Float32Array,
  mode: LineMode,
  esN0Db: number,
  random: Random,
  signalPower: number,
): Float32Array {
  const sigma = Math.sqrt((signalPower * symbolSamples(mode)) / (2 * 10 ** (esN0Db / 10)))
  return samples.map(sample => sample + sigma * random.gauss())
}

export function powerOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return sum / samples.length
}

/** A transmitter, or a line with carrier translation, whose tones are all `hz` too high. */
export function shifted(mode: LineMode, hz: number): LineMode {
  return { ...mode, markHz: mode.markHz + hz, spaceHz: mode.spaceHz + hz }
}

/** A transmitter whose crystal runs `partsPerMillion` fast: symbols shorter and tones higher alike. */
export function fastClock(mode: LineMode, partsPerMillion: number): LineMode {
  const factor = 1 + partsPerMillion * 1e-6
  return { ...mode, baud: mode.baud * factor, markHz: mode.markHz * factor, spaceHz: mode.spaceHz * factor }
}

/** Adds a copy of the signal `delayMs` later and `lossDb` weaker. */
export function echo(samples: Float32Array, delayMs: number, lossDb: number): Float32Array {
  const delay = Math.round((delayMs * SAMPLE_RATE) / 1000)
  const gain = 10 ** (-lossDb / 20)
  return samples.map((sample, n) => sample + gain * (n >= delay ? samples[n - delay]! : 0))
}

/** Silence before and after. */
export function pad(samples: Float32Array, before: number, after: number): Float32Array {
  const padded = new Float32Array(before + samples.length + after)
  padded.set(samples, before)
  return padded
}

/** The first `ms` of the signal are lost, as on a line that opens only once something is said. */
export function clipped(samples: Float32Array, ms: number): Float32Array {
  return samples.slice().fill(0, 0, (ms * SAMPLE_RATE) / 1000)
}

/** Takes out `count` samples from `at` on, or repeats that many if negative: what a jitter buffer that stretches time does. */
export function cut(samples: Float32Array, at: number, count: number): Float32Array {
  return joined([samples.slice(0, at), samples.slice(at + count)].map(part => ({ samples: part, gap: 0 })))
}

/** A clock that goes faster and faster, by `ppmPerSecond`: sample n is the signal at n + r·n²/2, by a windowed sinc of 32 taps. */
export function clockRamp(samples: Float32Array, ppmPerSecond: number): Float32Array {
  const reach = 16
  return samples.map((_, n) => {
    const time = n + (ppmPerSecond * 1e-6 * n * n) / (2 * SAMPLE_RATE)
    const whole = Math.floor(time)
    let sum = 0
    for (let m = whole - reach + 1; m <= whole + reach; m++) {
      const x = time - m
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
      sum += (samples[m] ?? 0) * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach))
    }
    return sum
  })
}

export interface Packet {
  readonly samples: Float32Array
  /** Samples known to be missing just before this packet. */
  readonly gap: number
}

/** How a line passes over a packet that did not come: see `losePackets`. */
export type LossManner = 'zeroed' | 'deleted' | 'marked' | 'concealed'

/** What is left of a packet each time it is played again. */
const FADE = 0.7

/**
 * Loses 20 ms packets, each with probability `rate`, and hands on what arrives: with silence instead (`zeroed`), pushed together
 * (`deleted`), with a mark where something is missing (`marked`), or with the last packet once more, fainter each time (`concealed`). The
 * packet grid starts anywhere in the signal.
 */
export function losePackets(samples: Float32Array, rate: number, manner: LossManner, random: Random): Packet[] {
  const packets: Packet[] = []
  let gap = 0
  let from = 0
  let to = 1 + Math.floor(random.uniform() * PACKET_SAMPLES)
  let last = new Float32Array(PACKET_SAMPLES)
  while (from < samples.length) {
    const packet = samples.slice(from, to)
    if (random.uniform() >= rate) {
      packets.push({ samples: packet, gap })
      gap = 0
      last = packet
    } else if (manner === 'concealed') {
      last = last.map(sample => FADE * sample)
      packets.push({ samples: last.slice(0, packet.length), gap: 0 })
    } else if (manner === 'zeroed') packets.push({ samples: packet.fill(0), gap: 0 })
    else if (manner === 'marked') gap += packet.length
    from = to
    to += PACKET_SAMPLES
  }
  if (gap > 0) packets.push({ samples: new Float32Array(0), gap })
  return packets
}

export function joined(packets: readonly Packet[]): Float32Array {
  const samples = new Float32Array(packets.reduce((length, packet) => length + packet.samples.length, 0))
  let at = 0
  for (const packet of packets) {
    samples.set(packet.samples, at)
    at += packet.samples.length
  }
  return samples
}

/** There and back through a telephone network's coding. */
export function through(law: Law, samples: Float32Array): Float32Array {
  return law.decode(law.encode(samples))
}
