/** A voucher that was locked, or given another password, since this call opened it has to be opened again. */
import type { Call } from '../../src/phone/call.ts'

export async function sessionEnded(call: Call): Promise<'leave'> {
  await call.refuse('session.ended')
  return 'leave'
}
