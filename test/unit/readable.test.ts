/** What people read of a proposal before they sign: every fact, in lines of its own, and nothing that passes for another line. */
import { expect, test } from 'vitest'
import { readable } from '../../bin/readable.ts'
import { signedUnder, unsignedProposal } from '../../src/keys/approval.ts'
import { CNY } from '../../src/money.ts'

test('a name and a value for each, amounts as amounts, lists entry by entry', () => {
  const facts = {
    epoch: 2n,
    lost: 3_000n,
    paidOut: -5,
    held: new Uint8Array([1, 255]),
    told: { capture: { count: 1n, minor: 40n } },
  }
  const does = [
    { file: 1n, minor: 1_250n, from: 'recovery-loss' },
    { file: 2n, minor: 1n, from: 'x' },
  ]
  expect(readable({ bank: 'harbour', facts: { ...facts, does } }, CNY)).toEqual([
    '  bank: harbour',
    '  facts:',
    '    epoch: 2',
    '    lost: 30.00 CNY',
    '    paid out: -0.05 CNY',
    '    held: 01ff',
    '    told:',
    '      capture:',
    '        count: 1',
    '        amount: 0.40 CNY',
    '    does: 2',
    '      - file 1, amount 12.50 CNY, from recovery-loss',
    '      - file 2, amount 0.01 CNY, from x',
  ])
})

test('a text that would write other lines, or orders to the terminal, stays one text in quotation marks', () => {
  const [line, ...more] = readable({ why: 'good\n  minor: 1.00 CNY\u001b[2J\u202e' }, CNY)
  expect(more).toEqual([])
  expect(line).toBe('  why: "good\\n  minor: 1.00 CNY\\u001b[2J\\u{202e}"')
  expect(readable({ 'a\nb': 1n }, CNY)).toEqual(['  "a\\nb": 1'])
})

test('is read from the bytes that the digest stands for, and from no others', () => {
  const what = { tenant: 'harbour', kind: 'pay-in', request: { minor: 5 } }
  const drawn = { at: 1, nonce: '0'.repeat(32) }
  const { content, digest } = unsignedProposal('key', what, drawn)
  expect(signedUnder(content, digest)).toMatchObject(what)
  const other = unsignedProposal('key', { ...what, request: { minor: 6 } }, drawn)
  expect(signedUnder(other.content, digest)).toBeUndefined()
})
