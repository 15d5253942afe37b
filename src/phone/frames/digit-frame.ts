/**
 * Frames as push-button digits. The digits carry bytes and nothing else, so that the header goes before the payload: type,
 * sequence and key id, a byte each.
 */

import type { Frame } from '../../modem/coded/frame.ts'
import { type DigitFrameResult, digitFrame } from '../../modem/dtmf/frame.ts'
import type { FrameReception } from '../call.ts'

const headerBytes = 3

/** The digits that carry a frame. Throws RangeError for a payload of more than 93 bytes. */
export function digitsOfFrame({ type, sequence, keyId, payload }: Frame): string {
  return digitFrame(Uint8Array.of(type, sequence, keyId, ...payload))
}

/** What the digits between two patterns say: garbled when they hold less than a header. */
export function frameOfDigits({
  payload: bytes,
  missing,
}: Extract<DigitFrameResult, { outcome: 'frame' }>): FrameReception {
  const [type, sequence, keyId] = bytes
  if (type === undefined || sequence === undefined || keyId === undefined)
    return { outcome: 'garbled', sequence: undefined }
  const frame = { type, sequence, keyId, payload: bytes.slice(headerBytes) }
  return { outcome: 'frame', frame, quality: { mode: 'dtmf', missingDigits: missing } }
}
