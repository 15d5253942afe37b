/**
 * What tests of the terminal's own telephone share: the stage of frames, where the institution does what the test says, with
 * numbers of the test's besides (an echo, one that is always busy, one that rings for ever), and what a line hears.
 */
import { demoLines } from '../../../demo/institutions.ts'
import { extensionsConf } from '../../../dialplan/extensions.ts'
import { LINE_MODES, type ModeName } from '../../../src/modem/line/modes.ts'
import { type ModemEvent, Receiver } from '../../../src/modem/receiver.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import type { Opened, TerminalLine } from '../../../src/terminal/line.ts'
import { SipPhone, type SipPhoneOptions } from '../../../src/terminal/sip/phone.ts'
import type { TestAsterisk } from '../harness/asterisk.ts'
import { until } from '../harness/until.ts'

export const numbers = { echo: '7700', busy: '7701', rings: '7702' } as const

/** The demonstration's numbers and those of the test. */
export const dialplan = [
  extensionsConf(demoLines),
  '[callers](+)',
  `exten = ${numbers.echo},1,Answer()`,
  ' same = n,Echo()',
  ' same = n,Hangup()',
  `exten = ${numbers.busy},1,Hangup(USER_BUSY)`,
  `exten = ${numbers.rings},1,Progress()`,
  ' same = n,Wait(60)',
  '',
].join('\n')

/** A terminal that calls by plain SIP as desk1, unless told otherwise. */
export function plainPhone(asterisk: TestAsterisk, options: Partial<SipPhoneOptions> = {}): SipPhone {
  const exchange = { ...asterisk.switch.sip, transport: 'udp' } as const
  return new SipPhone({ exchange, account: asterisk.account('desk1'), ...options }, systemRuntime)
}

/** The phone of the network, by TLS, which knows the exchange by its certificate. */
export function securePhone(asterisk: TestAsterisk, options: Partial<SipPhoneOptions> = {}): SipPhone {
  const { tls } = asterisk.switch
  if (!tls) throw new Error('no TLS listener')
  const { host, port, fingerprint } = tls
  const exchange = { host, port, transport: { tls: { fingerprint } } }
  return new SipPhone({ exchange, account: asterisk.account('room1'), ...options }, systemRuntime)
}

const lines: TerminalLine[] = []

export function lineOf(opened: Opened): TerminalLine {
  if (opened.outcome !== 'open') throw new Error(JSON.stringify(opened))
  lines.push(opened.line)
  return opened.line
}

/** Whatever a test that failed has left open. */
export async function hangUpAll(): Promise<void> {
  for (const line of lines.splice(0)) await line.hangUp()
}

const mostTries = 4

/** Sends a signal until it is answered, four times at most, as a terminal does: a busy machine tears sound. */
export async function sendUntil(
  isAnswered: () => boolean,
  send: () => Promise<unknown>,
  withinMs = 4_000,
): Promise<number> {
  for (let tries = 1; ; tries++) {
    await send()
    try {
      await until('it is answered', isAnswered, withinMs)
      return tries
    } catch (error) {
      if (tries === mostTries) throw error
    }
  }
}

/** Everything that a line hears from now on. Sound that is missing is as many zeros. */
export class Ear {
  digits = ''
  /** Samples that were known to be missing. */
  missing = 0
  readonly events: ModemEvent[] = []
  #receiver: Receiver | undefined
  #length = 0
  readonly #pieces: { readonly from: number; readonly samples: Float32Array; readonly atMs: number }[] = []

  constructor(line: TerminalLine, mode?: ModeName) {
    this.#receiver = mode && new Receiver(LINE_MODES[mode])
    line.listen({
      onSound: (samples, gap) => {
        this.missing += gap
        this.#length += gap
        this.#pieces.push({ from: this.#length, samples, atMs: performance.now() })
        this.#length += samples.length
        this.events.push(...(this.#receiver?.push(samples, gap) ?? []))
      },
      onDigit: ({ key }) => {
        this.digits += key
      },
    })
  }

  get heard(): Float32Array {
    const all = new Float32Array(this.#length)
    for (const { from, samples } of this.#pieces) all.set(samples, from)
    return all
  }

  get frames() {
    return this.events.flatMap(event => (event.kind === 'frame' ? [event.frame] : []))
  }

  /** When this sample came, on `performance.now()`. */
  cameAtMs(sample: number): number {
    return this.#pieces.find(({ from, samples }) => sample < from + samples.length)?.atMs ?? Number.NaN
  }
}

/** Where in `heard` these samples stand one for one; −1: nowhere. */
export function placeOf(samples: Float32Array, heard: Float32Array): number {
  const at = bytesOf(heard).indexOf(bytesOf(samples))
  return at < 0 ? -1 : at / Float32Array.BYTES_PER_ELEMENT
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength)
