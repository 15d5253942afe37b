/** What a process that does works may do to who waits for it: answer, fail, or be gone. */
import { expect, test, vi } from 'vitest'
import { inProcesses, Processes } from '../../support/processes.ts'

const child = 'test/unit/support/processes-child.ts'

test('works are answered in their order', async () => {
  const works = [3, 1, 2].map(number => ({ what: 'double', number }))
  expect(await inProcesses(child, works)).toEqual([6, 2, 4])
})

test('processes are kept for the works that come later, until they are ended', async () => {
  const processes = new Processes(child)
  const works = Array.from({ length: 4 }, () => ({ what: 'say which' }))
  const first = await processes.answers<object, number>(works)
  const later = await processes.answers<object, number>(works)
  expect(new Set([...first, ...later]).size).toBe(2)
  processes.end()
  await vi.waitFor(() => {
    for (const pid of first) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  }, 10_000)
})

test('a work that fails fails with its reason', async () => {
  await expect(inProcesses(child, [{ what: 'fail' }])).rejects.toThrow('as it was told to')
})

test('a process that ends in a work is noticed, and one that ended after a work as well', async () => {
  await expect(inProcesses(child, [{ what: 'end' }])).rejects.toThrow('ended with 7')
  const works = Array.from({ length: 3 }, () => ({ what: 'answer and end' }))
  await expect(inProcesses(child, works)).rejects.toThrow('ended with 7')
})
