/**
 * The sound of a simulated line, both ways, in packets of 20 ms on virtual time, and the terminal at its other end:
 *
 *   const sound = new SimulatedSound(runtime)
 *   await simulateCall(runtime, { sound, script, speech }, async () => sound.plays(signal))
 *   sound.heard                                    // every signal of ours, as the terminal heard it
 */
import type { ModeName } from '../../src/modem/line/modes.ts'
import { FrameListener } from '../../src/phone/frames/frame-listener.ts'
import { CallGone, type FrameLink, type Unsuitable } from '../../src/phone/line.ts'
import type { VirtualRuntime } from './virtual-runtime.ts'

const packetMs = 20
const packetSamples = 160
/** In which a frame's end becomes certain. */
const silentPackets = 10

type OnHeard = Parameters<FrameLink['listen']>[1]

export class SimulatedSound {
  readonly heard: Float32Array[] = []
  /** Each packet of ours as it reaches the terminal. */
  onPacket: (samples: Float32Array) => void = () => {}
  /** How many links are open now, and how many were. */
  openNow = 0
  opened = 0
  readonly #runtime: VirtualRuntime
  readonly #isG711: boolean
  #listener: { readonly modes: string; readonly machine: FrameListener } | undefined
  #onHeard: OnHeard | undefined

  constructor(runtime: VirtualRuntime, { isG711 = true } = {}) {
    this.#runtime = runtime
    this.#isG711 = isG711
  }

  async open(line: { readonly isOver: boolean }): Promise<FrameLink | Unsuitable> {
    if (!this.#isG711) return 'unsuitable line'
    this.openNow++
    this.opened++
    const isHearing = () => this.#listener?.machine.isHearing === true
    return {
      get isHearing() {
        return isHearing()
      },
      missingSamples: 0,
      send: signal => this.#send(signal, line),
      listen: (modes, onHeard) => this.#listen(modes, onHeard),
      heardAll: async () => {},
      close: async () => {
        this.openNow--
        this.#onHeard = undefined
      },
    }
  }

  /** The terminal plays a signal, and silence after it. `pass`: what the line makes of each packet. */
  async plays(signal: Float32Array, pass = (packet: Float32Array) => packet): Promise<void> {
    const whole = new Float32Array(signal.length + silentPackets * packetSamples)
    whole.set(signal)
    for (let from = 0; from < whole.length; from += packetSamples) {
      await this.#runtime.sleep(packetMs)
      const packet = pass(whole.subarray(from, from + packetSamples))
      const heard = this.#onHeard ? this.#listener?.machine.push(packet, 0) : []
      for (const frame of heard ?? []) this.#onHeard?.(frame)
    }
  }

  /** The line's sound breaks off while the caller is still there. */
  breaks(): void {
    this.#onHeard?.({ failure: new Error('no sound any more') })
  }

  #listen(modes: readonly ModeName[], onHeard: OnHeard): () => void {
    if (this.#listener?.modes !== modes.join())
      this.#listener = { modes: modes.join(), machine: new FrameListener(modes) }
    this.#onHeard = onHeard
    return () => {
      if (this.#onHeard === onHeard) this.#onHeard = undefined
    }
  }

  async #send(signal: Float32Array, line: { readonly isOver: boolean }): Promise<void> {
    for (let from = 0; from < signal.length; from += packetSamples) {
      if (line.isOver) throw new CallGone()
      await this.#runtime.sleep(packetMs)
      this.onPacket(signal.subarray(from, from + packetSamples))
    }
    for (let packet = 0; packet < silentPackets; packet++) this.onPacket(new Float32Array(packetSamples))
    this.heard.push(signal)
  }
}
