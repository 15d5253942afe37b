/** What this terminal has of a telephone: keys that it presses, and the key tones that it hears. */
import { fromDigits, type PushButtonFrame } from './push-button-frame.ts'

export interface Telephone {
  /** One after another. Resolves when the last one was let go. */
  press(digits: string): Promise<void>
  /** The next digit that the other end keys; undefined where none begins in time. */
  nextDigit(withinMs: number): Promise<string | undefined>
  /** The call has ended. */
  readonly isOver: boolean
  rest(ms: number): Promise<void>
  /** On any clock that does not jump. */
  nowMs(): number
}

/** With no digit for so long a frame is over. */
const silenceMs = 1_000

/** The next frame, waited for until `untilMs` and, where digits are being heard then, until they end. */
export async function hearFrame(telephone: Telephone, untilMs: number): Promise<PushButtonFrame | undefined> {
  while (!telephone.isOver && telephone.nowMs() < untilMs) {
    let digits = ''
    let next = await telephone.nextDigit(untilMs - telephone.nowMs())
    while (next !== undefined) {
      digits += next
      next = await telephone.nextDigit(silenceMs)
    }
    const frame = fromDigits(digits)
    if (frame) return frame
  }
  return undefined
}
