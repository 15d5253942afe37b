/** Where a call comes from, as a bank or a merchant is told. */
import type { Origin } from '../../src/origin.ts'
import type { Call } from '../../src/phone/call.ts'

export const originOf = ({ callerNumber, callerAttested }: Call): Origin => ({
  channel: 'telephone',
  number: callerNumber,
  ...(callerAttested && { attested: true as const }),
})
