/**
 * Errors that whoever runs the command can do something about: their message is all there is to say. Anything else is a
 * fault of ours and keeps its stack.
 */

import { CannotDo } from '../src/operations/cannot-do.ts'
import { OwnerLost } from '../src/operations/owner/ask.ts'
import { VoiceIncomplete } from '../src/speech/speech.ts'
import { FolderInUse } from '../src/store/lock.ts'
import { PortBusy } from '../src/switch/ports.ts'
import { SwitchFailed } from '../src/switch/switch-failed.ts'

const plain = [CannotDo, FolderInUse, OwnerLost, PortBusy, SwitchFailed, VoiceIncomplete]

/** Prints the message of such an error and sets the exit status; throws any other. */
export function sayPlainly(error: unknown): void {
  if (!(error instanceof Error) || !plain.some(kind => error instanceof kind)) throw error
  process.stderr.write(`\n${error.message}\n`)
  process.exitCode = 1
}
