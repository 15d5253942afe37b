/**
 * Listens to one call for frames, in all modes that the other side may have chosen. A pure machine, like the receivers
 * that it is made of: it runs in a thread of its own (`listening-thread.ts`).
 */
import type { Frame } from '../../modem/coded/frame.ts'
import type { FrameQuality } from '../../modem/coded/frame-decoder.ts'
import { LINE_MODES, type ModeName } from '../../modem/line/modes.ts'
import { type Pieces, whole } from '../../modem/pieces.ts'
import { type ModemEvent, Receiver } from '../../modem/receiver.ts'

export type HeardFrame =
  | { readonly outcome: 'frame'; readonly mode: ModeName; readonly frame: Frame; readonly quality: FrameQuality }
  /** It had a beginning and a header, and could not be read. */
  | {
      readonly outcome: 'garbled'
      readonly mode: ModeName
      readonly sequence: number
      readonly quality: FrameQuality
    }

/** Modes of one speed hear each other. What one could not read counts only when no other has read it by then: 100 ms. */
const secondOpinionSamples = 800

export class FrameListener {
  readonly #receivers: readonly { readonly mode: ModeName; readonly receiver: Receiver }[]
  readonly #carriers = new Set<ModeName>()
  #samples = 0
  #doubtful: { readonly heard: HeardFrame; readonly untilSample: number } | undefined

  constructor(modes: readonly ModeName[]) {
    // Plain frames are other people's: nobody here waits for one.
    this.#receivers = modes.map(mode => ({ mode, receiver: new Receiver(LINE_MODES[mode], { withPlain: false }) }))
  }

  /** A signal of one of the modes is on the line. */
  get isHearing(): boolean {
    return this.#carriers.size > 0
  }

  /** As `Receiver.push`. What was said of a frame's bits is kept, and helps when the frame is sent again. */
  push(samples: Float32Array, gap: number): HeardFrame[] {
    return whole(this.pushing(samples, gap))
  }

  /** As `Receiver.pushing`. */
  *pushing(samples: Float32Array, gap: number): Pieces<HeardFrame[]> {
    this.#samples += gap + samples.length
    const frames = new Map<string, HeardFrame>()
    for (const { mode, receiver } of this.#receivers)
      for (const event of yield* receiver.pushing(samples, gap)) this.#take(mode, event, frames)
    if (frames.size > 0) {
      this.#doubtful = undefined
      return [...frames.values()]
    }
    if (this.#doubtful === undefined || this.#samples < this.#doubtful.untilSample) return []
    const { heard } = this.#doubtful
    this.#doubtful = undefined
    return [heard]
  }

  #take(mode: ModeName, event: ModemEvent, frames: Map<string, HeardFrame>): void {
    if (event.kind === 'carrier') {
      if (event.present) this.#carriers.add(mode)
      else this.#carriers.delete(mode)
    } else if (event.kind === 'frame') {
      const { frame, quality } = event
      frames.set(identity(frame), { outcome: 'frame', mode, frame, quality })
    } else if (event.kind === 'garbled') {
      const heard = { outcome: 'garbled', mode, sequence: event.header.sequence, quality: event.quality } as const
      this.#doubtful ??= { heard, untilSample: event.atSample + secondOpinionSamples }
    }
  }
}

/** The same frame in two modes is one frame. */
function identity({ type, sequence, keyId, payload }: Frame): string {
  return [type, sequence, keyId, ...payload].join()
}
