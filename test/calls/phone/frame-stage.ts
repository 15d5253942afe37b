/**
 * What tests of frames over real calls share: an Asterisk, an institution whose next call does what the test says, phones
 * that send frames, and a look at what Asterisk still has.
 *
 *     const stage = await FrameStage.open()
 *     stage.script = stage.receiving(received)
 *     const phone = await stage.dial()
 *     await phone.play(codesOf(frameOf(1, 60)))
 *     await stage.clear()                       // after each test
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { type Frame, frameBits } from '../../../src/modem/coded/frame.ts'
import { LINE_MODES } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { writeWav } from '../../../src/modem/tools/wav.ts'
import { AriClient } from '../../../src/phone/asterisk/ari-client.ts'
import type { AsteriskLine } from '../../../src/phone/asterisk/asterisk-line.ts'
import { type ConnectedApplication, connectApplication } from '../../../src/phone/asterisk/connect-application.ts'
import type { FrameReception } from '../../../src/phone/call.ts'
import { type CallFault, type CallScript, serveCall } from '../../../src/phone/serve-call.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import type { PhraseKey } from '../../../src/speech/speech.ts'
import { startAsterisk, type TestAsterisk } from '../harness/asterisk.ts'
import { type Phone, startPhone } from '../harness/baresip.ts'
import { callByRtp, type RtpPhone, type RtpPhoneOptions } from '../harness/rtp-phone.ts'
import { until } from '../harness/until.ts'
import { type Tone, toneSpeech } from './tone-speech.ts'

const application = 'harbour'

/** A frame whose payload says which test it belongs to. */
export function frameOf(sequence: number, byteCount: number): Frame {
  const payload = Uint8Array.from({ length: byteCount }, (_, index) => (index * 7 + sequence * 31) & 0xff)
  return { type: 3, sequence, keyId: 5, payload }
}

/** The frame by V.23. */
export const signalOf = (frame: Frame) => modulate(frameBits(frame, LINE_MODES.v23), LINE_MODES.v23)

/** The same in A-law. */
export const codesOf = (frame: Frame) => aLaw.encode(signalOf(frame))

export class FrameStage {
  /** What the next call does. */
  script: CallScript = async () => {}
  /** Hears of each line before its script. */
  onLine: (line: AsteriskLine) => void = () => {}
  events: TranscriptEvent[] = []
  /** How many keys Asterisk has reported, in all calls since `clear`. */
  keysReported = 0
  /** Resolves when the last call has been served. */
  served: Promise<void> = Promise.resolve()
  readonly folder: string
  readonly asterisk: TestAsterisk
  readonly ari: AriClient
  readonly #tones: Partial<Record<PhraseKey, Tone>>
  readonly #phones: (RtpPhone | Phone)[] = []
  readonly #connected: ConnectedApplication[] = []
  #faults: CallFault[] = []

  private constructor(folder: string, asterisk: TestAsterisk, ari: AriClient, tones: Partial<Record<PhraseKey, Tone>>) {
    this.#tones = tones
    this.folder = folder
    this.asterisk = asterisk
    this.ari = ari
  }

  /** @param tones how phrases sound, if not short @param options of the switch */
  static async open(
    tones: Partial<Record<PhraseKey, Tone>> = {},
    options: Parameters<typeof startAsterisk>[0] = {},
  ): Promise<FrameStage> {
    const folder = mkdtempSync(join(tmpdir(), 'tonebank-frames-'))
    const asterisk = await startAsterisk({ ...options, soundsFolder: folder })
    const ari = await AriClient.open(asterisk.switch.ariFor(application), systemRuntime)
    return new FrameStage(folder, asterisk, ari, tones)
  }

  /** An institution's process, as far as its calls can tell; by this Asterisk unless told otherwise. */
  async connect(ari = this.asterisk.switch.ariFor(application)): Promise<ConnectedApplication> {
    const speech = toneSpeech(this.folder, this.#tones)
    const connected = await connectApplication({
      ...{ ari, application, runtime: systemRuntime, clips: [], drainVariable: 'DRAIN_harbour' },
      handler: line => {
        this.#countKeys(line)
        this.onLine(line)
        const transcript = (event: TranscriptEvent) => void this.events.push(event)
        const onFault = (fault: CallFault) => void this.#faults.push(fault)
        this.served = serveCall(line, this.script, { speech, runtime: systemRuntime, transcript, onFault })
        return this.served
      },
    })
    this.#connected.push(connected)
    return connected
  }

  receiving(received: FrameReception[], withinMs = 8_000): CallScript {
    return async call => void received.push(await call.receiveFrame({ withinMs }))
  }

  /** A file for a softphone: silence, the frame, and silence for as long as the call may last. */
  wavOf(frame: Frame): string {
    const signal = signalOf(frame)
    const samples = new Float32Array(8_000 + signal.length + 20 * 8_000)
    samples.set(signal, 8_000)
    const path = join(this.folder, `${frame.sequence}.wav`)
    writeFileSync(path, writeWav(samples))
    return path
  }

  async softphone(options: { codec?: 'PCMA' | 'PCMU'; plays?: string }): Promise<Phone> {
    const { sip: server } = this.asterisk.switch
    const phone = await startPhone({ server, account: this.asterisk.account('desk1'), ...options })
    this.#phones.push(phone)
    await phone.dial('9001')
    return phone
  }

  async dial(options: Partial<RtpPhoneOptions> = {}, at = this.asterisk): Promise<RtpPhone> {
    const whole = { server: at.switch.sip, account: at.account('desk1'), number: '9001', telephoneEvent: 101 }
    const phone = await callByRtp({ ...whole, ...options })
    this.#phones.push(phone)
    return phone
  }

  /** The phone ends, and this is what it heard in its one call. */
  async heardBy(phone: Phone): Promise<Float32Array> {
    this.#phones.splice(this.#phones.indexOf(phone), 1)
    const { heard } = await phone.quit()
    return new Float32Array(heard[0] ?? []).map(sample => sample / 32_768)
  }

  /** Resolves when the caller's sound comes to the institution. */
  async untilLinked(): Promise<void> {
    await until('the sound comes here', async () =>
      (await this.#bridges()).some(({ channels }) => channels.length === 2),
    )
  }

  /** The ports between which a call's sound goes. Ours is in the channel's name, `UnicastRTP/127.0.0.1:40007-…`. */
  async mediaPorts(): Promise<{ ours: number; asterisks: number }> {
    const channels = (await this.ari.request('channels', 'list')) as { id: string; name: string }[]
    const { id = '', name = '' } = channels.find(each => each.name.startsWith('UnicastRTP/')) ?? {}
    const local = { channelId: id, variable: 'UNICASTRTP_LOCAL_PORT' }
    const { value } = (await this.ari.request('channels', 'getChannelVar', local)) as { value: string }
    return { ours: Number(name.match(/:(\d+)/)?.[1]), asterisks: Number(value) }
  }

  /** Ids of the channels and bridges that Asterisk has, whoever made them. */
  async left(): Promise<string[]> {
    const channels = (await this.ari.request('channels', 'list')) as { id: string }[]
    return [...channels, ...(await this.#bridges())].map(({ id }) => id)
  }

  /** Nothing is left of the last call, and nothing failed in it. */
  async clear(): Promise<void> {
    for (const phone of this.#phones.splice(0)) {
      if ('quit' in phone) await phone.quit()
      else phone.close()
    }
    const faults = this.#faults
    this.#faults = []
    this.events = []
    this.keysReported = 0
    await until('everything is cleared away', async () => (await this.left()).length === 0)
    expect(faults).toEqual([])
  }

  async close(): Promise<void> {
    for (const connected of this.#connected) connected.close()
    this.ari.close()
    await this.asterisk.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #countKeys(line: AsteriskLine): void {
    const onEvent = line.onEvent.bind(line)
    line.onEvent = (event, atMs) => {
      if (event.type === 'ChannelDtmfReceived') this.keysReported++
      onEvent(event, atMs)
    }
  }

  async #bridges(): Promise<{ id: string; channels: string[] }[]> {
    return (await this.ari.request('bridges', 'list')) as { id: string; channels: string[] }[]
  }
}
