/**
 * The line of a payment terminal at the other end of a simulated call: its sound is the call's, packet by packet, and its keys are the
 * caller's.
 *
 *   const sound = new SimulatedSound(runtime)
 *   await simulateCall(runtime, { sound, script, speech }, async caller => {
 *     await payInCall(new SimulatedTerminal(runtime, caller.line, sound), parts)
 *   })
 */
import type { Digit } from '../../src/phone/line.ts'
import type { KeyPace, LineEnd, Sent, TerminalLine, TerminalListener } from '../../src/terminal/line.ts'
import type { SimulatedLine } from './simulated-line.ts'
import type { SimulatedSound } from './simulated-sound.ts'
import type { VirtualRuntime } from './virtual-runtime.ts'

/** As Asterisk keys digits to a telephone. */
const digitMs = 150

/** What a line does to what passes: the packet that arrives, or nothing. */
export type Passes = (samples: Float32Array, way: 'up' | 'down') => Float32Array | undefined

export class SimulatedTerminal implements TerminalLine {
  readonly keysAs = 'events'
  readonly #runtime: VirtualRuntime
  readonly #line: SimulatedLine
  readonly #sound: SimulatedSound | undefined
  readonly #passes: Passes
  #listener: TerminalListener | undefined
  readonly ended: Promise<LineEnd>

  constructor(
    runtime: VirtualRuntime,
    line: SimulatedLine,
    sound?: SimulatedSound,
    passes: Passes = samples => samples,
  ) {
    this.#runtime = runtime
    this.#line = line
    this.#sound = sound
    this.#passes = passes
    this.ended = line.when(() => undefined).then(() => 'hung up there')
    if (sound) sound.onPacket = samples => this.#hear(samples)
    line.sendDigits = digits => this.#keyed(digits)
  }

  listen(listener: TerminalListener): void {
    this.#listener = listener
  }

  async send(samples: Float32Array): Promise<Sent> {
    if (this.#line.isOver || !this.#sound) return 'ended'
    await this.#sound.plays(samples, packet => this.#passes(packet, 'up') ?? new Float32Array(packet.length))
    return 'sent'
  }

  async keys(digits: string, { toneMs = 100, pauseMs = 100 }: KeyPace = {}): Promise<Sent> {
    for (const digit of digits) {
      if (this.#line.isOver) return 'ended'
      const beganAtMs = this.#runtime.monotonicMs()
      await this.#runtime.sleep(toneMs)
      this.#line.keyUp(digit as Digit, beganAtMs)
      await this.#runtime.sleep(pauseMs)
    }
    return 'sent'
  }

  async hangUp(): Promise<void> {
    this.#line.drop()
  }

  #hear(samples: Float32Array): void {
    const passed = this.#passes(samples, 'down')
    if (passed) this.#listener?.onSound(passed, 0)
    else this.#listener?.onSound(new Float32Array(0), samples.length)
  }

  async #keyed(digits: string): Promise<void> {
    for (const key of digits) {
      await this.#runtime.sleep(digitMs)
      this.#listener?.onDigit({ key: key as Digit, beganAtMs: this.#runtime.monotonicMs() })
    }
  }
}
