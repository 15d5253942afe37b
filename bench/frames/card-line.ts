/**
 * A line that does nothing but ask the card at the caller's terminal, over and over: what a large payment sends and receives, without
 * the talk around it. The bank of the call benchmarks has it beside its own.
 */
import type { Call } from '../../src/phone/call.ts'

/** Of a request to pay a payee whom the directory lists. */
const requestBytes = 110
const request = new Uint8Array(requestBytes).map((_, index) => index)

/** Until the caller hangs up. */
export async function cardLine(call: Call): Promise<void> {
  for (;;) {
    const asked = await call.askCard({ request })
    if (asked.outcome === 'unsuitable line' || asked.outcome === 'by-voice') return
    if (asked.outcome === 'answered') await call.tellCard({ outcome: 'paid', reference: '1234567890' })
  }
}
