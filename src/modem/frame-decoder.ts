/**
 * Reads one frame from a stretch of signal once its beginning is known: header first, then body.
 *
 * Detector and decoder take turns (iterated decoding of a code concatenated with a continuous-phase modulation; Narayanan and
 * Stüber, 1999): the phase lattice says what it heard of each symbol, `PacketSlips` puts that in its place in the frame, the code says
 * what each bit must then have been, and that is what the lattice starts from in the next round. Most frames are right after
 * the first. The rounds gain about 1 dB in noise, and they are what pins down where the line cut packets out.
 */
import { bytesOf } from './bits.ts'
import { type Clock, fitClock } from './clock-fit.ts'
import { ConvolutionalDecoder } from './convolutional.ts'
import { codedSymbols, headerLine, MOST_BODY_BYTES, MOST_CODED_SYMBOLS, parseBody, parseHeader, type ReceivedHeader } from './frame.ts'
import {
  frameSymbols,
  gather,
  HEADER_BYTES,
  HEADER_CODED,
  HEADER_END,
  HEADER_REPEATS,
  interleaver,
  knownSymbols,
  OPENING_ANCHOR,
  scrambleBit,
  symbolOf,
} from './frame-layout.ts'
import { addPairs, esN0Db, estimateLine, lineEstimate, pairSums, weighEvidence } from './line-estimate.ts'
import { type LineMode, symbolSamples } from './modes.ts'
import { PacketSlips } from './packet-slips.ts'
import { evidenceFor, PhaseLattice } from './phase-lattice.ts'
import { ToneCorrelator } from './tone-correlator.ts'

const MOST_ROUNDS = 8
/** Max-log decoding is too sure of itself; scaled down, its word is as good as that of the exact algorithm (Vogt and Finger, 2000). */
const TRUST = 0.75
const CERTAIN = 1 - 1e-7
/** How far the sender's clock may be from what the opening told, as a fraction. */
const MOST_DRIFT_LEFT = 0.003
/** Packets that may go missing without a mark: the mean of 5 % and four deviations, for the longest frame. */
const MOST_SLIPS = { 1200: 18, 300: 50 }

export const LONGEST_FRAME_SYMBOLS = frameSymbols(MOST_CODED_SYMBOLS)

export interface FrameQuality {
  /** Signal to noise in dB per channel symbol, as the receiver estimates it. */
  readonly esN0Db: number
  readonly offsetHz: number
  /** How much slower the sender's clock runs than nominal, in parts per million. */
  readonly clockPpm: number
  /** Channel bits that the code put right, of `channelBits`. */
  readonly correctedBits: number
  readonly channelBits: number
  /** Rounds between detector and decoder. */
  readonly rounds: number
  /** 20 ms packets that were cut out of the signal without a mark. */
  readonly slips: number
}

/** Where a frame lies and how it sounds, as the search found it. */
export interface Beginning {
  readonly clock: Clock
  readonly offsetHz: number
}

export type BodyResult =
  | { readonly outcome: 'decoded'; readonly payload: Uint8Array; readonly quality: FrameQuality }
  | { readonly outcome: 'garbled'; readonly quality: FrameQuality }

export class FrameDecoder {
  private readonly mode: LineMode
  /** Radians that a mark turns the phase by, around the centre frequency. */
  private readonly turn: number
  private readonly correlator: ToneCorrelator
  private readonly lattice: PhaseLattice
  private readonly slips: PacketSlips
  private readonly decoder = new ConvolutionalDecoder(MOST_BODY_BYTES * 8)
  private readonly evidence = evidenceFor(LONGEST_FRAME_SYMBOLS)
  private readonly tones = new Float64Array(LONGEST_FRAME_SYMBOLS * 4)
  private readonly decisions = new Uint8Array(LONGEST_FRAME_SYMBOLS)
  private readonly ratio = new Float64Array(LONGEST_FRAME_SYMBOLS)
  private readonly prior = new Float64Array(LONGEST_FRAME_SYMBOLS)
  private readonly line = lineEstimate()
  private clock: Clock = { start: 0, period: 1 }
  private offsetHz = 0
  private symbols = 0

  constructor(mode: LineMode) {
    this.mode = mode
    this.turn = (Math.PI * (mode.markHz - mode.spaceHz)) / mode.baud
    const period = symbolSamples(mode)
    this.correlator = new ToneCorrelator(Math.ceil(LONGEST_FRAME_SYMBOLS * period * 1.02) + 8 * 160)
    this.lattice = new PhaseLattice(mode, LONGEST_FRAME_SYMBOLS)
    this.slips = new PacketSlips(LONGEST_FRAME_SYMBOLS, period, mode.baud === 300 ? MOST_SLIPS[300] : MOST_SLIPS[1200])
  }

  /** `samples` hold the frame from a little before `beginning.clock.start` (counted from their first one) to the header's end. */
  decodeHeader(samples: Float32Array, beginning: Beginning): ReceivedHeader | undefined {
    const pattern = knownSymbols(HEADER_CODED, HEADER_END)
    const known = knownTanh(pattern)
    this.listen(samples, beginning, pattern)
    let header: ReceivedHeader | undefined
    this.iterate(known, 0, HEADER_CODED, HEADER_BYTES, HEADER_REPEATS, undefined, bytes => {
      header = parseHeader(bytes)
      return header !== undefined
    })
    return header
  }

  /**
   * The same samples, to the frame's end. `soft` holds what earlier transmissions of this body said of its code bits, and has what this one
   * says added to it.
   */
  decodeBody(samples: Float32Array, beginning: Beginning, header: ReceivedHeader, soft: Float64Array): BodyResult {
    const coded = codedSymbols(header.bodyBytes)
    const pattern = knownSymbols(coded)
    setHeader(pattern, header)
    const known = knownTanh(pattern)
    this.listen(samples, beginning, pattern)
    let payload: Uint8Array | undefined
    const { rounds, corrected } = this.iterate(known, HEADER_CODED, coded - HEADER_CODED, header.bodyBytes, 1, soft, bytes => {
      payload = parseBody(header, bytes)
      return payload !== undefined
    })
    const quality: FrameQuality = {
      esN0Db: esN0Db(this.line),
      offsetHz: this.offsetHz,
      clockPpm: (this.clock.period / symbolSamples(this.mode) - 1) * 1e6,
      correctedBits: corrected,
      channelBits: coded - HEADER_CODED,
      rounds,
      slips: this.slips.slips,
    }
    return payload === undefined ? { outcome: 'garbled', quality } : { outcome: 'decoded', payload, quality }
  }

  /** Correlates the frame's symbols with both tones, at the sender's own clock and pitch. */
  private listen(samples: Float32Array, beginning: Beginning, known: Int8Array): void {
    this.symbols = known.length
    this.offsetHz = beginning.offsetHz
    this.tune(samples, beginning.clock)
    this.clock = this.likelierClock(beginning.clock, known)
    this.tune(samples, this.clock)
    this.correlate()
    for (let k = 0; k < this.symbols; k++) this.decisions[k] = this.strongerTone(k)
    this.estimate()
  }

  /**
   * Noise, or a packet missing from the opening, can make its clock look wrong by half a percent, while nearly every clock in the field is right within
   * 0.01 %: so the nominal clock is fitted too, and the one that explains more of the whole frame wins.
   */
  private likelierClock(opening: Clock, known: Int8Array): Clock {
    const search = { phase: 0.25, drift: MOST_DRIFT_LEFT }
    const told = fitClock(this.correlator, opening, known, this.turn, search)
    const nominal = symbolSamples(this.mode)
    if (Math.abs(opening.period / nominal - 1) < MOST_DRIFT_LEFT / 2) return told.clock
    const start = opening.start + OPENING_ANCHOR * (opening.period - nominal)
    const usual = fitClock(this.correlator, { start, period: nominal }, known, this.turn, search)
    return told.energy > usual.energy ? told.clock : usual.clock
  }

  private tune(samples: Float32Array, clock: Clock): void {
    const centre = (this.mode.markHz + this.mode.spaceHz) / 2 + this.offsetHz
    const deviation = ((this.mode.markHz - this.mode.spaceHz) / 2) * (symbolSamples(this.mode) / clock.period)
    this.correlator.tune(centre + deviation, centre - deviation)
    for (let n = 0; n < samples.length; n++) this.correlator.push(samples[n]!)
  }

  private correlate(): void {
    const { start, period } = this.clock
    const out = new Float64Array(4)
    for (let k = 0; k < this.symbols; k++) {
      this.correlator.symbol(start + k * period, period, out)
      this.tones.set(out, 4 * k)
    }
  }

  private estimate(): void {
    const sums = pairSums()
    addPairs(sums, this.tones, this.decisions, 0, this.symbols - 1, this.turn)
    estimateLine(sums, this.line)
  }

  private strongerTone(k: number): number {
    const { tones } = this
    const space = tones[4 * k]! ** 2 + tones[4 * k + 1]! ** 2
    const mark = tones[4 * k + 2]! ** 2 + tones[4 * k + 3]! ** 2
    return mark > space ? 1 : 0
  }

  /** Rounds of detector and decoder over the coded symbols `from`…`from + count`; `accept` sees the bytes of each and says whether they are right. */
  private iterate(
    known: Float64Array,
    from: number,
    count: number,
    byteCount: number,
    repeats: number,
    earlier: Float64Array | undefined,
    accept: (bytes: Uint8Array) => boolean,
  ): { rounds: number; corrected: number } {
    const { ratio, prior, symbols, slips, decoder } = this
    const order = interleaver(count)
    const frameSoft = new Float64Array(symbols)
    const lineSoft = new Float64Array(count)
    const spreadSoft = new Float64Array(count)
    const codeSoft = new Float64Array(count / repeats)
    const extrinsic = new Float64Array(count / repeats)
    const bits = new Uint8Array(byteCount * 8)
    let round = 0
    let previous: Uint8Array | undefined
    let corrected = 0
    prior.fill(0, 0, symbols)
    for (;;) {
      round++
      weighEvidence(this.tones, this.line, 0, symbols, this.evidence)
      this.lattice.restart()
      this.lattice.detect(this.evidence, prior, 0, symbols, symbols, ratio)
      for (let k = 0; k < symbols; k++) {
        this.decisions[k] = ratio[k]! > 0 ? 1 : 0
        ratio[k]! -= prior[k]!
      }
      slips.align(ratio, symbols, known)
      slips.toFrame(symbols, frameSoft)
      for (let i = 0; i < count; i++) lineSoft[i] = frameSoft[symbolOf(from + i)]!
      gather(lineSoft, 0, order, spreadSoft)
      codeSoft.fill(0)
      for (let i = 0; i < count; i++) codeSoft[i % codeSoft.length]! += spreadSoft[i]!
      if (earlier !== undefined) for (let i = 0; i < count; i++) codeSoft[i]! += earlier[i]!
      decoder.decode(codeSoft, bits, extrinsic)
      const done = accept(bytesOf(bits))
      const stuck = previous !== undefined && bits.every((bit, i) => bit === previous?.[i])
      if (done || stuck || round === MOST_ROUNDS) break
      previous = bits.slice()
      for (let i = 0; i < count; i++) {
        const at = order[i]!
        const belief = TRUST * extrinsic[i % extrinsic.length]!
        known[symbolOf(from + at)] = Math.tanh((scrambleBit(at) ? -belief : belief) / 2) * CERTAIN
      }
      slips.toReceived(known, prior)
      this.estimate()
    }
    for (let i = 0; i < codeSoft.length; i++) if (codeSoft[i]! > 0 !== codeSoft[i]! + extrinsic[i]! > 0) corrected++
    if (earlier !== undefined) earlier.set(codeSoft)
    return { rounds: round, corrected }
  }
}

function knownTanh(symbols: Int8Array): Float64Array {
  return Float64Array.from(symbols, bit => (bit < 0 ? 0 : bit === 1 ? CERTAIN : -CERTAIN))
}

/** The header has been read: its symbols are known too. */
function setHeader(pattern: Int8Array, header: ReceivedHeader): void {
  const line = headerLine(header.bytes)
  for (let i = 0; i < HEADER_CODED; i++) pattern[symbolOf(i)] = line[i]!
}
