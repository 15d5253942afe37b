/** A terminal's line whose sound is kept, so that whoever sits at a command line can hear afterwards what was said. */
import { chmodSync, writeFileSync } from 'node:fs'
import { joinedSound } from '../src/modem/line/joined-sound.ts'
import { writeWav } from '../src/modem/tools/wav.ts'
import type { Runtime } from '../src/runtime.ts'
import type { KeyPace, LineEnd, Sent, TerminalLine, TerminalListener } from '../src/terminal/line.ts'

/** Between two sentences it is quiet for less; after a question, until it is put again, for more. */
const silenceMs = 2_500
/** Whatever is said on a line, menu and all, is over before. */
const longestMs = 120_000
const lookEveryMs = 100
/** Far above the noise of a codec, far below speech. */
const loud = 0.01

export class RecordedLine implements TerminalLine {
  readonly keysAs: TerminalLine['keysAs']
  readonly ended: Promise<LineEnd>
  readonly #line: TerminalLine
  readonly #runtime: Pick<Runtime, 'monotonicMs' | 'sleep'>
  readonly #heard: Float32Array[] = []
  #listener: TerminalListener | undefined
  #loudAtMs: number
  #hasEnded = false

  constructor(line: TerminalLine, runtime: Pick<Runtime, 'monotonicMs' | 'sleep'>) {
    this.#line = line
    this.#runtime = runtime
    this.#loudAtMs = runtime.monotonicMs()
    this.keysAs = line.keysAs
    this.ended = line.ended
    void line.ended.then(() => {
      this.#hasEnded = true
    })
    line.listen({
      onSound: (samples, gap) => {
        if (gap > 0) this.#heard.push(new Float32Array(gap))
        this.#heard.push(samples)
        if (samples.some(sample => Math.abs(sample) > loud)) this.#loudAtMs = runtime.monotonicMs()
        this.#listener?.onSound(samples, gap)
      },
      onDigit: press => this.#listener?.onDigit(press),
    })
  }

  send(samples: Float32Array): Promise<Sent> {
    return this.#line.send(samples)
  }

  keys(digits: string, pace?: KeyPace): Promise<Sent> {
    return this.#line.keys(digits, pace)
  }

  listen(listener: TerminalListener): void {
    this.#listener = listener
  }

  hangUp(): Promise<void> {
    return this.#line.hangUp()
  }

  /** Until the other end has said all that it has to say, and waits. */
  async silence(): Promise<void> {
    const beganMs = this.#runtime.monotonicMs()
    this.#loudAtMs = beganMs
    for (let nowMs = beganMs; !this.#hasEnded; nowMs = this.#runtime.monotonicMs()) {
      if (nowMs - this.#loudAtMs > silenceMs || nowMs - beganMs > longestMs) return
      await this.#runtime.sleep(lookEveryMs)
    }
  }

  /** For its owner's ears alone. */
  keep(file: string): void {
    writeFileSync(file, writeWav(joinedSound(this.#heard)), { mode: 0o600 })
    chmodSync(file, 0o600)
  }
}
