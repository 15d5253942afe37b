/** What speaks the prompts of a console call, and how such a call goes on where nothing can: in writing. */
import { type Runtime, withDeadline } from '../../runtime.ts'
import type { Language } from '../../speech/speech.ts'

/** Says fixed text of the catalogue aloud. */
export interface Loudspeaker {
  /** Resolves when it has been said, or `silence` was called. */
  say(text: string, language: Language): Promise<void>
  silence(): void
}

/** A voice speaks some fifteen characters a second; one that needs several times as long hangs. */
const deadlineMs = (text: string) => 10_000 + text.length * 300

/**
 * A loudspeaker whose failures end no call. After the first one `failed` is told why, once, and nothing is spoken any more.
 * Being silenced is no failure, however the program that speaks takes it.
 */
export function forgiving(loudspeaker: Loudspeaker, runtime: Runtime, failed: (reason: string) => void): Loudspeaker {
  let hasFailed = false
  let silenced = 0
  return {
    say: async (text, language) => {
      if (hasFailed) return
      const silencedBefore = silenced
      try {
        await withDeadline(runtime, 'the desktop’s voice', deadlineMs(text), loudspeaker.say(text, language))
      } catch (error) {
        if (silenced !== silencedBefore || hasFailed) return
        hasFailed = true
        loudspeaker.silence()
        failed(error instanceof Error ? error.message : String(error))
      }
    },
    silence: () => {
      silenced++
      loudspeaker.silence()
    },
  }
}
