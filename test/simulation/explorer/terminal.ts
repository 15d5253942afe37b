/** A payment terminal at the other end of a call that carries no sound: what it answers is set by the scenario. */
import type { CardNumber } from '../../../src/card/numbers.ts'
import type { Call, CardAsked } from '../../../src/phone/call.ts'
import { card } from '../../unit/card/cast.ts'

/** `asks first`: after a signature that has no result, and again, as if it never heard what became of it. */
export type Terminal = 'signs' | 'asks first'

const answers: Readonly<Record<Terminal, CardAsked>> = {
  signs: { outcome: 'answered', answer: { way: 'sound', keyId: 1, payload: new Uint8Array(195) } },
  'asks first': { outcome: 'inquiry', inquiry: { card: card as CardNumber, counter: 1, nonce: new Uint8Array(8) } },
}

/** The institution of a caller who has such a terminal: the one thing of a scenario that reaches its script. */
export function withTerminal<I extends object>(institution: I, terminal: Terminal): I {
  return new Proxy(institution, {
    get: (target, name) => (name === 'terminal' ? terminal : Reflect.get(target, name)),
  })
}

export function atTerminal(call: Call, institution: object): Call {
  const terminal = Reflect.get(institution, 'terminal') as Terminal | undefined
  if (terminal === undefined) return call
  return new Proxy(call, {
    get(target, name) {
      if (name === 'askCard') return async () => answers[terminal]
      if (name === 'tellCard') return async () => true
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
