/** The process of `processes.test.ts`. */
import { answerEach } from '../../support/processes.ts'

answerEach(async ({ what, number = 0 }: { readonly what: string; readonly number?: number }) => {
  if (what === 'fail') throw new Error('as it was told to')
  if (what === 'end') process.exit(7)
  if (what === 'answer and end') setImmediate(() => process.exit(7))
  if (what === 'say which') return process.pid
  return number * 2
})
