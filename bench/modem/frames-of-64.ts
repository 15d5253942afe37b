/** Frames of 64 bytes in the slow modes, as long as they last and as often as they are lost, beside ggwave's. */
import { aLaw } from '../../src/g711.ts'
import { frameBits } from '../../src/modem/coded/frame.ts'
import { DigitDetector } from '../../src/modem/dtmf/detector.ts'
import { DigitFrameReader, digitFrame } from '../../src/modem/dtmf/frame.ts'
import { digitSamples } from '../../src/modem/dtmf/tones.ts'
import { LINE_MODES } from '../../src/modem/line/modes.ts'
import { joined, losePackets, pad, powerOf, through } from '../../test/simulation/modem/line/impairments.ts'
import { type Random, seeded } from '../../test/simulation/modem/line/random.ts'
import type { Figure } from '../report.ts'
import { figure } from './figures.ts'
import type { Ggwave } from './ggwave.ts'
import { show } from './points.ts'
import { atMostOnePercent, type Rate } from './statistics.ts'

export const FRAME_64_FIGURES = ['v21.fec.frame64SecondsOnAir', 'dtmf.frame64SecondsInBand', 'dtmf.frame64FerClipped']

const BYTES = 64
/** Type, sequence and key id. */
const HEADER_BYTES = 3
const SHAPE = { toneMs: 40, pauseMs: 30 }
const CLIPPED_SAMPLES = 480
/** Over 0–4 kHz, while a tone sounds. */
const SNR_DB = 12
const DELETED = 0.01

export function frame64Figures(quick: boolean, ggwave: Ggwave, say: (line: string) => void): Figure[] {
  const random = seeded(64)
  const text = textOf(random)
  const theirSeconds = ggwave.encode(text).length / 8000
  const payload = random.bytes(BYTES)
  const v21Seconds = frameBits({ type: 1, sequence: 1, keyId: 1, payload }, LINE_MODES.v21).length / LINE_MODES.v21.baud
  const digits = digitFrame(random.bytes(HEADER_BYTES + BYTES)).length
  const seconds = (periodMs: number) => (digits * periodMs) / 1000
  const ours = clippedDigits(quick ? 60 : 1000, random)
  say(`digits, 64 bytes, first or last 60 ms clipped, 1 % of packets deleted, at ${SNR_DB} dB: ${show(ours)}`)
  const theirs = clippedGgwave(ggwave, quick ? 10 : 100, random)
  say(`ggwave's dual tones, the same: ${show(theirs)}`)
  const [onAir, inBand, clipped] = FRAME_64_FIGURES as [string, string, string]
  return [
    figure(onAir, v21Seconds, theirSeconds, 'under ggwave’s', !(v21Seconds >= theirSeconds)),
    {
      ...figure(inBand, seconds(70), theirSeconds, '≤ 12', seconds(70) <= 12),
      note: `${digits} digits at 40 + 30 ms; ${seconds(85)} s at 40 + 45 ms, ${seconds(100)} s in packets of 20 ms`,
    },
    figure(clipped, part(ours), part(theirs), '≤ 0.01', atMostOnePercent(ours)),
  ]
}

function part({ errors, frames }: Rate): number {
  return errors / frames
}

/** One in two is clipped at its end, the others at their beginning. A frame that nobody sent counts as a loss. */
function clippedDigits(frames: number, random: Random): Rate {
  let errors = 0
  for (let i = 0; i < frames; i++) {
    const payload = random.bytes(HEADER_BYTES + BYTES)
    const signal = digitSamples(digitFrame(payload), SHAPE)
    const onPower = (powerOf(signal) * (SHAPE.toneMs + SHAPE.pauseMs)) / SHAPE.toneMs
    const detector = new DigitDetector()
    const reader = new DigitFrameReader()
    const samples = overLine(signal, onPower, i % 2 === 0, random)
    const heard = [...detector.push(samples), ...detector.finish()]
    const told = [...heard.map(({ digit, from }) => reader.push(digit, from / 8)), reader.finish()]
    const read = told.filter(({ outcome }) => outcome !== 'nothing')
    const [first] = read
    const isRight = read.length === 1 && first?.outcome === 'frame' && first.payload.join() === payload.join()
    if (!isRight) errors++
  }
  return { errors, frames }
}

function clippedGgwave(ggwave: Ggwave, frames: number, random: Random): Rate {
  let errors = 0
  for (let i = 0; i < frames; i++) {
    const text = textOf(random)
    const signal = ggwave.encode(text)
    if (ggwave.decode(overLine(signal, powerOf(signal), i % 2 === 0, random)) !== text) errors++
  }
  return { errors, frames }
}

function overLine(signal: Float32Array, power: number, atTheEnd: boolean, random: Random): Float32Array {
  const level = Math.sqrt(0.1 / power)
  const from = atTheEnd ? signal.length - CLIPPED_SAMPLES : 0
  const clipped = signal.map(sample => level * sample).fill(0, from, from + CLIPPED_SAMPLES)
  const sigma = Math.sqrt(0.1 / 10 ** (SNR_DB / 10))
  const noisy = pad(clipped, 4000, 8000).map(sample => sample + sigma * random.gauss())
  return joined(losePackets(through(aLaw, noisy), DELETED, 'deleted', random))
}

function textOf(random: Random): string {
  return Array.from(random.bytes(BYTES), byte => String.fromCharCode(65 + (byte % 26))).join('')
}
