/**
 * Errors that whoever runs the command can do something about: their message is all there is to say. Anything else is a
 * fault of ours and keeps its stack.
 */

import { writeSync } from 'node:fs'
import { Stop } from '../setup/progress.mjs'
import { CannotDo } from '../src/operations/cannot-do.ts'
import { explain } from '../src/operations/explain.ts'
import { OwnerLost } from '../src/operations/owner/ask.ts'
import { RecordingsFaulty } from '../src/speech/render/recordings.ts'
import { VoiceIncomplete } from '../src/speech/speech.ts'
import { FolderInUse } from '../src/store/lock.ts'
import { PortBusy } from '../src/switch/ports.ts'
import { SwitchFailed } from '../src/switch/switch-failed.ts'

const plain = [CannotDo, FolderInUse, OwnerLost, PortBusy, RecordingsFaulty, Stop, SwitchFailed, VoiceIncomplete]

/** Prints the sentence of such an error and sets the exit status; throws any other. */
export function sayPlainly(error: unknown): void {
  const isPlain = error instanceof Error && plain.some(kind => error instanceof kind)
  const sentence = isPlain ? error.message : explain(error)
  if (sentence === undefined) throw error
  process.stderr.write(`\n${sentence}\n`)
  process.exitCode = 1
}

/**
 * What is said can be written no more. Whoever read it may have had enough, such as `head`: that is a quiet end, and what runs for long is
 * ended in order. Any other reason is said where there is still somewhere to say it.
 */
export function endUnwritten(error: NodeJS.ErrnoException): void {
  if (isEnding) return
  isEnding = true
  if (error.code !== 'EPIPE') {
    try {
      writeSync(
        2,
        `\nwhat was to be said could not be written (${error.code}); what was asked for may have been done all the same\n`,
      )
    } catch {
      // Nobody hears anything.
    }
    process.exitCode = 1
  }
  if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM')
  else process.exit()
}

let isEnding = false
