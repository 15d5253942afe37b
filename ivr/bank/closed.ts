/** "This account is closed to your telephone for five minutes." What wrong PINs have done, and when it is over. */
import type { SignIn } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'

const minuteMs = 60_000
/** Longer than this is told in hours. */
const mostMinutes = 90

export async function tellClosed(
  call: Call,
  closed: Extract<SignIn, { outcome: 'closed' | 'closed-today' }>,
): Promise<void> {
  if (closed.outcome === 'closed-today') return call.say('sign-in.closed.today', {}, { inFull: true })
  const minutes = Math.ceil(closed.forMs / minuteMs)
  if (minutes === 1) return call.say('sign-in.closed.minute', {}, { inFull: true })
  if (minutes <= mostMinutes) return call.say('sign-in.closed.minutes', { minutes }, { inFull: true })
  return call.say('sign-in.closed.hours', { hours: Math.ceil(minutes / 60) }, { inFull: true })
}
