/// <reference lib="dom" />
/**
 * Stands in the way of a call's encoded sound (W3C, WebRTC Encoded Transform), where A-law bytes pass as they are on the line: before
 * this, a microphone's processing and a player's stretching of time ruin what a modem says. Bytes to be sent take the place of the
 * page's own sound; what is heard is told to the page, and heard on.
 */
import type { FromWorker, ToWorker, Way } from './call-frames.ts'

/** What TypeScript's library has of workers cannot stand beside what it has of pages. */
interface Scope {
  postMessage(message: FromWorker): void
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void
  addEventListener(type: 'rtctransform', listener: (event: { readonly transformer: Transformer }) => void): void
}

declare const self: Scope

interface Transformer {
  readonly readable: ReadableStream<RTCEncodedAudioFrame>
  readonly writable: WritableStream<RTCEncodedAudioFrame>
  readonly options: { readonly way: Way }
}

/** ITU-T G.711: of A-law. */
const silence = 0xd5
const waiting: { readonly id: number; readonly codes: Uint8Array; at: number }[] = []

self.addEventListener('message', ({ data }) => waiting.push({ ...data, at: 0 }))

self.addEventListener('rtctransform', ({ transformer: { readable, writable, options } }) => {
  const through = options.way === 'out' ? put : tell
  const transform = new TransformStream<RTCEncodedAudioFrame, RTCEncodedAudioFrame>({
    transform: (frame, controller) => {
      through(frame)
      controller.enqueue(frame)
    },
  })
  // It ends with the call.
  readable
    .pipeThrough(transform)
    .pipeTo(writable)
    .catch(() => {})
})

/** What waits leaves in place of the frame's own sound. */
function put(frame: RTCEncodedAudioFrame): void {
  if (waiting.length === 0) return
  const codes = new Uint8Array(frame.data.byteLength).fill(silence)
  for (let filled = 0; filled < codes.length; ) {
    const [first] = waiting
    if (first === undefined) break
    const piece = first.codes.subarray(first.at, first.at + codes.length - filled)
    codes.set(piece, filled)
    filled += piece.length
    first.at += piece.length
    if (first.at < first.codes.length) continue
    waiting.shift()
    self.postMessage({ kind: 'sent', id: first.id })
  }
  frame.data = codes.buffer
}

function tell(frame: RTCEncodedAudioFrame): void {
  const { synchronizationSource = 0 } = frame.getMetadata()
  const codes = new Uint8Array(frame.data.slice(0))
  self.postMessage({ kind: 'heard', timestamp: frame.timestamp, source: synchronizationSource, codes })
}
