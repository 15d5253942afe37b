/** What either end says of a frame that it heard: delivered, or refused and why. */
import type { Frame } from '../../modem/coded/frame.ts'
import { framesIn } from './ladder.ts'
import type { Content, ExchangeMode, Step } from './step.ts'

/** Frame types of the replies. What is below belongs to the messages. */
const acknowledge = 30
const refuse = 31

/** `garbled` and `busy` ask for a repetition, the others end the exchange. By their numbers. */
const reasons = ['garbled', 'busy', 'unknown-key', 'unsuitable'] as const
export type RefusalReason = (typeof reasons)[number]

export type Reply = { readonly kind: 'delivered' } | { readonly kind: 'refused'; readonly reason: RefusalReason }

export function delivered(mode: ExchangeMode, sequence: number): Step {
  return reply(mode, sequence, { type: acknowledge, keyId: 0, payload: new Uint8Array(0) })
}

export function refused(mode: ExchangeMode, sequence: number, reason: RefusalReason): Step {
  return reply(mode, sequence, { type: refuse, keyId: 0, payload: Uint8Array.of(reasons.indexOf(reason)) })
}

function reply(mode: ExchangeMode, sequence: number, content: Content): Step {
  return { do: 'send', mode, frames: framesIn(mode, { sound: content, digits: [content] }, sequence) ?? [] }
}

/** Undefined if the frame is no reply to what was sent under this sequence, or says nothing that is known. */
export function replyIn({ type, sequence, payload }: Frame, to: number): Reply | undefined {
  if (sequence !== to) return undefined
  if (type === acknowledge && payload.length === 0) return { kind: 'delivered' }
  const reason = reasons[payload[0] ?? -1]
  return type === refuse && payload.length === 1 && reason !== undefined ? { kind: 'refused', reason } : undefined
}

export const isForGood = (reason: RefusalReason) => reason === 'unknown-key' || reason === 'unsuitable'
