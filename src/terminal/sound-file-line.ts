/**
 * A line that is two WAV files: what is heard comes from one at the pace of a call, with silence behind its end, and what is
 * said goes into the other, sample by sample at the time at which it was said. Written when the line is hung up.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { joinedSound } from '../modem/line/joined-sound.ts'
import { readWav, writeWav } from '../modem/tools/wav.ts'
import type { Runtime } from '../runtime.ts'
import type { KeyPace, LineEnd, Opened, Sent, Telephone, TerminalLine, TerminalListener } from './line.ts'
import { Outgoing, packetSamples } from './outgoing.ts'
import { keepPaceSoon } from './pace.ts'

export interface SoundFiles {
  /** One channel at 8 kHz, in 16-bit PCM, A-law or µ-law. */
  readonly hears: string
  /** Made, or written over. */
  readonly says: string
}

export class SoundFileTelephone implements Telephone {
  readonly #files: SoundFiles
  readonly #runtime: Runtime

  constructor(files: SoundFiles, runtime: Runtime) {
    this.#files = files
    this.#runtime = runtime
  }

  /** Whatever number: it is the same file. `unreachable` for one that cannot be read. Rejects when there is none. */
  async open(): Promise<Opened> {
    const read = readWav(await this.#runtime.work(readFile(this.#files.hears)))
    if (read.outcome === 'unusable') return { outcome: 'unreachable', why: read.why }
    return { outcome: 'open', line: new SoundFileLine(read.samples, this.#files.says, this.#runtime) }
  }
}

class SoundFileLine implements TerminalLine {
  readonly keysAs = 'tones'
  readonly #hears: Float32Array
  readonly #says: string
  readonly #runtime: Runtime
  readonly #outgoing = new Outgoing()
  readonly #over = new AbortController()
  readonly #said: Float32Array[] = []
  #at = 0
  #listener: TerminalListener | undefined
  #end: (end: LineEnd) => void = () => {}
  readonly ended = new Promise<LineEnd>(resolve => {
    this.#end = resolve
  })

  constructor(hears: Float32Array, says: string, runtime: Runtime) {
    this.#hears = hears
    this.#says = says
    this.#runtime = runtime
    void keepPaceSoon(runtime, this.#over.signal, () => this.#tick())
  }

  send(samples: Float32Array): Promise<Sent> {
    return this.#outgoing.sound(samples)
  }

  keys(digits: string, pace: KeyPace = {}): Promise<Sent> {
    return this.#outgoing.tones(digits, pace)
  }

  listen(listener: TerminalListener): void {
    this.#listener = listener
  }

  async hangUp(): Promise<void> {
    if (this.#over.signal.aborted) return
    this.#over.abort()
    this.#outgoing.end()
    this.#listener = undefined
    await this.#runtime.work(writeFile(this.#says, writeWav(joinedSound(this.#said))))
    this.#end('hung up here')
  }

  /** Nothing is lost to a standstill, in either file: it goes on where it was. */
  #tick(): void {
    const due = this.#outgoing.next()
    this.#said.push(due.kind === 'sound' ? due.samples : new Float32Array(packetSamples))
    const piece = new Float32Array(packetSamples)
    piece.set(this.#hears.subarray(this.#at, this.#at + packetSamples))
    this.#at += packetSamples
    this.#listener?.onSound(piece, 0)
  }
}
