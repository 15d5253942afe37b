/** The last stretch of a signal that goes on for ever, addressed by the time since its beginning. */
export class SampleRing {
  private readonly samples: Float32Array
  private readonly mask: number
  private pushed = 0

  /** Keeps at least the last `history` samples. */
  constructor(history: number) {
    let size = 64
    while (size < history) size *= 2
    this.samples = new Float32Array(size)
    this.mask = size - 1
  }

  /** Samples taken so far: the time of the next one. */
  get length(): number {
    return this.pushed
  }

  push(sample: number): void {
    this.samples[this.pushed & this.mask] = sample
    this.pushed++
  }

  /** A copy of the samples from `from` up to `to`; zeros where they are before the beginning, forgotten, or not there yet. */
  copy(from: number, to: number): Float32Array {
    const stretch = new Float32Array(to - from)
    const oldest = Math.max(0, this.pushed - this.samples.length)
    for (let n = Math.max(from, oldest); n < Math.min(to, this.pushed); n++)
      stretch[n - from] = this.samples[n & this.mask]!
    return stretch
  }
}
