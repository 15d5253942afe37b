/**
 * An Asterisk with an institution behind it, as frames are tried on, and terminals that call it by a telephone of their own.
 * Besides 9001 it has numbers of the test's: an echo, one that is always busy, one that rings for ever.
 */
import { demoLines } from '../../../demo/institutions.ts'
import { extensionsConf } from '../../../dialplan/extensions.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import type { SipAccount } from '../../../src/switch/switch.ts'
import type { Opened, TerminalLine } from '../../../src/terminal/line.ts'
import { SipPhone, type SipPhoneOptions } from '../../../src/terminal/sip/phone.ts'
import type { TestAsterisk } from '../harness/asterisk.ts'

export const numbers = { echo: '7700', busy: '7701', rings: '7702', readsDigits: '7703' } as const

/** The demonstration's numbers and those of the test. */
export const dialplan = [
  extensionsConf(demoLines),
  '[callers](+)',
  `exten = ${numbers.echo},1,Answer()`,
  ' same = n,Echo()',
  ` same = n,Hangup()`,
  `exten = ${numbers.busy},1,Hangup(USER_BUSY)`,
  `exten = ${numbers.rings},1,Progress()`,
  ' same = n,Wait(60)',
  '',
].join('\n')

/** A terminal that calls by plain SIP, with a right password unless told otherwise. */
export function plainPhone(
  asterisk: TestAsterisk,
  { user = 'desk1', password, ...options }: Partial<SipPhoneOptions> & { user?: string; password?: Secret } = {},
): SipPhone {
  const account: Pick<SipAccount, 'user' | 'password'> = password ? { user, password } : asterisk.account(user)
  const exchange = { ...asterisk.switch.sip, transport: 'udp' } as const
  return new SipPhone({ exchange, account, ...options }, systemRuntime)
}

export function lineOf(opened: Opened): TerminalLine {
  if (opened.outcome !== 'open') throw new Error(JSON.stringify(opened))
  return opened.line
}

/** Everything that a line hears from now on. */
export class Ear {
  readonly digits: string[] = []
  /** Samples that were known to be missing. */
  missing = 0
  #pieces: { readonly samples: Float32Array; readonly atMs: number }[] = []

  constructor(line: TerminalLine) {
    line.listen({
      onSound: (samples, gap) => {
        this.missing += gap
        this.#pieces.push({ samples, atMs: performance.now() })
      },
      onDigit: ({ key }) => this.digits.push(key),
    })
  }

  /** All samples so far, one behind the other. */
  get heard(): Float32Array {
    const all = new Float32Array(this.#pieces.reduce((sum, { samples }) => sum + samples.length, 0))
    let at = 0
    for (const { samples } of this.#pieces) {
      all.set(samples, at)
      at += samples.length
    }
    return all
  }

  /** When the piece that holds this sample came, on `performance.now()`. */
  atMs(sample: number): number {
    let passed = 0
    for (const { samples, atMs } of this.#pieces) {
      passed += samples.length
      if (passed > sample) return atMs
    }
    return Number.NaN
  }
}
