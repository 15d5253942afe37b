/** What hangs or fails at the end keeps nothing else from being closed. */
import { expect, test } from 'vitest'
import { closeAll } from '../../../src/operations/close-all.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('each is closed in its order, whatever became of the one before, and what became of it is told', async () => {
  const runtime = new VirtualRuntime()
  const [closed, told]: [string[], string[]] = [[], []]
  await runtime.run(() =>
    closeAll(runtime, error => told.push(String(error)), [
      { what: 'pages', close: () => new Promise(() => {}) },
      {
        what: 'a socket',
        close: () => {
          throw new RangeError('not open')
        },
      },
      { what: 'nothing', close: () => undefined },
      { what: 'the institutions', close: async () => closed.push(`at ${runtime.monotonicMs()} ms`) },
      { what: 'Asterisk', close: () => new Promise(() => {}), ms: 20_000 },
      { what: 'the lock', close: async () => closed.push(`at ${runtime.monotonicMs()} ms`) },
    ]),
  )
  expect(closed).toEqual(['at 5000 ms', 'at 25000 ms'])
  expect(told).toEqual([
    'DeadlineExceeded: pages close: no answer within 5000 ms',
    'RangeError: not open',
    'DeadlineExceeded: Asterisk close: no answer within 20000 ms',
  ])
})
