/** What goes wrong outside the program is said in a sentence; a fault of ours keeps its stack. */
import { expect, it } from 'vitest'
import { explain } from '../../../src/operations/explain.ts'
import { NotKept, UnknownOutcome } from '../../../src/store/store.ts'

const failed = (message: string, how: object) => Object.assign(new Error(message), how)

it.each([
  [
    failed('ENOSPC: no space left on device, write', { code: 'ENOSPC', syscall: 'write', path: '/data/a' }),
    '/data/a: the disk is full; make room and start again, nothing is lost',
  ],
  [
    failed('database or disk is full', { code: 'SQLITE_FULL' }),
    'the books: the disk is full; make room and start again, nothing is lost',
  ],
  [new UnknownOutcome(new Error('gone')), 'it is unknown whether this took effect; ask again by its id'],
  [new NotKept('the lease is over'), 'this was not done, as it could not be kept: the lease is over'],
  [new TypeError('x is undefined'), undefined],
  [failed('UNIQUE constraint failed', { code: 'SQLITE_CONSTRAINT' }), undefined],
])('%s', (error, sentence) => {
  expect(explain(error)).toBe(sentence)
})
