/**
 * Receives plain HDLC frames from a line, and says when a carrier comes and goes.
 *
 *     idle ──1 carrier──▶ gathering ──2 128 symbols──▶ following ──3 carrier gone for 70 ms──▶ idle
 *                              ▲                            │
 *                              └──4 a line that idled opens─┘
 *
 * Bits are read with and without NRZI, by the phase lattice and by a slicer that only compares the two tones: the fallback for senders whose
 * phase jumps. What both read is told once.
 */
import type { Carrier } from '../line/carrier.ts'
import { type LineMode, SAMPLE_RATE, symbolSamples } from '../line/modes.ts'
import type { SampleRing } from '../line/sample-ring.ts'
import { HdlcReader } from './hdlc.ts'
import { OpeningWatch } from './opening-watch.ts'
import { SecondLook } from './second-look.ts'
import { GATHERED_SYMBOLS, SymbolFollower, type SymbolSink } from './symbol-follower.ts'

/** How much signal before the carrier was noticed is read too. */
const LOOK_BACK_SAMPLES = 0.045 * SAMPLE_RATE
/** Symbols before an opening that are read with it. */
const LOOK_BACK_SYMBOLS = 4
/** The signal may be gone this long (lost packets) before the receiver gives up its clock. Longer than the follower's delay. */
const HOLD_SAMPLES = 0.07 * SAMPLE_RATE
/** In worse noise than this a right checksum is chance: frames need 7 dB. */
const LEAST_ESN0_DB = 3
/** Symbols before and after a frame that are looked at with it. */
const AROUND_SYMBOLS = 8

export interface PlainEvent {
  readonly kind: 'plain'
  readonly payload: Uint8Array
  /** Who read it: the phase lattice as it came, the lattice with the whole frame at hand, or the fallback. */
  readonly by: 'lattice' | 'second look' | 'slicer'
  readonly esN0Db: number
  /** Samples since the receiver's first one. */
  readonly atSample: number
}

export class PlainReceiver implements SymbolSink {
  private readonly ring: SampleRing
  private readonly carrier: Carrier
  private readonly follower: SymbolFollower
  private readonly secondLook: SecondLook
  private readonly gathered: number
  private readonly lookBack: number
  private readonly watch = new OpeningWatch()
  private looks = 0
  private readonly found: PlainEvent[] = []
  private latticeReaders: readonly HdlcReader[] = []
  private slicerReaders: readonly HdlcReader[] = []
  private state: 'idle' | 'gathering' | 'following' = 'idle'
  private begun = 0
  private lastPresent = 0
  private symbols = 0
  /** Symbol at which the lattice last read a frame. */
  private lastBetter = -1e9

  /** Takes samples from `ring` and trusts `carrier`; both must have taken a sample before `advance` is called for it. */
  constructor(mode: LineMode, ring: SampleRing, carrier: Carrier) {
    this.ring = ring
    this.carrier = carrier
    this.follower = new SymbolFollower(mode)
    this.secondLook = new SecondLook(mode)
    this.gathered = Math.ceil((GATHERED_SYMBOLS + 3) * symbolSamples(mode) * 1.012)
    this.lookBack = Math.ceil(LOOK_BACK_SYMBOLS * symbolSamples(mode))
  }

  advance(sample: number, events: { push(event: PlainEvent): void }): void {
    const now = this.ring.length
    if (this.carrier.present) this.lastPresent = now
    if (this.opens() && this.state !== 'idle') {
      this.begun = now - this.lookBack
      this.state = 'gathering'
    }
    switch (this.state) {
      case 'idle':
        if (!this.carrier.present) return
        this.begun = now - LOOK_BACK_SAMPLES
        this.state = 'gathering'
        return
      case 'gathering':
        if (now - this.begun < this.gathered) return
        this.begin()
        break
      case 'following':
        this.follower.push(sample)
    }
    this.follower.advance(this)
    while (this.found.length > 0) {
      const event = this.found.shift()
      if (event !== undefined) events.push(event)
    }
    if (now - this.lastPresent > HOLD_SAMPLES) this.state = 'idle'
  }

  /** One symbol, from the follower. */
  symbol(lattice: number, slicer: number): void {
    this.symbols++
    for (const reader of this.latticeReaders) {
      const { payload, suspectBits } = reader.push(lattice)
      if (payload !== undefined) this.report(payload, 'lattice')
      else if (suspectBits !== undefined) this.lookAgain(suspectBits, reader)
    }
    for (const reader of this.slicerReaders) {
      const { payload } = reader.push(slicer)
      if (payload !== undefined) this.report(payload, 'slicer')
    }
  }

  /** A carrier fixes nothing for good: what was learned of an idle line is no clock. */
  private opens(): boolean {
    if (this.looks === this.carrier.looks) return false
    this.looks = this.carrier.looks
    const before = this.watch.push(this.carrier.balance)
    return before !== undefined && !(before < 0 && this.readsZeros())
  }

  private readsZeros(): boolean {
    return this.state === 'following' && this.latticeReaders.some(reader => !reader.nrzi && reader.isOpen)
  }

  private begin(): void {
    this.follower.begin(this.ring.copy(this.begun, this.ring.length))
    this.latticeReaders = [new HdlcReader(false), new HdlcReader(true)]
    this.slicerReaders = [new HdlcReader(false), new HdlcReader(true)]
    this.state = 'following'
  }

  /** The last `bits` symbols are a frame, flags included, that came out wrong. */
  private lookAgain(bits: number, reader: HdlcReader): void {
    if (this.follower.esN0Db < LEAST_ESN0_DB) return
    const { start, period } = this.follower.clock
    const symbols = bits + 2 * AROUND_SYMBOLS
    const first = this.begun + start - (bits + AROUND_SYMBOLS) * period
    const from = Math.floor(first) - Math.ceil(period)
    const samples = this.ring.copy(from, Math.ceil(first + (symbols + 2) * period))
    const payload = this.secondLook.read(
      samples,
      { start: first - from, period },
      this.follower.offsetHz,
      symbols,
      reader.nrzi,
    )
    if (payload === undefined) return
    reader.settled()
    this.report(payload, 'second look')
  }

  private report(payload: Uint8Array, by: PlainEvent['by']): void {
    if (this.follower.esN0Db < LEAST_ESN0_DB) return
    if (by === 'slicer' && this.symbols - this.lastBetter < AROUND_SYMBOLS) return
    if (by !== 'slicer') this.lastBetter = this.symbols
    this.found.push({ kind: 'plain', payload, by, esN0Db: this.follower.esN0Db, atSample: this.ring.length })
  }
}
