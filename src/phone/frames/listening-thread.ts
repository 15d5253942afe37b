/**
 * The thread in which all calls of a process are listened to for frames. Receiving takes a hundredth of a core for each
 * call, but reading a frame comes in one burst of up to some hundred milliseconds: nobody's prompt may wait for that.
 */
import { getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import type { ModeName } from '../../modem/line/modes.ts'
import { FrameListener, type HeardFrame } from './frame-listener.ts'

export type ToThread =
  | {
      readonly kind: 'samples'
      readonly number: number
      readonly callId: string
      readonly modes: readonly ModeName[]
      readonly gap: number
      readonly samples: Float32Array
    }
  | { readonly kind: 'forget'; readonly callId: string }

export interface FromThread {
  /** Of the samples that this answers. */
  readonly number: number
  readonly heard: readonly HeardFrame[]
  /** A signal is on the line. */
  readonly isHearing: boolean
}

// The thread that talks with callers has a raised share, and this one, which it began, would have it, too. Linux counts by thread.
if (process.platform === 'linux' && getPriority() < 0) setPriority(0, 0)

const calls = new Map<string, { readonly modes: string; readonly listener: FrameListener }>()

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'forget') {
    calls.delete(message.callId)
    return
  }
  const { number, callId, modes, gap, samples } = message
  const listener = listenerOf(callId, modes)
  const answer: FromThread = { number, heard: listener.push(samples, gap), isHearing: listener.isHearing }
  parentPort?.postMessage(answer)
})

/** The one that the call had before, if it listens in these modes: it remembers what it could not read. */
function listenerOf(callId: string, modes: readonly ModeName[]): FrameListener {
  const known = calls.get(callId)
  if (known?.modes === modes.join()) return known.listener
  const listener = new FrameListener(modes)
  calls.set(callId, { modes: modes.join(), listener })
  return listener
}
