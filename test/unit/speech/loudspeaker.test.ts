import { expect, it } from 'vitest'
import { harmless } from '../../../src/speech/loudspeaker.ts'

it('sends nothing to another program that could be one', () => {
  expect(harmless('For help, press 0. 您好，请按1。')).toBe('For help, press 0. 您好，请按1。')
  expect(harmless(`") (system "rm -rf ~") $(x) \`y\` \\ '`)).not.toMatch(/["'()$`\\~]/)
})
