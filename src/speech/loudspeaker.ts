/**
 * Speaks on the desktop's own loudspeaker, for the terminal phone (`--aloud`). The only file that knows the `say`
 * package, and it mends three of its faults: on Linux the text becomes program text for festival; a program that cannot
 * be started ends the process; and its `stop` kills whichever process has its child's number plus two.
 */
import type { ChildProcess } from 'node:child_process'
import say from 'say'

/** The parts of `say` that are used; its own types lack the callback's null and the child. */
interface DesktopVoice {
  speak(text: string, voice: undefined, speed: undefined, done: (fault: unknown) => void): void
  child: ChildProcess | null
}

const desktop = say as unknown as DesktopVoice

/**
 * Speaks a text of the catalogue and resolves when it was spoken. Give it masked text only, never a secret: the text
 * reaches another program. Rejects when the desktop has no voice.
 */
export function speakAloud(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    desktop.speak(harmless(text), undefined, undefined, fault => {
      if (fault) reject(new Error('the desktop cannot speak', { cause: fault }))
      else resolve()
    })
    // `say` listens for its child's exit only: festival that is not installed would be an uncaught error.
    const fail = (cause: Error) => reject(new Error('the desktop has no voice', { cause }))
    desktop.child?.once('error', fail)
    desktop.child?.stdin?.once('error', fail)
  })
}

/** Falls silent at once. Harmless when nothing is being spoken. */
export function fallSilent(): void {
  desktop.child?.kill()
}

/**
 * Keeps letters, figures and plain punctuation. On Linux `say` puts the text between quotation marks into a line of
 * festival's Lisp, so that a quotation mark, a parenthesis or a backslash would be a program.
 */
export function harmless(text: string): string {
  return text.replace(/[^\p{Letter}\p{Number}\s.,:;!?，。：；！？、-]/gu, ' ')
}
