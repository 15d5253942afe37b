/**
 * A line that is two ends in memory: what one says, the other hears, 20 ms by 20 ms on the runtime's clock. For the console,
 * for a simulated caller on virtual time, and for terminals in a browser that is its own exchange.
 *
 *     const telephone = new MemoryTelephone(runtime, (number, line) => (number === '9001' ? void serve(line) : { outcome: 'busy' }))
 *     const opened = await telephone.open('9001')
 */
import type { Runtime } from '../runtime.ts'
import type { KeyPace, LineEnd, NotOpened, Opened, Sent, Telephone, TerminalLine, TerminalListener } from './line.ts'
import { type Due, Outgoing, packetSamples } from './outgoing.ts'
import { keepPaceSoon } from './pace.ts'

type KeysAs = TerminalLine['keysAs']

/** Takes a call at its end of the line, or says why not. */
export type Answers = (number: string, line: TerminalLine) => NotOpened | undefined

export class MemoryTelephone implements Telephone {
  readonly #runtime: Runtime
  readonly #answers: Answers
  readonly #keysAs: KeysAs

  constructor(runtime: Runtime, answers: Answers, keysAs: KeysAs = 'events') {
    this.#runtime = runtime
    this.#answers = answers
    this.#keysAs = keysAs
  }

  async open(number: string): Promise<Opened> {
    const [ours, theirs] = joinedLines(this.#runtime, this.#keysAs)
    const refusal = this.#answers(number, theirs)
    if (refusal) await ours.hangUp()
    return refusal ?? { outcome: 'open', line: ours }
  }
}

/** The two ends of one line, which is open until either hangs up. */
export function joinedLines(runtime: Runtime, keysAs: KeysAs = 'events'): readonly [TerminalLine, TerminalLine] {
  const over = new AbortController()
  const ends = [new End(runtime, over, keysAs), new End(runtime, over, keysAs)] as const
  ends[0].peer = ends[1]
  ends[1].peer = ends[0]
  const tick = (skipped: number) => {
    for (const end of ends) end.tick(skipped)
  }
  void keepPaceSoon(runtime, over.signal, tick)
  return ends
}

class End implements TerminalLine {
  readonly keysAs: KeysAs
  readonly #runtime: Runtime
  readonly #over: AbortController
  readonly #outgoing = new Outgoing()
  #listener: TerminalListener | undefined
  peer: End | undefined
  #end: (end: LineEnd) => void = () => {}
  readonly ended = new Promise<LineEnd>(resolve => {
    this.#end = resolve
  })

  constructor(runtime: Runtime, over: AbortController, keysAs: KeysAs) {
    this.#runtime = runtime
    this.#over = over
    this.keysAs = keysAs
  }

  send(samples: Float32Array): Promise<Sent> {
    return this.#outgoing.sound(samples)
  }

  keys(digits: string, pace: KeyPace = {}): Promise<Sent> {
    return this.keysAs === 'events' ? this.#outgoing.keys(digits, pace) : this.#outgoing.tones(digits, pace)
  }

  listen(listener: TerminalListener): void {
    this.#listener = listener
  }

  async hangUp(): Promise<void> {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    this.finish('hung up here')
    this.peer?.finish('hung up there')
  }

  tick(skipped: number): void {
    if (this.#over.signal.aborted) return
    this.#outgoing.skip(skipped)
    this.peer?.hear(this.#outgoing.next(), skipped * packetSamples)
  }

  /** A key takes the place of sound, as it does in a call. */
  hear(due: Due, gap: number): void {
    if (due.kind !== 'key') {
      this.#listener?.onSound(due.kind === 'sound' ? due.samples : new Float32Array(packetSamples), gap)
      return
    }
    if (due.packets === 1) this.#listener?.onDigit({ key: due.key, beganAtMs: this.#runtime.monotonicMs() })
    this.#listener?.onSound(new Float32Array(0), gap + packetSamples)
  }

  finish(end: LineEnd): void {
    this.#outgoing.end()
    this.#listener = undefined
    this.#end(end)
  }
}
