/**
 * Receives one mode from a line, as a pure machine: samples in, events out, no clock.
 *
 * The result depends on the samples alone, not on how they are cut into chunks, and memory is bounded however long the call lasts.
 */

import { FrameDecoder } from './coded/frame-decoder.ts'
import { type FrameEvent, FrameReceiver } from './coded/frame-receiver.ts'
import { Carrier } from './line/carrier.ts'
import type { LineMode } from './line/modes.ts'
import { SampleRing } from './line/sample-ring.ts'
import { sound } from './line/sound.ts'
import { ToneCorrelator } from './line/tone-correlator.ts'
import { type Pieces, whole } from './pieces.ts'
import { type PlainEvent, PlainReceiver } from './plain/plain-receiver.ts'

export interface CarrierEvent {
  readonly kind: 'carrier'
  readonly present: boolean
  readonly atSample: number
}

/** `atSample` counts samples since the receiver's first one, known gaps included: the moment at which the event was certain. */
export type ModemEvent = FrameEvent | PlainEvent | CarrierEvent

/** Silence that lets a receiver finish what it has heard, in samples: see `finish`. */
const DRAIN_SAMPLES = 800

export class Receiver {
  private readonly ring: SampleRing
  private readonly correlator: ToneCorrelator
  private readonly carrier: Carrier
  private readonly frames: FrameReceiver
  private readonly plain: PlainReceiver | undefined

  /**
   * `withPlain`: plain HDLC frames, which others send, are read, too. Who waits for coded frames alone saves the follower of symbols, a fifth of the time that a
   * frame takes, and 4 MB (7.5 at 300 baud); of everything else the same is told.
   */
  constructor(mode: LineMode, { withPlain = true }: { readonly withPlain?: boolean } = {}) {
    this.ring = new SampleRing(FrameReceiver.ringSamples(mode))
    this.correlator = new ToneCorrelator(FrameReceiver.correlatorSamples(mode))
    this.correlator.tune(mode.markHz, mode.spaceHz)
    this.carrier = new Carrier(mode, this.correlator)
    this.frames = new FrameReceiver(mode, new FrameDecoder(mode), this.ring, this.correlator)
    this.plain = withPlain ? new PlainReceiver(mode, this.ring, this.carrier) : undefined
  }

  /** Takes samples (−1…1, 8 kHz) after `gap` samples that are known to be missing. */
  push(samples: Float32Array, gap = 0): ModemEvent[] {
    return whole(this.pushing(samples, gap))
  }

  /**
   * As `push`, for who has other things to do meanwhile: reading a frame takes tens of milliseconds, a piece of it a few. Nothing else is pushed
   * before the last piece is done.
   */
  *pushing(samples: Float32Array, gap = 0): Pieces<ModemEvent[]> {
    const events: ModemEvent[] = []
    // A symbol of nothing is evidence of nothing, so missing samples are zeros that keep the time.
    for (let n = -gap; n < samples.length; n++) {
      const reading = this.take(n < 0 ? 0 : sound(samples[n]!), events)
      if (reading !== undefined) yield* reading
    }
    return events
  }

  /** The signal has ended: events of what was heard but waits for more. */
  finish(): ModemEvent[] {
    return this.push(new Float32Array(0), DRAIN_SAMPLES)
  }

  private take(sample: number, events: ModemEvent[]): Pieces<void> | undefined {
    this.ring.push(sample)
    this.correlator.push(sample)
    if (this.carrier.push(sample))
      events.push({ kind: 'carrier', present: this.carrier.present, atSample: this.ring.length })
    const reading = this.frames.advance(events)
    this.plain?.advance(sample, events)
    return reading
  }
}
