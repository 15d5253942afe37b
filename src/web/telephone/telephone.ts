/** A telephone in this page: dials, sends keys as RFC 4733 events, hangs up, and says what becomes of its call. It shows nothing. */
import { C, UA } from 'jssip'
import { CallFrames } from './call-frames.ts'
import { type Caption, readCaptions } from './captions.ts'
import { askForLine, LineSocket } from './line-socket.ts'
import type { Sound } from './sound.ts'

/** What may become of a call. `no-line`: all are lent. `no-way`: speech finds no way from this browser. */
export type CallState = 'idle' | 'calling' | 'talking' | 'ended' | 'busy' | 'no-line' | 'no-way' | 'failed'

export interface Listener {
  became(state: CallState): void
  /** The line says it. */
  said(caption: Caption): void
  /** The browser plays nothing until it is asked to by a click. */
  soundBlocked(): void
}

/** A press that Q.24 would take is 40 ms; ears and old lines like more. */
const pressMs = 100
const gapMs = 70
/** From the answer to the first packet it takes a twentieth of a second. */
const wayMs = 6_000

type Session = ReturnType<UA['call']>

export class Telephone {
  readonly #sound: Sound
  readonly #framesWorker: string | undefined
  readonly #listener: Listener
  #agent: UA | undefined
  #session: Session | undefined
  #frames: CallFrames | undefined
  #keys = ''

  /** @param framesWorker the address of the worker that stands in the way of frames, where somebody may pay by card */
  constructor(sound: Sound, framesWorker: string | undefined, listener: Listener) {
    this.#sound = sound
    this.#framesWorker = framesWorker
    this.#listener = listener
  }

  get isInCall(): boolean {
    return this.#agent !== undefined
  }

  /** Whoever pays by card in it sends and hears more than keys. Undefined: there is no call, or no card. */
  get call(): { readonly frames: CallFrames; readonly dtmf: RTCDTMFSender | null; hangUp(): void } | undefined {
    const frames = this.#frames
    return frames && { frames, dtmf: this.#keysOf() ?? null, hangUp: () => this.hangUp() }
  }

  async dial(number: string): Promise<void> {
    if (this.isInCall) return
    this.#listener.became('calling')
    const line = await askForLine()
    if (line === undefined) return this.#listener.became('no-line')
    const agent = new UA({
      sockets: [new LineSocket(line)],
      uri: `sip:${line.account}@${location.hostname}`,
      register: false,
      session_timers: false,
      user_agent: 'Tonebank page',
    })
    this.#agent = agent
    void readCaptions(line.captions, caption => this.#listener.said(caption))
    agent.on('connected', () => this.#call(agent, number))
    agent.on('disconnected', () => this.#over('failed'))
    agent.start()
  }

  /** A key that is pressed before the call stands is sent once it does. */
  press(key: string): void {
    if (!this.#keysOf()?.canInsertDTMF) this.#keys += key
    else
      this.#session?.sendDTMF(key, { transportType: C.DTMF_TRANSPORT.RFC2833, duration: pressMs, interToneGap: gapMs })
  }

  hangUp(): void {
    this.#over('ended')
  }

  #keysOf(): RTCDTMFSender | null | undefined {
    return this.#session?.connection?.getSenders().find(({ dtmf }) => dtmf !== null)?.dtmf
  }

  #call(agent: UA, number: string): void {
    this.#keys = ''
    this.#frames = this.#framesWorker === undefined ? undefined : new CallFrames(this.#framesWorker)
    this.#session = agent.call(`sip:${number}@${location.hostname}`, {
      mediaStream: this.#sound.stream,
      pcConfig: { iceServers: [] },
      eventHandlers: {
        peerconnection: ({ peerconnection }: { peerconnection: RTCPeerConnection }) => this.#prepare(peerconnection),
        // Its track is there, and nothing is described yet.
        connecting: () => this.#frames?.standIn(this.#session?.connection),
        confirmed: () => this.#listener.became('talking'),
        ended: () => this.#over('ended'),
        failed: ({ cause }: { cause: string }) => this.#over(cause === 'Busy' ? 'busy' : 'failed'),
      },
    })
  }

  #prepare(connection: RTCPeerConnection): void {
    connection.addEventListener('signalingstatechange', () => {
      // The other end answers wherever it is asked from, so an offer need not wait for addresses of ours; offline they never come.
      if (connection.signalingState === 'have-local-offer')
        setTimeout(() => connection.dispatchEvent(new Event('icecandidate')), 0)
      else setTimeout(() => this.#assertWay(connection), wayMs)
    })
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'connected') this.#sendKept()
      if (connection.connectionState === 'failed') this.#over('no-way')
    })
    connection.addEventListener('track', async ({ track, streams: [stream] }) => {
      const isHeard = await this.#sound.play(stream ?? new MediaStream([track]))
      if (!isHeard && this.isInCall) this.#listener.soundBlocked()
    })
  }

  #assertWay({ connectionState }: RTCPeerConnection): void {
    if (connectionState === 'new' || connectionState === 'connecting') this.#over('no-way')
  }

  #sendKept(): void {
    const keys = this.#keys
    this.#keys = ''
    for (const key of keys) this.press(key)
  }

  #over(state: CallState): void {
    const [agent, session] = [this.#agent, this.#session]
    if (agent === undefined) return
    this.#agent = undefined
    this.#session = undefined
    if (session && !session.isEnded()) session.terminate()
    this.#frames?.end()
    this.#frames = undefined
    this.#sound.stop()
    agent.removeAllListeners()
    agent.stop()
    this.#listener.became(state)
  }
}
