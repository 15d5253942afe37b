/** What one call writes into the log of its institution, each line with the id of the call's trace; and what its trace learns from it. */
import type { Logger } from 'pino'
import { type IntentId, parseIntentId } from '../../ids.ts'
import type { CallFault } from '../../phone/serve-call.ts'
import type { Transcript } from '../../phone/transcript.ts'
import type { Trace } from '../../trace.ts'
import { logTranscript } from '../log.ts'

export interface CallLog {
  readonly transcript: Transcript
  readonly onFault: (fault: CallFault) => void
}

/** The trace ends with the call. `asked`: by an earlier process, before this one took the call up. */
export function callLog(log: Logger, trace: Trace, call: string, asked?: IntentId): CallLog {
  if (asked !== undefined) trace.asks(asked)
  const write = logTranscript(log, call, trace.id)
  return {
    transcript: event => {
      write(event)
      if (event.event === 'asked') trace.met('asked', { step: event.step })
      if (event.event === 'intent') {
        const intent = parseIntentId(event.id)
        if (intent) trace.asks(intent)
        trace.met('intent', { name: event.name })
      }
      if (event.event === 'ended') trace.end(event.how)
    },
    onFault: fault => log.error({ ...fault, traceId: trace.id }),
  }
}
