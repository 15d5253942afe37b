/**
 * Where a call begins and ends: runs a script over a line. The one place that swallows a caller's leaving, and the one
 * that turns a fault into an apology.
 */
import type { Runtime } from '../runtime.ts'
import type { Language, Speech } from '../speech/speech.ts'
import { say } from './asking.ts'
import { type Call, CallOver, WentBack } from './call.ts'
import { type CallLimits, usualLimits } from './call-limits.ts'
import { Conversation } from './conversation.ts'
import { CallGone, type Line } from './line.ts'
import { Session } from './session.ts'
import type { Transcript } from './transcript.ts'

export type CallScript = (call: Call) => Promise<void>

export interface ServeCallOptions {
  readonly speech: Speech
  readonly runtime: Runtime
  readonly transcript?: Transcript
  /** Spoken until the script says otherwise. A call that is taken up goes on in the language it had. */
  readonly language?: Language
  readonly limits?: Partial<CallLimits>
  /** What is said to a caller who presses `0` again in a help: they would rather talk to somebody. Without it that is not offered. */
  readonly assistance?: CallScript | undefined
  /** Hears of every fault, with any run of digits already taken out of its text. */
  readonly onFault?: (fault: CallFault) => void
}

export interface CallFault {
  readonly callId: string
  readonly error: string
  readonly stack: string
}

/**
 * Resolves when the call has ended and every request that it made has settled. Never rejects: a script's error is
 * apologised for to the caller and told to `onFault`.
 */
export async function serveCall(line: Line, script: CallScript, options: ServeCallOptions): Promise<void> {
  const { speech, runtime, transcript = () => {}, onFault = () => {} } = options
  const limits = { ...usualLimits, ...options.limits }
  const language = line.resumed?.language ?? options.language ?? 'en'
  const session = new Session({ line, speech, runtime, transcript, limits }, language)
  const conversation = new Conversation(session)
  const { assistance } = options
  if (assistance) session.assistBy(() => assistance(conversation))

  session.tell({ event: 'answered-call', dialled: line.dialled, resumed: line.resumed !== undefined })
  try {
    await script(conversation)
    await session.end('said-goodbye')
  } catch (reason) {
    await leave(session, reason, onFault)
  }
  await conversation.settled()
}

async function leave(session: Session, reason: unknown, onFault: (fault: CallFault) => void): Promise<void> {
  try {
    if (reason instanceof WentBack) await session.end('said-goodbye', say('goodbye'))
    if (reason instanceof CallGone || reason instanceof CallOver) throw reason
    onFault(describe(session.line.callId, reason))
    await session.end('fault', say('apology'))
  } catch (left) {
    if (left instanceof CallOver) return
    if (left instanceof CallGone) return session.tell({ event: 'ended', how: 'caller-left' })
    // The apology failed, too: the line itself is broken. Nothing is left but to let go of it.
    session.tell({ event: 'ended', how: 'fault' })
    await session.line.hangUp().catch(() => {})
  }
}

/** An error's text may quote what a caller keyed: every run of three or more digits is masked. */
function describe(callId: string, reason: unknown): CallFault {
  const error = reason instanceof Error ? reason : new Error(String(reason))
  const masked = (text: string) => text.replace(/\d{3,}/g, '•••')
  const frames = (error.stack ?? '').split('\n').filter(text => /^\s+at /.test(text))
  return { callId, error: masked(`${error.name}: ${error.message}`), stack: frames.join('\n') }
}
