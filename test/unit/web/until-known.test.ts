/** A request that a page makes again, under the same id. */
import { expect, test } from 'vitest'
import { DeadlineExceeded } from '../../../src/runtime.ts'
import { NotKept, UnknownOutcome } from '../../../src/store/store.ts'
import { untilKnown } from '../../../src/web/until-known.ts'

const answering = (...failures: readonly unknown[]) => {
  const left = [...failures]
  return async () => {
    if (left.length > 0) throw left.shift()
    return { outcome: 'done' }
  }
}

test.each([
  ['was not kept', new NotKept('the lease has run out')],
  ['has an unknown outcome', new UnknownOutcome(new Error('cut'))],
  ['was not answered in time', new DeadlineExceeded('the books', 1_000)],
])('what %s is asked again', async (_what, failure) => {
  expect(await untilKnown(answering(failure, failure))).toEqual({ outcome: 'done' })
})

test('after three tries it is unknown', async () => {
  const failure = new NotKept('the lease has run out')
  expect(await untilKnown(answering(failure, failure, failure))).toEqual({ outcome: 'unknown' })
})

test('another error is not asked again', async () => {
  await expect(untilKnown(answering(new Error('a defect')))).rejects.toThrow('a defect')
})
