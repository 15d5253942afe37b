/**
 * An institution's log: steps, phrases and outcomes, one JSON object to a line. Never a key that a caller pressed, never a
 * value that was spoken: the transcript's texts stay out, and faults come with their digits masked.
 */
import { type Logger, pino } from 'pino'
import type { Transcript } from '../phone/transcript.ts'
import type { TraceId } from '../trace.ts'
import { LogFile } from './log-file.ts'

const timestamp = pino.stdTimeFunctions.isoTime

/** `log.ndjson` in an institution's folder. */
export const logFileIn = (folder: string): LogFile => new LogFile({ folder, lostLine })

export function openLog(folder: string, file = logFileIn(folder)): Logger {
  return pino({ base: null, timestamp }, file)
}

function lostLine(lost: number): string {
  return `{"level":40${timestamp()},"lost":${lost},"msg":"the disk was full or broken: this many lines are lost"}\n`
}

/** Writes what a call's transcript says, without what was said. */
export function logTranscript(log: Logger, call: string, traceId?: TraceId): Transcript {
  const of = { call, ...(traceId !== undefined && { traceId }) }
  return event => {
    if (event.event !== 'said') return log.info({ ...of, ...event })
    const { text: _spoken, ...rest } = event
    log.info({ ...of, ...rest })
  }
}
