/** An institution's share of the processor is raised where that is allowed, and nothing fails where it is not. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, getPriority, setPriority } from 'node:os'
import { afterEach, expect, it } from 'vitest'
import { raiseShare } from '../../../src/operations/priority.ts'

const child = spawn('sleep', ['60'], { detached: true })
afterEach(() => child.kill())

const mayRaise = () => {
  try {
    setPriority(child.pid ?? 0, constants.priority.PRIORITY_ABOVE_NORMAL)
    return true
  } catch {
    return false
  }
}

it('is raised if this account may, and is told', () => {
  const expected = mayRaise() ? { share: 'raised', niceness: -10 } : { share: 'ordinary', niceness: 0 }
  const share = raiseShare(child.pid)
  expect({ share, niceness: getPriority(child.pid) }).toEqual(expected)
})

it('of a process that has ended is nothing to fail of', async () => {
  const gone = spawn('true')
  await once(gone, 'exit')
  expect(raiseShare(gone.pid)).toBe('ordinary')
})
