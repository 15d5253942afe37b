/**
 * What a call sends and what is heard of it. Nobody has to speak here, so a call begins with silence that is made, as packets flow
 * only while a track runs; a microphone takes its place when its owner says so.
 */

export class Sound {
  readonly #context = new AudioContext()
  readonly #output: MediaStreamAudioDestinationNode
  readonly #level: AnalyserNode
  readonly #audio = new Audio()
  #microphone: { readonly stream: MediaStream; readonly node: AudioNode } | undefined
  #isMuted = false

  constructor() {
    this.#output = this.#context.createMediaStreamDestination()
    this.#level = this.#context.createAnalyser()
    const silence = this.#context.createConstantSource()
    silence.offset.value = 0
    silence.connect(this.#output)
    silence.start()
  }

  /** To be sent. */
  get stream(): MediaStream {
    return this.#output.stream
  }

  /** A browser lets a page make sound only after a key or a click; the one that dials is one. @returns whether it is heard. */
  async play(stream: MediaStream): Promise<boolean> {
    this.#audio.srcObject = stream
    return this.playAgain()
  }

  async playAgain(): Promise<boolean> {
    try {
      await this.#context.resume()
      await this.#audio.play()
      return true
    } catch {
      return false
    }
  }

  stop(): void {
    this.#audio.srcObject = null
    this.dropMicrophone()
  }

  /** False: there is none, or its owner said no. */
  async takeMicrophone(): Promise<boolean> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
      const node = this.#context.createMediaStreamSource(stream)
      this.#microphone = { stream, node }
      node.connect(this.#level)
      this.#connect()
      return true
    } catch {
      return false
    }
  }

  dropMicrophone(): void {
    this.#microphone?.node.disconnect()
    for (const track of this.#microphone?.stream.getTracks() ?? []) track.stop()
    this.#microphone = undefined
    this.#isMuted = false
  }

  get hasMicrophone(): boolean {
    return this.#microphone !== undefined
  }

  get isMuted(): boolean {
    return this.#isMuted
  }

  mute(isMuted: boolean): void {
    this.#isMuted = isMuted
    this.#connect()
  }

  /** Of what is sent now, from 0 to 1. */
  get level(): number {
    if (this.#microphone === undefined || this.#isMuted) return 0
    const samples = new Float32Array(this.#level.fftSize)
    this.#level.getFloatTimeDomainData(samples)
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
    return Math.min(1, Math.sqrt(power) * 4)
  }

  #connect(): void {
    const node = this.#microphone?.node
    if (node === undefined) return
    if (this.#isMuted) node.disconnect(this.#output)
    else node.connect(this.#output)
  }
}
