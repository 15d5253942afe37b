/** What the explorer prints must fail when anything is missing, and lead back to what it found. */
import { expect, test } from 'vitest'
import { type Path, printPath, readPath } from './path.ts'
import { report } from './report.ts'
import { Tally } from './tally.ts'

const nothing = new Tally().result()

const path: Path = {
  line: 'bank',
  scenario: 'last try',
  answers: [
    { step: 'language.choose', answer: 'key-1' },
    { step: 'sign-in.pin', answer: 'valid', variant: 'third wrong' },
  ],
  mishap: { kind: 'kill-after', at: 4 },
}

const shown = {
  path,
  story: [],
  next: undefined,
  requests: [],
  prompts: [],
  inFull: [],
  saidLast: [],
  said: new Set<string>(),
  outcomes: new Set<string>(),
}

test('a path is read back as it was printed', () => {
  expect(readPath(printPath(path))).toEqual(path)
})

test('a declared answer that nobody gave is not covered', () => {
  const tally = new Tally()
  tally.declareClass('bank.menu', 'key-3')
  const { text, isRight } = report({ bank: tally.result(), merchant: nothing, information: nothing, host: nothing })
  expect(isRight).toBe(false)
  expect(text).toContain('bank, answers: bank.menu=key-3')
})

test('a finding is printed with the command that shows it again', () => {
  const tally = new Tally()
  tally.note('mishaps', 'key', { ...shown, findings: ['the balance is not what was left'] })
  const { text } = report({ bank: tally.result(), merchant: nothing, information: nothing, host: nothing })
  expect(text).toContain('FOUND the balance is not what was left')
  expect(text).toContain(`npm run explore -- --path '${printPath(path)}'`)
})
