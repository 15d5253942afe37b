/** The telephone of a device that knows keys only, at the caller's end of a simulated line: no sound, deaf while it speaks, and time is virtual. */
import type { Digit } from '../../src/phone/line.ts'
import type { Telephone } from './second-terminal/telephone.ts'
import type { SimulatedLine } from './simulated-line.ts'
import type { VirtualRuntime } from './virtual-runtime.ts'

/** What the line does to rows of digits, by their number from 0: what is true is lost, or its last digit comes twice. */
export interface Losses {
  readonly up?: (row: number) => boolean
  readonly down?: (row: number) => boolean
  readonly twiceUp?: (row: number) => boolean
}

const upMs = { tone: 50, pause: 45 }
/** As Asterisk keys them. */
const downMs = 150

export class SimulatedTelephone implements Telephone {
  /** Every row that was keyed, lost ones too. */
  readonly keyed: string[] = []
  readonly heard: string[] = []
  readonly #runtime: VirtualRuntime
  readonly #line: SimulatedLine
  readonly #losses: Losses
  readonly #waiting: string[] = []
  #wake: (() => void) | undefined
  #isPressing = false

  constructor(runtime: VirtualRuntime, line: SimulatedLine, losses: Losses = {}) {
    this.#runtime = runtime
    this.#line = line
    this.#losses = losses
    line.sendDigits = digits => this.#ring(digits)
    // An end wakes who waits for a digit.
    void line.when(() => undefined).then(() => this.#wake?.())
  }

  get isOver(): boolean {
    return this.#line.isOver
  }

  async press(digits: string): Promise<void> {
    const row = this.keyed.push(digits) - 1
    const isLost = this.#losses.up?.(row) === true
    this.#isPressing = true
    for (const digit of digits) {
      if (this.isOver) return
      const beganAtMs = this.#runtime.monotonicMs()
      await this.#runtime.sleep(upMs.tone)
      if (isDigit(digit) && !isLost) this.#line.keyUp(digit, beganAtMs)
      await this.#runtime.sleep(upMs.pause)
    }
    const last = digits.at(-1) ?? ''
    if (this.#losses.twiceUp?.(row) && isDigit(last)) this.#line.keyUp(last, this.#runtime.monotonicMs())
    this.#isPressing = false
  }

  async nextDigit(withinMs: number): Promise<string | undefined> {
    if (this.#waiting.length === 0 && !this.isOver) {
      const cut = new AbortController()
      this.#wake = () => cut.abort()
      const forEver = 3_600_000
      await this.#runtime.sleep(Math.min(withinMs, forEver), cut.signal).catch(() => {})
      this.#wake = undefined
    }
    return this.#waiting.shift()
  }

  rest(ms: number): Promise<void> {
    return this.#runtime.sleep(ms)
  }

  nowMs(): number {
    return this.#runtime.monotonicMs()
  }

  async #ring(digits: string): Promise<void> {
    const row = this.heard.push(digits) - 1
    const isLost = this.#losses.down?.(row) === true
    for (const digit of digits) {
      await this.#runtime.sleep(downMs)
      if (isLost || this.isOver || this.#isPressing) continue
      this.#waiting.push(digit)
      this.#wake?.()
    }
  }
}

function isDigit(text: string): text is Digit {
  return /^[0-9*#A-D]$/.test(text)
}
