/** Names of persons, as strangers are told them. */
import type { SpokenName } from '../../languages.ts'

/** A person's name as a stranger hears it: Alice Chen is A. Chen, 陈爱丽 is 陈某丽, 张伟 is 张某. */
export function inPart({ en, zh }: SpokenName): SpokenName {
  const words = en.trim().split(/\s+/)
  const [first = ''] = words
  const [initial = ''] = first
  const family = words.length > 1 ? ` ${words.at(-1)}` : ''
  const characters = [...zh.trim()]
  const [surname = ''] = characters
  const last = characters.length > 2 ? characters.at(-1) : ''
  return { en: `${initial}.${family}`, zh: `${surname}某${last}` }
}
