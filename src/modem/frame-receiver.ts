/**
 * Receives frames from a line, sample by sample: watches for openings, and reads header and body as soon as their last sample is there.
 *
 *     watching --opening seen--> header awaited --header right--> body awaited --> event
 *                                      |                                |
 *                                 header wrong                  right or garbled
 *
 * Several openings can be under way at once, since noise and data now and then look like one. What a garbled body said of its bits is kept
 * and added to the next transmission with the same header (Chase combining, 1985).
 */

import type { Frame, ReceivedHeader } from './frame.ts'
import { codedSymbols } from './frame.ts'
import { type FrameDecoder, type FrameQuality, LONGEST_FRAME_SYMBOLS, type SoftValues } from './frame-decoder.ts'
import { frameSymbols, HEADER_CODED, HEADER_END, OPENING_SYMBOLS } from './frame-layout.ts'
import { type LineMode, symbolSamples } from './modes.ts'
import { fitOpening, type OpeningFit } from './opening-fit.ts'
import { OpeningSearch, type Sighting } from './opening-search.ts'
import type { SampleRing } from './sample-ring.ts'
import type { ToneCorrelator } from './tone-correlator.ts'

const LEAST_MATCH = 0.16
const MOST_UNDER_WAY = 4
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
  readonly fit: OpeningFit
  header?: ReceivedHeader
  /** Time at which there is something to do. */
  due: number
}

export class FrameReceiver {
  private readonly mode: LineMode
  private readonly decoder: FrameDecoder
  private readonly ring: SampleRing
  private readonly correlator: ToneCorrelator
  private readonly search: OpeningSearch
  private underWay: Reception[] = []
  private kept: { readonly key: string; readonly soft: Float64Array } | undefined

  /** `ring` and `correlator` (tuned to the mode) must keep `ringSamples` and `correlatorSamples` and be pushed each sample before `advance`. */
  constructor(mode: LineMode, decoder: FrameDecoder, ring: SampleRing, correlator: ToneCorrelator) {
    this.mode = mode
    this.decoder = decoder
    this.ring = ring
    this.correlator = correlator
    this.search = new OpeningSearch(mode, this.correlator)
  }

  /** Longest frame with the slowest clock. */
  static ringSamples(mode: LineMode): number {
    return Math.ceil((LONGEST_FRAME_SYMBOLS + 2 * MARGIN_SYMBOLS + 16) * symbolSamples(mode) * 1.02)
  }

  /** The opening with the slowest clock, and the packets that may be missing from it. */
  static correlatorSamples(mode: LineMode): number {
    return Math.ceil(140 * symbolSamples(mode)) + 640
  }

  advance(events: { push(event: FrameEvent): void }): void {
    const sighting = this.search.advance()
    if (sighting !== undefined) this.consider(sighting)
    const due = this.underWay.find(reception => reception.due <= this.ring.length)
    if (due !== undefined) this.continue(due, events)
  }

  private consider(sighting: Sighting): void {
    let best: OpeningFit | undefined
    for (const start of sighting.starts) {
      const drifts = DRIFTS.map(drift => sighting.drift + drift)
      const fit = fitOpening(this.correlator, this.mode, start, drifts)
      if (best === undefined || fit.match > best.match) best = fit
    }
    if (best === undefined || best.match < LEAST_MATCH) return
    const { start, period } = best.clock
    const same = this.underWay.find(other => Math.abs(other.fit.clock.start - start) < OPENING_SYMBOLS * period)
    if (same !== undefined) {
      if (same.header !== undefined || same.fit.match >= best.match) return
      this.drop(same)
    }
    if (this.underWay.length === MOST_UNDER_WAY) this.underWay.shift()
    this.underWay = [...this.underWay, { fit: best, due: this.endOf(best, HEADER_END) }]
  }

  private endOf(fit: OpeningFit, symbols: number): number {
    return Math.ceil(fit.clock.start + (symbols + MARGIN_SYMBOLS) * fit.clock.period)
  }

  private continue(reception: Reception, events: { push(event: FrameEvent): void }): void {
    const from = Math.floor(reception.fit.clock.start - MARGIN_SYMBOLS * reception.fit.clock.period)
    const samples = this.ring.copy(from, reception.due)
    const { clock, offsetHz } = reception.fit
    const beginning = { clock: { start: clock.start - from, period: clock.period }, offsetHz }
    if (reception.header === undefined) {
      const header = this.decoder.decodeHeader(samples, beginning)
      if (header === undefined) {
        this.drop(reception)
        return
      }
      reception.header = header
      reception.due = this.endOf(reception.fit, frameSymbols(codedSymbols(header.bodyBytes)))
      return
    }
    this.drop(reception)
    const { header } = reception
    const key = header.bytes.join()
    const soft =
      this.kept?.key === key ? this.kept.soft : new Float64Array(codedSymbols(header.bodyBytes) - HEADER_CODED)
    const result = this.decoder.decodeBody(samples, beginning, header, soft)
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
