/**
 * An institution's log: steps, phrases and outcomes, one JSON object to a line. Never a key that a caller pressed, never a
 * value that was spoken: the transcript's texts stay out, and faults come with their digits masked.
 */
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import type { Transcript } from '../phone/transcript.ts'

/** Opens `log.ndjson` in an institution's folder; lines are written at once, so that a crash loses none. */
export function openLog(folder: string): Logger {
  const destination = pino.destination({ dest: join(folder, 'log.ndjson'), sync: true, mkdir: true, mode: 0o600 })
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

/** Writes what a call's transcript says, without what was said. */
export function logTranscript(log: Logger, call: string): Transcript {
  return event => {
    if (event.event !== 'said') return log.info({ call, ...event })
    const { text: _spoken, ...rest } = event
    log.info({ call, ...rest })
  }
}
