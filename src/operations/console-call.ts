/**
 * A call from a console to a running institution, over its owner's socket: the line is here, with the call scripts, and
 * the keyboard, the screen and the loudspeaker are at the other end. What is typed there may hold a secret; the socket is
 * its owner's alone, and no message of it is ever logged.
 */
import { ConsoleLine, consoleLimits } from '../phone/console/console-line.ts'
import type { Keyboard } from '../phone/console/keyboard.ts'
import type { Loudspeaker } from '../phone/console/loudspeaker.ts'
import type { Key } from '../phone/line.ts'
import { type CallScript, serveCall } from '../phone/serve-call.ts'
import type { Runtime } from '../runtime.ts'
import type { Speech } from '../speech/speech.ts'
import { CannotDo } from './cannot-do.ts'
import type { Contract, FromConsole, ToConsole } from './owner/contract.ts'
import type { HandlerOf, OtherEnd } from './owner/operation.ts'
import type { CallLog } from './traces/call-log.ts'

export interface ConsoleCalls {
  /** By the name of the line. */
  readonly scripts: Readonly<Record<string, CallScript>>
  readonly speech: Speech
  readonly runtime: Runtime
  /** What a call says and what goes wrong in it, beside the caller's own screen. `line`: which it rings. */
  readonly logOf: (callId: string, line: string) => CallLog
}

export function consoleCalls(calls: ConsoleCalls): HandlerOf<Contract['phone']> {
  const { scripts, speech, runtime, logOf } = calls
  return async ({ line: name, dialled, isInteractive, columns, aloud }, asker) => {
    const script = scripts[name]
    if (script === undefined) throw new CannotDo(`this institution has no line ${name}`)
    const desk = new Desk(asker, isInteractive)
    const line = new ConsoleLine({
      ...{ runtime, dialled, columns, keyboard: desk, write: text => asker.tell({ write: text }) },
      ...(aloud && { loudspeaker: desk }),
    })
    const { transcript, onFault } = logOf(line.callId, name)
    await serveCall(line, script, {
      ...{ speech, runtime, limits: consoleLimits, onFault },
      transcript: event => {
        line.transcript(event)
        transcript(event)
      },
    })
    return { ended: true }
  }
}

/** The keyboard and the loudspeaker at the other end. */
class Desk implements Keyboard, Loudspeaker {
  readonly isInteractive: boolean
  readonly #tell: (message: ToConsole) => void
  #spoken: (() => void) | undefined
  onKey: (key: Key) => void = () => {}
  onHangUp: () => void = () => {}

  constructor(asker: OtherEnd<FromConsole, ToConsole>, isInteractive: boolean) {
    this.isInteractive = isInteractive
    this.#tell = message => asker.tell(message)
    // Not before the line has put itself behind the keyboard: what was sent already is heard at once.
    queueMicrotask(() => asker.listen({ heard: message => this.#hear(message), gone: () => this.#leave() }))
  }

  next(): void {
    this.#tell({ next: true })
  }

  close(): void {
    this.#tell({ close: true })
  }

  async say(text: string): Promise<void> {
    await new Promise<void>(resolve => {
      this.#spoken = resolve
      this.#tell({ speak: text })
    })
  }

  silence(): void {
    this.#tell({ silence: true })
    this.#isDone()
  }

  #hear(message: FromConsole): void {
    if ('key' in message) this.onKey(message.key)
    else if ('hangUp' in message) this.onHangUp()
    else this.#isDone()
  }

  #leave(): void {
    this.#isDone()
    this.onHangUp()
  }

  #isDone(): void {
    this.#spoken?.()
    this.#spoken = undefined
  }
}
