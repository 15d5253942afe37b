/** The caller's guide quotes what the lines say, word for word: each sentence in it is one of the catalogue's, with values in it. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const sentences = Object.values(parse(readFileSync('prompts/en.yaml', 'utf8')) as Record<string, string>).flatMap(
  inSentences,
)
// A sentence of values alone is like any.
const patterns = sentences
  .filter(sentence => /\w{3}/.test(sentence.replace(/\{[^}]+\}/g, '')))
  .map(sentence => {
    const words = sentence.split(/\{[^}]+\}/).map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${words.join('.+')}$`)
  })
const quoted = [...readFileSync('docs/calling.md', 'utf8').matchAll(/“([^”]+)”/g)]
  .map(([, text = '']) => text)
  .filter(text => text !== 'quotation marks')

test.each(quoted.flatMap(inSentences))('it says: %s', sentence => {
  expect(patterns.some(pattern => pattern.test(sentence))).toBe(true)
})

test('it quotes enough to be a guide', () => {
  expect(quoted.length).toBeGreaterThan(15)
})

function inSentences(text: string): string[] {
  return text.split(/(?<=[.?!]) /)
}
