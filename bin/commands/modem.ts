/** `tonebank modem send|receive`: a message into a sound file and out of one, to try the modem by hand. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type FileMode, modemReceive, modemSend } from '../../src/modem/tools/sound-file.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'

export const fileModes: readonly FileMode[] = ['v23', 'bell202', 'v21', 'v21-answer', 'dtmf']

/** Standard input, or `message`, as sound. */
export function send(
  file: string,
  { mode, plain, message }: { mode: FileMode; plain: boolean; message?: string },
): void {
  const payload = message === undefined ? readFileSync(0) : Buffer.from(message, 'utf8')
  try {
    writeFileSync(file, modemSend(Uint8Array.from(payload), { mode, plain }))
  } catch (error) {
    if (error instanceof RangeError) throw new CannotDo(error.message)
    throw error
  }
}

/** Messages on standard output, how well they were heard on standard error. */
export function receive(file: string, { mode, plot }: { mode?: FileMode; plot?: string }): void {
  const result = modemReceive(readFileSync(file), mode === undefined ? fileModes : [mode])
  if (result.outcome === 'unusable') throw new CannotDo(`${file}: ${result.why}`)
  if (plot !== undefined) writeFileSync(plot, result.plot)
  for (const { mode: heard, payload, quality } of result.messages) {
    process.stderr.write(`${heard}: ${quality}\n`)
    process.stdout.write(`${Buffer.from(payload).toString('utf8')}\n`)
  }
  for (const line of result.garbled) process.stderr.write(`garbled, ${line}\n`)
  if (result.messages.length === 0) process.exitCode = 1
}
