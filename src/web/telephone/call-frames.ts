/// <reference lib="dom" />
/**
 * A call's sound as it is on the line: a worker stands in both of its ways from the beginning, as Chromium lets none in later
 * (measured: one that is set after the description sees no frame), and lets everything pass until somebody wants it.
 */

/** Which of a call's two ways a transform stands in. */
export type Way = 'out' | 'in'

/** To be sent behind what was given before: A-law. */
export interface ToWorker {
  readonly id: number
  readonly codes: Uint8Array
}

export type FromWorker =
  /** The last of it is in a packet. */
  | { readonly kind: 'sent'; readonly id: number }
  /** A packet that came; `timestamp` in samples. */
  | { readonly kind: 'heard'; readonly timestamp: number; readonly source: number; readonly codes: Uint8Array }

export class CallFrames {
  readonly #worker: Worker
  #given = 0
  #listener: ((message: FromWorker) => void) | undefined

  /** @param worker the address of `frames-worker.ts` */
  constructor(worker: string) {
    this.#worker = new Worker(worker, { type: 'module' })
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#listener?.(data))
  }

  /** Of a call that has its track, and is not described to the other end yet. */
  standIn(connection: RTCPeerConnection | undefined): void {
    for (const { sender, receiver } of connection?.getTransceivers() ?? []) {
      sender.transform = new RTCRtpScriptTransform(this.#worker, { way: 'out' satisfies Way })
      receiver.transform = new RTCRtpScriptTransform(this.#worker, { way: 'in' satisfies Way })
    }
  }

  /** One listener; another takes its place. */
  listen(listener: ((message: FromWorker) => void) | undefined): void {
    this.#listener = listener
  }

  /** @returns by which it is told that it is sent */
  put(codes: Uint8Array): number {
    this.#given++
    this.#worker.postMessage({ id: this.#given, codes } satisfies ToWorker)
    return this.#given
  }

  /** With its call. */
  end(): void {
    this.#listener = undefined
    this.#worker.terminate()
  }
}
