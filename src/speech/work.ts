/**
 * Something longer that is read to callers, such as what an information line sells: rendered sentence by sentence from its
 * text, or a recording of it.
 */
import type { Language } from '../languages.ts'

/** In one language. `recording`: the name of a sound file that is played instead; a console shows the text. */
interface WorkIn {
  readonly text: string
  readonly recording?: string | undefined
}

export type SpokenWork = Readonly<Record<Language, WorkIn>>

/** The texts that each are a clip of it, in order. */
export function workTexts({ text, recording }: WorkIn): string[] {
  return recording === undefined ? sentencesOf(text) : [recordedText(recording)]
}

/** By which text a recording's clip is known. No sentence looks like that. */
const recordedText = (recording: string): string => `<${recording}>`

/** An English sentence ends before a space, a Chinese one needs none. */
function sentencesOf(text: string): string[] {
  const sentences = text.split(/(?<=[.!?…]["'”’)]*)\s+|(?<=[。！？…][”’」』）]*)/u)
  return sentences.map(sentence => sentence.trim()).filter(sentence => /[\p{L}\p{N}]/u.test(sentence))
}
