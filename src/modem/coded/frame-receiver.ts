/**
 * Receives frames from a line, sample by sample: watches for openings, and reads header and body as soon as their last sample is there.
 *
 *     watching ──1 opening seen──▶ header awaited ──2 header right──▶ body awaited ──4 right or garbled──▶ event
 *                                        └─────────3 header wrong──▶ forgotten
 *
 * Several openings can be under way at once, since noise and data now and then look like one. What a garbled body said of its bits is kept
 * and added to the next transmission with the same header (Chase combining, 1985).
 */

import { type LineMode, symbolSamples } from '../line/modes.ts'
import { silenceRepetitions } from '../line/repetitions.ts'
import type { SampleRing } from '../line/sample-ring.ts'
import type { ToneCorrelator } from '../line/tone-correlator.ts'
import type { Pieces } from '../pieces.ts'
import type { Frame, ReceivedHeader } from './frame.ts'
import { codedSymbols } from './frame.ts'
import {
  type Beginning,
  type FrameDecoder,
  type FrameQuality,
  LONGEST_FRAME_SYMBOLS,
  type SoftValues,
} from './frame-decoder.ts'
import { frameSymbols, HEADER_CODED, HEADER_END, OPENING_SYMBOLS } from './frame-layout.ts'
import { type OpeningFit, OpeningFitter } from './opening-fit.ts'
import { OpeningSearch, type Sighting } from './opening-search.ts'

const LEAST_MATCH = 0.16
const MOST_UNDER_WAY = 4
/** Places at which one opening may have begun, if packets are missing from it: tried in turn. */
const MOST_FITS = 5
/** Clocks tried around the one that the search reports, as fractions of the symbol period. */
const DRIFTS = [-0.004, -0.002, 0, 0.002, 0.004]
/** Samples handed to the decoder before and after the frame: timing may still move by a symbol. */
const MARGIN_SYMBOLS = 2

interface Heard {
  readonly quality: FrameQuality
  readonly soft: SoftValues
  /** Samples since the receiver's first one. */
  readonly atSample: number
}

export type FrameEvent =
  | (Heard & { readonly kind: 'frame'; readonly frame: Frame })
  /** The header could be read, the body not: worth asking for again. */
  | (Heard & { readonly kind: 'garbled'; readonly header: ReceivedHeader })

interface Reception {
  /** Where the frame may begin, best first; once the header is read, only where it was. */
  readonly fits: readonly OpeningFit[]
  readonly header?: ReceivedHeader
  /** Time at which there is something to do. */
  readonly due: number
}

export class FrameReceiver {
  private readonly decoder: FrameDecoder
  private readonly ring: SampleRing
  private readonly fitter: OpeningFitter
  private readonly search: OpeningSearch
  private underWay: Reception[] = []
  private kept: { readonly key: string; readonly soft: Float64Array } | undefined

  /** `ring` and `correlator` (tuned to the mode) must keep `ringSamples` and `correlatorSamples` and be pushed each sample before `advance`. */
  constructor(mode: LineMode, decoder: FrameDecoder, ring: SampleRing, correlator: ToneCorrelator) {
    this.decoder = decoder
    this.ring = ring
    this.fitter = new OpeningFitter(mode, correlator)
    this.search = new OpeningSearch(mode, correlator)
  }

  /** Longest frame with the slowest clock. */
  static ringSamples(mode: LineMode): number {
    return Math.ceil((LONGEST_FRAME_SYMBOLS + 2 * MARGIN_SYMBOLS + 16) * symbolSamples(mode) * 1.02)
  }

  /** The opening with the slowest clock, and the packets that may be missing from it. */
  static correlatorSamples(mode: LineMode): number {
    return Math.ceil(140 * symbolSamples(mode)) + 640
  }

  /** Once for each sample. What is to be read now, if anything is: it has to be read before the next sample comes. */
  advance(events: { push(event: FrameEvent): void }): Pieces<void> | undefined {
    const sighting = this.search.advance()
    if (sighting !== undefined) this.consider(sighting)
    // Every sample comes by here, and hardly ever is a frame under way.
    if (this.underWay.length === 0) return undefined
    const due = this.underWay.find(reception => reception.due <= this.ring.length)
    return due && this.continue(due, events)
  }

  private consider(sighting: Sighting): void {
    const drifts = DRIFTS.map(drift => sighting.drift + drift)
    const fits = sighting.starts.flatMap(start => this.fitter.fit(start, drifts, LEAST_MATCH) ?? [])
    const [first] = fits
    if (first === undefined) return
    const { start, period } = first.clock
    const same = this.underWay.find(other => Math.abs(other.fits[0]!.clock.start - start) < OPENING_SYMBOLS * period)
    if (same?.header !== undefined) return
    const all = distinct([...(same?.fits ?? []), ...fits]).slice(0, MOST_FITS)
    const due = Math.max(...all.map(fit => this.endOf(fit, HEADER_END)))
    const others = this.underWay.filter(other => other !== same)
    this.underWay = [...others.slice(-(MOST_UNDER_WAY - 1)), { fits: all, due }]
  }

  private endOf(fit: OpeningFit, symbols: number): number {
    return Math.ceil(fit.clock.start + (symbols + MARGIN_SYMBOLS) * fit.clock.period)
  }

  private continue(reception: Reception, events: { push(event: FrameEvent): void }): Pieces<void> {
    this.drop(reception)
    const { fits, header } = reception
    return header === undefined ? this.readHeader(reception) : this.readBody(fits[0]!, header, events)
  }

  private *readHeader({ fits, due }: Reception): Pieces<void> {
    for (const fit of fits) {
      const stretch = this.stretchOf(fit, Math.min(due, this.endOf(fit, HEADER_END)))
      const header = yield* this.decoder.decodeHeader(...stretch)
      if (header === undefined) continue
      const bodyDue = this.endOf(fit, frameSymbols(codedSymbols(header.bodyBytes)))
      this.underWay = [...this.underWay, { fits: [fit], header, due: bodyDue }]
      return
    }
  }

  /** Samples from a little before the frame up to `due`, and where in them the frame begins. */
  private stretchOf({ clock, offsetHz, match }: OpeningFit, due: number): [Float32Array, Beginning] {
    const from = Math.floor(clock.start - MARGIN_SYMBOLS * clock.period)
    const samples = this.ring.copy(from, due)
    silenceRepetitions(samples)
    return [samples, { clock: { start: clock.start - from, period: clock.period }, offsetHz, match }]
  }

  private *readBody(fit: OpeningFit, header: ReceivedHeader, events: { push(event: FrameEvent): void }): Pieces<void> {
    const key = header.bytes.join()
    const soft =
      this.kept?.key === key ? this.kept.soft : new Float64Array(codedSymbols(header.bodyBytes) - HEADER_CODED)
    const result = yield* this.decoder.decodeBody(...this.stretchOf(fit, this.ring.length), header, soft)
    const { quality, soft: heard } = result
    const atSample = this.ring.length
    if (result.outcome === 'garbled') {
      this.kept = { key, soft }
      events.push({ kind: 'garbled', header, quality, soft: heard, atSample })
      return
    }
    this.kept = undefined
    this.underWay = []
    const { type, sequence, keyId } = header
    events.push({
      kind: 'frame',
      frame: { type, sequence, keyId, payload: result.payload },
      quality,
      soft: heard,
      atSample,
    })
  }

  private drop(reception: Reception): void {
    this.underWay = this.underWay.filter(other => other !== reception)
  }
}

/** Best first, and of those that begin within a symbol of each other only the best. */
function distinct(fits: readonly OpeningFit[]): OpeningFit[] {
  const sorted = [...fits].sort((a, b) => b.match - a.match)
  return sorted.filter(
    (fit, i) => !sorted.slice(0, i).some(better => Math.abs(better.clock.start - fit.clock.start) < fit.clock.period),
  )
}
