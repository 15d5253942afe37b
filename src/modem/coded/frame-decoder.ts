/**
 * Reads one frame from a stretch of signal once its beginning is known: header first, then body.
 *
 * Detector and decoder take turns (iterated decoding of a code concatenated with a continuous-phase modulation; Narayanan and
 * Stüber, 1999): the phase lattice says what it heard of each symbol, `SymbolSlips` puts that in its place in the frame, the code says
 * what each bit must then have been, and that is what the lattice starts from in the next round. Most frames are right after
 * the first. The rounds gain about 1 dB in noise, and they are what pins down where the line cut packets out.
 */

import type { Clock } from '../line/clock-fit.ts'
import { esN0Db } from '../line/line-estimate.ts'
import { type LineMode, symbolSamples } from '../line/modes.ts'
import { likelyDistances, mostDistances, type SlipRange, wholePackets } from '../line/slip-distances.ts'
import { SymbolSlips } from '../line/symbol-slips.ts'
import { type ClockProposal, SymbolStretch } from '../line/symbol-stretch.ts'
import type { Pieces } from '../pieces.ts'
import { bytesOf } from './bits.ts'
import { ConvolutionalDecoder } from './convolutional.ts'
import {
  codedSymbols,
  headerLine,
  MOST_BODY_BYTES,
  MOST_CODED_SYMBOLS,
  parseBody,
  parseHeader,
  type ReceivedHeader,
} from './frame.ts'
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

const MOST_ROUNDS = 8
/** 20 ms. */
const PACKET_SAMPLES = 160
/** Max-log decoding is too sure of itself; scaled down, its word is as good as that of the exact algorithm (Vogt and Finger, 2000). */
const TRUST = 0.75
const CERTAIN = 1 - 1e-7
/** From here on a clock is unusual, as a fraction of the period. */
const OFF_CLOCK = 0.0015
/** How far the opening's clock may be off: symbols at the beginning, and a fraction of the period. */
const AROUND_OPENING = { phase: 0.25, drift: 0.003 }
/** The nominal clock, of which nearly all are within some parts per ten thousand. */
const AROUND_NOMINAL = { ...AROUND_OPENING, likely: 0.0003 }
/** Where the clock is taken for nominal: its phase is all that is sought. */
const AT_NOMINAL = { phase: 0.5, drift: 0.0002 }
/** Packets that may go missing without a mark: the mean of 5 % and four deviations, for the longest frame. */
const MOST_SLIPS = { 1200: 18, 300: 50 }
/** Packets that may be there twice. */
const MOST_REPEATS = 5
/** The same in opening and header. There, any number of symbols up to that many packets may be gone. */
const HEADER_SLIPS = { 1200: 4, 300: 9 }
const HEADER_REPEATED = 2
/** An opening that is explained less well is noise or data, nearly always: then whole packets are all that is looked for. */
const CLEAR_MATCH = 0.3

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

/** What was heard of each channel bit of the body, in the code's order: to look at. */
export interface SoftValues {
  /** Log ratios ln P(1)/P(0). */
  readonly values: Float32Array
  /** What the code made of them: the bits sent, if the frame was read. */
  readonly bits: Uint8Array
}

/** Where a frame lies and how it sounds, as the search found it. */
export interface Beginning {
  readonly clock: Clock
  readonly offsetHz: number
  /** Part of the opening's power that is explained: 1 for a clean signal, about 0.1 for noise. */
  readonly match: number
}

export type BodyResult =
  | {
      readonly outcome: 'decoded'
      readonly payload: Uint8Array
      readonly quality: FrameQuality
      readonly soft: SoftValues
    }
  | { readonly outcome: 'garbled'; readonly quality: FrameQuality; readonly soft: SoftValues }

export class FrameDecoder {
  private readonly mode: LineMode
  private readonly stretch: SymbolStretch
  private readonly range: SlipRange
  private readonly slips: SymbolSlips
  private readonly decoder = new ConvolutionalDecoder(MOST_BODY_BYTES * 8)
  private readonly prior = new Float64Array(LONGEST_FRAME_SYMBOLS)

  constructor(mode: LineMode) {
    this.mode = mode
    const period = symbolSamples(mode)
    this.stretch = new SymbolStretch(mode, LONGEST_FRAME_SYMBOLS)
    const packet = Math.round(PACKET_SAMPLES / period)
    this.range = { packet, twice: MOST_REPEATS, gone: mode.baud === 300 ? MOST_SLIPS[300] : MOST_SLIPS[1200] }
    const most = Math.max(mostDistances(this.range), this.headerDistances().length)
    this.slips = new SymbolSlips(LONGEST_FRAME_SYMBOLS, packet, most)
  }

  /** `samples` hold the frame from a little before `beginning.clock.start` (counted from their first one) to the header's end. */
  *decodeHeader(samples: Float32Array, beginning: Beginning): Pieces<ReceivedHeader | undefined> {
    const pattern = knownSymbols(HEADER_CODED, HEADER_END)
    yield* this.listen(samples, beginning, pattern)
    const distances = beginning.match < CLEAR_MATCH ? this.headerPackets() : this.headerDistances()
    return (
      (yield* this.readHeader(pattern, distances)) ??
      (yield* this.readHeaderAtNominal(samples, beginning, pattern, distances))
    )
  }

  /** A torn header is too short to tell its clock: a wrong one read most of those that nothing else was wrong with. */
  private *readHeaderAtNominal(
    samples: Float32Array,
    { clock, offsetHz }: Beginning,
    pattern: Int8Array,
    distances: readonly number[],
  ): Pieces<ReceivedHeader | undefined> {
    yield* this.stretch.listen(samples, [{ clock: this.atNominal(clock), search: AT_NOMINAL }], offsetHz, pattern)
    return yield* this.readHeader(pattern, distances)
  }

  private *readHeader(pattern: Int8Array, distances: readonly number[]): Pieces<ReceivedHeader | undefined> {
    let header: ReceivedHeader | undefined
    yield* this.iterate(
      knownTanh(pattern),
      0,
      HEADER_CODED,
      HEADER_BYTES,
      HEADER_REPEATS,
      undefined,
      distances,
      bytes => {
        header = parseHeader(bytes)
        return header !== undefined
      },
    )
    return header
  }

  /**
   * The same samples, to the frame's end. `soft` holds what earlier transmissions of this body said of its code bits, and has what this one
   * says added to it.
   */
  *decodeBody(
    samples: Float32Array,
    beginning: Beginning,
    header: ReceivedHeader,
    soft: Float64Array,
  ): Pieces<BodyResult> {
    const coded = codedSymbols(header.bodyBytes)
    const pattern = knownSymbols(coded)
    setHeader(pattern, header)
    const known = knownTanh(pattern)
    yield* this.listen(samples, beginning, pattern)
    let payload: Uint8Array | undefined
    const { rounds, values, bits } = yield* this.iterate(
      known,
      HEADER_CODED,
      coded - HEADER_CODED,
      header.bodyBytes,
      1,
      soft,
      undefined,
      bytes => {
        payload = parseBody(header, bytes)
        return payload !== undefined
      },
    )
    const quality: FrameQuality = {
      esN0Db: esN0Db(this.stretch.line),
      offsetHz: this.stretch.offsetHz,
      clockPpm: (this.stretch.clock.period / symbolSamples(this.mode) - 1) * 1e6,
      correctedBits: bits.filter((bit, i) => bit !== (values[i]! > 0 ? 1 : 0)).length,
      channelBits: coded - HEADER_CODED,
      rounds,
      slips: this.slips.slips,
    }
    const heard = { values, bits }
    return payload === undefined
      ? { outcome: 'garbled', quality, soft: heard }
      : { outcome: 'decoded', payload, quality, soft: heard }
  }

  private headerPackets(): number[] {
    const { packet } = this.range
    const gone = this.mode.baud === 300 ? HEADER_SLIPS[300] : HEADER_SLIPS[1200]
    return wholePackets({ packet, twice: HEADER_REPEATED, gone })
  }

  private headerDistances(): number[] {
    const ofPackets = this.headerPackets()
    const [least, most] = [ofPackets[0]!, ofPackets.at(-1)!]
    return Array.from({ length: most - least + 1 }, (_, i) => least + i)
  }

  /**
   * Noise, or a packet missing from the opening, can make its clock look wrong by half a percent, while nearly every clock in the field is right within
   * 0.01 %: so the nominal clock is proposed too, and preferred.
   */
  private listen(samples: Float32Array, { clock, offsetHz }: Beginning, known: Int8Array): Pieces<void> {
    const nominal = this.atNominal(clock)
    const proposals: ClockProposal[] = [{ clock: nominal, search: AROUND_NOMINAL }]
    // A cut within the opening makes its clock look wrong, too: then nothing is known of the phase.
    if (Math.abs(clock.period / symbolSamples(this.mode) - 1) > OFF_CLOCK)
      proposals.push({ clock, search: AROUND_OPENING }, { clock: nominal, search: AT_NOMINAL })
    return this.stretch.listen(samples, proposals, offsetHz, known)
  }

  /** The nominal clock that agrees with `clock` where the search saw the opening. */
  private atNominal(clock: Clock): Clock {
    const period = symbolSamples(this.mode)
    return { start: clock.start + OPENING_ANCHOR * (clock.period - period), period }
  }

  /** Rounds of detector and decoder over the coded symbols `from`…`from + count`; `accept` sees the bytes of each and says whether they are right. */
  private *iterate(
    known: Float64Array,
    from: number,
    count: number,
    byteCount: number,
    repeats: number,
    earlier: Float64Array | undefined,
    distances: readonly number[] | undefined,
    accept: (bytes: Uint8Array) => boolean,
  ): Pieces<SoftValues & { readonly rounds: number }> {
    const { stretch, prior, slips, decoder } = this
    const symbols = known.length
    const order = interleaver(count)
    const frameSoft = new Float64Array(symbols)
    const lineSoft = new Float64Array(count)
    const spreadSoft = new Float64Array(count)
    const codeSoft = new Float64Array(count / repeats)
    const extrinsic = new Float64Array(count / repeats)
    const bits = new Uint8Array(byteCount * 8)
    let round = 0
    let previous: Uint8Array | undefined
    prior.fill(0, 0, symbols)
    for (;;) {
      round++
      yield
      stretch.detect(prior)
      const { ratio } = stretch
      for (let k = 0; k < symbols; k++) ratio[k]! -= prior[k]!
      if (round === 1) slips.expect(distances ?? likelyDistances(ratio, symbols, known, this.range))
      slips.align(ratio, symbols, known)
      slips.toFrame(symbols, frameSoft)
      yield
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
      stretch.estimate()
    }
    stretch.estimate()
    if (earlier !== undefined) earlier.set(codeSoft)
    const decided = new Uint8Array(codeSoft.map((soft, i) => (soft + extrinsic[i]! > 0 ? 1 : 0)))
    return { rounds: round, values: new Float32Array(codeSoft), bits: decided }
  }
}

function knownTanh(symbols: Int8Array): Float64Array {
  return new Float64Array(symbols).map(bit => (bit < 0 ? 0 : bit === 1 ? CERTAIN : -CERTAIN))
}

/** The header has been read: its symbols are known too. */
function setHeader(pattern: Int8Array, header: ReceivedHeader): void {
  const line = headerLine(header.bytes)
  for (let i = 0; i < HEADER_CODED; i++) pattern[symbolOf(i)] = line[i]!
}
