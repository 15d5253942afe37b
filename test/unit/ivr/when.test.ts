import { expect, test } from 'vitest'
import { dateOf, timeOf } from '../../../ivr/dialogs/when.ts'

test('a moment is told in the time of the institution, not of the machine', () => {
  const at = Date.UTC(2026, 10, 22, 16, 5)
  const told = (timeZone: string) => `${dateOf(at, timeZone)} ${timeOf(at, timeZone)}`
  expect(told('Asia/Shanghai')).toBe('2026-11-23 00:05')
  expect(told('Europe/Berlin')).toBe('2026-11-22 17:05')
  expect(told('America/Los_Angeles')).toBe('2026-11-22 08:05')
})
