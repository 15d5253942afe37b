/** What a call script says and hears of data on the line: single frames, and the card at the caller's payment terminal. */
import type { DeclineReason, Inquiry } from '../card/messages/inquiry.ts'
import type { Frame } from '../modem/coded/frame.ts'
import type { FrameQuality } from '../modem/coded/frame-decoder.ts'
import type { ModeName } from '../modem/line/modes.ts'
import type { Unsuitable } from './line.ts'

/** `dtmf`: as push-button digits, for lines that carry nothing else. */
export type FrameMode = ModeName | 'dtmf'

export interface SendOptions {
  /** V.23 by default. */
  readonly mode?: FrameMode
}

export interface FrameSent {
  readonly outcome: 'sent' | Unsuitable
}

export interface ReceiveOptions {
  /** From now to the frame's last sample: a frame's own length (2.6 s for 150 bytes by V.23) is part of it. */
  readonly withinMs: number
  /** The modes that are listened for, V.23 and V.21 by default; or digits, as the telephone reports its keys. */
  readonly modes?: readonly ModeName[] | 'dtmf'
}

export type FrameReception =
  | { readonly outcome: 'frame'; readonly frame: Frame; readonly quality: ReceptionQuality }
  /** No frame was recognised before the time was up. */
  | { readonly outcome: 'nothing' }
  /** A frame came and could not be read. Its sequence, where it is known, is what a repetition will have, too. */
  | { readonly outcome: 'garbled'; readonly sequence: number | undefined }
  /** Anything but G.711 on the caller's way here, or no sound at all: digits may still pass. */
  | { readonly outcome: Unsuitable }

export interface CardQuestion {
  /** A request of `src/card`, as bytes for one frame of sound. */
  readonly request: Uint8Array
  /** The same as a challenge in digits. Where the payee is in no directory it has none, and goes by sound only. */
  readonly challenge?: Uint8Array
}

export type CardAsked =
  /** `answer`: still encrypted, as it was signed. */
  | { readonly outcome: 'answered'; readonly answer: CardMessage }
  /** The terminal asks first what became of an order that it had signed before. Tell it, and ask again. */
  | { readonly outcome: 'inquiry'; readonly inquiry: Inquiry }
  /** Nothing was signed. */
  | { readonly outcome: 'declined'; readonly why: DeclineReason }
  /** The caller pressed a key. */
  | { readonly outcome: 'by-voice' }
  /** Nobody acknowledged the request. */
  | { readonly outcome: 'no-terminal' }
  /** A terminal is there, and nothing was heard of it in time. */
  | { readonly outcome: 'no-answer' }
  /** Neither sound nor digits pass. */
  | { readonly outcome: Unsuitable }

export interface CardMessage {
  readonly way: 'sound' | 'digits'
  /** To which of the receiver's keys it is encrypted; 0 in digits. */
  readonly keyId: number
  /** Of the frame of sound, or of both frames of digits. */
  readonly payload: Uint8Array
}

export type ReceptionQuality =
  /** `missingSamples`: how many did not arrive (lost packets, pauses) since the wait began. The frame may have needed none of them. */
  | ({ readonly mode: ModeName; readonly missingSamples: number } & FrameQuality)
  | { readonly mode: 'dtmf'; readonly missingDigits: number }
