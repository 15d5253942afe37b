/** The console's side of a call to a running institution: this keyboard, this screen, this loudspeaker. */
import { openKeyboard } from '../phone/console/keyboard.ts'
import type { Loudspeaker } from '../phone/console/loudspeaker.ts'
import type { Runtime } from '../runtime.ts'
import { askOwner } from './owner/ask.ts'
import { contract, type FromConsole, type ToConsole } from './owner/contract.ts'

export interface Dialling {
  /** The folder of the institution that is called. */
  readonly folder: string
  readonly line: string
  readonly dialled: string
  readonly input: Parameters<typeof openKeyboard>[0]
  readonly columns: number | undefined
  readonly write: (text: string) => void
  readonly loudspeaker: Loudspeaker | undefined
}

/** Resolves when the call has ended. @throws NoOwner when the institution does not run */
export async function phoneOwner(dialling: Dialling, runtime: Runtime): Promise<void> {
  const { folder, line, dialled, input, columns, write, loudspeaker } = dialling
  const request = { line, dialled, columns, isInteractive: input.isTTY === true, aloud: loudspeaker !== undefined }
  let close = () => {}
  const began = (send: (message: FromConsole) => void) => {
    const keyboard = openKeyboard(input)
    keyboard.onKey = key => send({ key })
    keyboard.onHangUp = () => send({ hangUp: true })
    close = () => keyboard.close()
    hear = message => {
      if ('write' in message) write(message.write)
      else if ('next' in message) keyboard.next()
      else if ('close' in message) keyboard.close()
      else if ('silence' in message) loudspeaker?.silence()
      else loudspeaker?.say(message.speak, 'en').then(() => send({ spoken: true }))
    }
  }
  let hear = (_message: ToConsole) => {}
  const talk = {
    heard: (message: unknown) => hear(message as ToConsole),
    began: began as (send: (message: unknown) => void) => void,
  }
  try {
    await askOwner(folder, runtime, { kind: 'phone', operation: contract.phone, request, talk })
  } finally {
    close()
  }
}
