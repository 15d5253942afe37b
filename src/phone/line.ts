/**
 * What a telephone must offer to carry a call: play clips, report keys, notice that the caller has left. Each adapter
 * (Asterisk, the console, the simulated caller of the tests) is one `Line`; `Conversation` makes a `Call` of it.
 */
import type { IntentId } from '../ids.ts'
import type { ModeName } from '../modem/line/modes.ts'
import type { Clip, Language } from '../speech/speech.ts'
import type { HeardFrame } from './frames/frame-listener.ts'

export type Key = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '*' | '#'

/** What goes over the line as a key does: a caller's telephone has no A to D, a terminal that keys data in has. */
export type Digit = Key | 'A' | 'B' | 'C' | 'D'

export interface KeyPress {
  readonly key: Key
  /** When the key went down, on the runtime's monotonic clock. A line that learns of a key at its end subtracts. */
  readonly beganAtMs: number
}

export interface DigitPress extends Omit<KeyPress, 'key'> {
  readonly key: Digit
}

/** One prompt: what is played, and the same in writing for lines that type (secrets masked unless `revealed`). */
export interface Prompt {
  readonly language: Language
  readonly clips: readonly Clip[]
  /** How much of the first clip is left out, in milliseconds. */
  readonly skipMs?: number
  readonly text: string
  /** As `text`, with secrets in clear. Only a console may show it, and only on the caller's own screen. */
  readonly revealed: () => string
}

export interface Playback {
  /** Resolves once it is being played. Where it is left out, that is at once. */
  readonly begun?: Promise<void>
  /** `finished` after the last clip's last sample; `stopped` when `stop` cut it short. Rejects with `CallGone`. */
  readonly ended: Promise<'finished' | 'stopped'>
  /** Silences the prompt. Resolves once nothing more of it can be heard; harmless after the end. */
  stop(): Promise<void>
}

/** One request that moves money or changes a PIN, on behalf of an account or a voucher: its `principal`. */
export interface Intent {
  readonly id: IntentId
  readonly name: string
  readonly principal: string
}

/** What is kept with the call, outside this process, so that a call survives the process that served it. No secrets. */
export interface Progress {
  readonly language?: Language
  /** The money request that was under way, if any: resolved by its id before anything else is said. */
  readonly intent?: Intent
}

/** The call's own sound, both ways, for as long as frames are exchanged: one way at a time. */
export interface FrameLink {
  /** Plays a signal to the caller. Resolves when its last sample has been sent; rejects with `CallGone`. */
  send(signal: Float32Array): Promise<void>
  /**
   * Tells of every frame that is heard in these modes from now on; of `failure` once, when nothing more can be heard. Whoever
   * listens next takes its place. Returns what ends it.
   */
  listen(modes: readonly ModeName[], onHeard: (heard: HeardFrame | { readonly failure: unknown }) => void): () => void
  /** Resolves when everything that came until now has been listened to. */
  heardAll(): Promise<void>
  /** How many samples are known to be missing between those that came, since it listens. */
  readonly missingSamples: number
  /** A signal of one of the modes is on the line, as far as what came until now has been listened to. */
  readonly isHearing: boolean
  /** Nothing of it is left when this resolves. Harmless when the caller has left. */
  close(): Promise<void>
}

/** The line bends sound in a way that a person does not hear and a modem does not survive: any codec but G.711. */
export type Unsuitable = 'unsuitable line'

/** Clerks' telephones, as they are reached from where the caller is. */
/** Registered, as far as is known. */
export interface OnDuty {
  readonly free: readonly string[]
  /** In a call, of ours or of their own. */
  readonly busy: readonly string[]
}

export interface Clerks {
  /** Those of `accounts` who may answer, now or later. */
  onDuty(accounts: readonly string[]): Promise<OnDuty>
  /**
   * Rings one, and resolves once it has answered; undefined when it does not within `forMs`, or `signal` ends it.
   * @throws TypeError for an account that is no clerk's: nothing else is ever dialled
   */
  ring(account: string, forMs: number, signal: AbortSignal): Promise<ClerkLeg | undefined>
}

/** A clerk's telephone that has answered. */
/** `apart`: the caller keys, and the clerk hears nothing of it. `together`: they hear each other again. */
export type ClerkSignal = 'apart' | 'together'

export interface ClerkLeg {
  /** Resolves when the clerk has hung up, or their telephone is gone. Never rejects. */
  readonly gone: Promise<void>
  /** Tells of the clerk's own keys from now on. */
  listen(onKey: (key: Digit) => void): void
  /** Says something to the clerk alone, while nobody is joined to them. Resolves when it is over, also as they leave; never rejects. */
  say(prompt: Prompt): Promise<void>
  /** A short signal to the clerk alone, while nobody is joined to them: that silence is to come, or is over. Resolves when it is over; never rejects. */
  signal(which: ClerkSignal): Promise<void>
  hangUp(): Promise<void>
}

/** A caller and a clerk who hear each other. No prompt is played to either meanwhile. */
export interface Joined {
  /** Each is alone with us again when this resolves. */
  part(): Promise<void>
}

export interface LineListener {
  onKey(press: DigitPress): void
  /** The caller left, or the line broke. Called once; nothing follows it. */
  onGone(): void
  onHold(): void
  onUnhold(): void
}

export interface Line {
  /** 128 random bits in hexadecimal, for as long as the call lives, also across a restart of this process. */
  readonly callId: string
  /** The number that was dialled, such as `9001`. */
  readonly dialled: string
  /** Caller id as the network tells it. Proof of nothing, unless it is attested. */
  readonly callerNumber: string | undefined
  /** The network knows by a secret of the telephone's own that the number is its. */
  readonly callerAttested?: boolean
  /** Set when a process that died had this call before us. */
  readonly resumed: Progress | undefined
  /** How late a key may be reported after it began: a timeout waits this much longer for one begun in time. */
  readonly keyReportLagMs: number
  /** The telephone may be set up so that its keys never arrive: a call without any is told which setting to change. */
  readonly mayLoseKeys?: boolean
  listen(listener: LineListener): void
  play(prompt: Prompt): Playback
  /** Where the line carries sound as samples. No prompt plays, and no digit is sent, meanwhile. Rejects with `CallGone`. */
  openFrameLink?(): Promise<FrameLink | Unsuitable>
  /** Keys digits to whoever is at the other end. Resolves when the last has been sent; rejects with `CallGone`. */
  sendDigits?(digits: string): Promise<void>
  /** Where a clerk's telephone can be reached from here. */
  readonly clerks?: Clerks
  /** Joins the caller to one of `clerks`. Rejects with `CallGone`, and joins nobody when the clerk has left. */
  join?(clerk: ClerkLeg): Promise<Joined>
  remember(progress: Progress): Promise<void>
  hangUp(): Promise<void>
}

/** The caller has left. Thrown by whatever was waiting on the line; caught in one place, where the call began. */
export class CallGone extends Error {
  constructor() {
    super('the caller has left')
    this.name = 'CallGone'
  }
}
