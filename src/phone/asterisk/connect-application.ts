/**
 * Joins one institution's Stasis application: every caller whom the dialplan sends there becomes a `Line`, served until
 * it ends. Calls that an earlier process of ours left behind are taken up; other applications' calls are never touched.
 */
import { type Runtime, randomId } from '../../runtime.ts'
import { CallGone, type Progress } from '../line.ts'
import { channelsOf, tellOnly } from './applications.ts'
import { type AriAddress, AriClient, AriRefused } from './ari-client.ts'
import { AsteriskLine, playbackIds } from './asterisk-line.ts'
import { CallsInProgress } from './calls-in-progress.ts'
import { Channels, rungArgument } from './channels.ts'
import { isClerkChannel } from './clerks/clerk-channel.ts'
import { ClerkPhones } from './clerks/clerk-phones.ts'
import { EventSocket } from './event-socket.ts'
import { type AriChannel, type AriEvent, eventTypes } from './events.ts'
import { setGlobal } from './globals.ts'
import { isOurs } from './own-channels.ts'
import { Playbacks } from './playbacks.ts'
import { callVariable, readProgress } from './progress.ts'
import { isMediaChannel } from './samples/media-channel.ts'
import { MediaLinks } from './samples/media-links.ts'
import { proveClipsExist } from './sounds.ts'

export interface ConnectApplicationOptions {
  readonly ari: AriAddress
  /** The application's name in the dialplan. */
  readonly application: string
  readonly runtime: Runtime
  /** Serves one call to its end. `line.args` says which of the institution's lines was dialled. */
  readonly handler: (line: AsteriskLine) => Promise<void>
  /** Names of all clips that a prompt may need; their absence is found now rather than in a call. */
  readonly clips: readonly string[]
  /** The global variable that the dialplan looks at before it sends a call here: `1` turns it away. */
  readonly drainVariable: string
  /** It was told to drain before it was connected: the dialplan stays closed through its first connection, too. */
  readonly isDraining?: () => boolean
  /** SIP accounts of the clerks who may be rung: nobody else ever is. */
  readonly clerks?: readonly string[]
  /** Beyond this many calls at once, callers hear the busy tone. */
  readonly mostCalls?: number
  /** What an operator wants to know: never a digit, a name or a number of a caller. */
  readonly onNotice?: (notice: ApplicationNotice) => void
}

export type ApplicationNotice =
  | { readonly notice: 'connected' | 'lost' | 'replaced' }
  | { readonly notice: 'taken-up' | 'refused-busy'; readonly callId?: string }
  | { readonly notice: 'fault'; readonly error: string }

const retryMs = 500

/** Connects, last of all, when the institution is ready to serve. Throws as `AriClient.open` and `proveClipsExist`. */
export async function connectApplication(options: ConnectApplicationOptions): Promise<ConnectedApplication> {
  const ari = await AriClient.open(options.ari, options.runtime)
  await proveClipsExist(ari, options.clips)
  const application = new ConnectedApplication(ari, options)
  await application.connected
  return application
}

export class ConnectedApplication {
  readonly #options: ConnectApplicationOptions
  readonly #ari: AriClient
  readonly #channels: Channels
  readonly #playbacks: Playbacks
  readonly #socket: EventSocket
  readonly #calls: CallsInProgress
  readonly #links: MediaLinks
  readonly #clerks: ClerkPhones
  #isDraining = false
  #hasSocket = false
  #socketNumber = 0
  #caughtUpAt = 0
  #nowConnected: () => void = () => {}
  #nowReplaced: () => void = () => {}
  /** Resolves when the first event socket is open and what was left behind has been taken up. */
  readonly connected: Promise<void> = new Promise(resolve => {
    this.#nowConnected = resolve
  })
  /** Resolves when another process has taken the application over. */
  readonly replaced: Promise<void> = new Promise(resolve => {
    this.#nowReplaced = resolve
  })

  constructor(ari: AriClient, options: ConnectApplicationOptions) {
    this.#ari = ari
    this.#options = options
    this.#channels = new Channels(ari)
    this.#playbacks = new Playbacks(ari, options.runtime)
    const { application, runtime } = options
    const onFault = (error: unknown) => this.#fault(error)
    const shared = { ari, channels: this.#channels, application, runtime, onFault }
    this.#links = new MediaLinks(shared)
    this.#clerks = new ClerkPhones({ ...shared, playbacks: this.#playbacks, accounts: options.clerks ?? [] })
    this.#calls = new CallsInProgress(this.#channels, options.handler, onFault)
    this.#socket = new EventSocket(() => ari.socket(options.application), options.runtime, {
      onOpen: () => {
        this.#hasSocket = true
        void this.#catchUp(++this.#socketNumber)
      },
      onEvent: (event, atMs) => this.#onEvent(event, atMs),
      onLost: () => {
        this.#hasSocket = false
        ari.dropIdle()
        this.#tell({ notice: 'lost' })
      },
      onReplaced: () => this.#onReplaced(),
    })
    void this.#socket.run()
  }

  get calls(): number {
    return this.#calls.count
  }

  /** How well the sound of each call comes in, by call: those of which Asterisk knows. */
  async soundQualities(): Promise<ReadonlyMap<string, { readonly lossPercent: number; readonly jitterMs: number }>> {
    const asked = this.#calls.lines().map(async ({ callId, channelId }) => {
      const received = await this.#channels.received(channelId).catch(() => undefined)
      if (received === undefined || received.packets === 0) return []
      const { packets, lost, jitterMs } = received
      return [[callId, { lossPercent: (100 * lost) / (packets + lost), jitterMs }] as const]
    })
    return new Map((await Promise.all(asked)).flat())
  }

  /** Asterisk sends us its callers, and has answered within the last seconds. */
  get isConnected(): boolean {
    return this.#hasSocket && this.#caughtUpAt === this.#socketNumber
  }

  /** Asks the dialplan to turn new calls away from now on; one that had passed it is still served. Never rejects: an Asterisk that is away is told when it is back. */
  async turnAway(): Promise<void> {
    this.#isDraining = true
    await this.#tellDialplan().catch(error => this.#fault(error))
  }

  /** Resolves when no call is in progress. */
  allEnded(): Promise<void> {
    return this.#calls.allEnded()
  }

  /** Takes no new call, lets those in progress come to their own end, then lets go of the application. */
  async drain(): Promise<void> {
    await this.turnAway()
    await this.allEnded()
    this.close()
  }

  /** Lets go at once, as a crash would: calls stay with Asterisk, for the next process to take up. */
  close(): void {
    this.#socket.close()
    this.#letGo()
    this.#ari.close()
  }

  #onEvent(event: AriEvent, atMs: number): void {
    switch (event.type) {
      case 'ApplicationReplaced':
        break
      case 'RESTResponse':
        this.#ari.onAnswer(event.request_id, event.status_code)
        break
      case 'StasisStart':
        if (isOurs(event.channel.id)) this.#onEventOf(event.channel.id, event, atMs)
        else this.#onStart(event.channel, event.args)
        break
      case 'PlaybackFinished':
        this.#onEventOf(event.playback.target_uri.replace('channel:', ''), event, atMs)
        break
      default:
        this.#onEventOf(event.channel.id, event, atMs)
    }
  }

  #onEventOf(channelId: string, event: AriEvent, atMs: number): void {
    if (isMediaChannel(channelId)) this.#links.onEvent(channelId, event)
    else if (isClerkChannel(channelId)) this.#clerks.onEvent(channelId, event)
    else this.#calls.onEvent(channelId, event, atMs)
  }

  #onStart(channel: AriChannel, args: readonly string[]): void {
    if (this.#calls.has(channel.id)) return
    // Of a telephone that we rang, under another id: where it had itself forwarded to. Nobody called us.
    if (args[0] === rungArgument) {
      void this.#channels.hangUp(channel.id).catch(error => this.#fault(error))
      return
    }
    if (this.#calls.count >= (this.#options.mostCalls ?? 500)) {
      this.#tell({ notice: 'refused-busy' })
      void this.#channels.hangUp(channel.id, 'congestion').catch(error => this.#fault(error))
      return
    }
    this.#calls.begin(channel.id, () => this.#firstTime(channel, args))
  }

  /**
   * After each opening of the socket: what happened without one is found out from Asterisk. Tried until it works or the
   * socket is lost again.
   */
  async #catchUp(socketNumber: number): Promise<void> {
    while (socketNumber === this.#socketNumber) {
      try {
        // Asterisk forgets its globals when it restarts; whoever drained us before we were started meant our forerunner.
        if (this.#options.isDraining?.()) this.#isDraining = true
        if (this.#isDraining || socketNumber === 1) await this.#tellDialplan()
        await tellOnly(this.#ari, this.#options.application, eventTypes)
        await this.#compareCalls()
        this.#caughtUpAt = socketNumber
        this.#tell({ notice: 'connected' })
        return this.#nowConnected()
      } catch (error) {
        this.#fault(error)
        await this.#options.runtime.sleep(retryMs)
      }
    }
  }

  async #compareCalls(): Promise<void> {
    const here = new Set(await channelsOf(this.#ari, this.#options.application))
    await this.#links.compare(here)
    await this.#clerks.compare(here)
    for (const line of this.#calls.lines()) {
      // After a restart of Asterisk another call can have the channel id that ours had.
      const isOurs = here.has(line.channelId) && (await this.#callIdOf(line.channelId)) === line.callId
      if (isOurs) await line.catchUp()
      else line.onGone()
    }
    for (const channelId of here) this.#takeUp(channelId)
  }

  #takeUp(channelId: string): void {
    if (this.#calls.has(channelId) || isOurs(channelId)) return
    this.#calls.begin(channelId, async () => {
      const channel = await this.#channels.get(channelId)
      const [, ...args] = channel.dialplan.app_data.split(',')
      const callId = await this.#callIdOf(channelId)
      // Nobody had begun with it: its StasisStart is still on its way, or met a process that was dying.
      if (callId === undefined) return this.#firstTime(channel, args)
      this.#tell({ notice: 'taken-up', callId })
      // What our forerunner was saying would be heard to its end before anything of ours.
      await Promise.all(playbackIds(callId).map(id => this.#playbacks.stop(id)))
      return this.#line(channel, args, callId, await readProgress(this.#channels, channelId))
    })
  }

  async #firstTime(channel: AriChannel, args: readonly string[]): Promise<AsteriskLine> {
    const callId = randomId(this.#options.runtime)
    await Promise.all([
      channel.state === 'Up' || this.#channels.answer(channel.id),
      this.#channels.setVariable(channel.id, callVariable, callId),
    ])
    return this.#line(channel, args, callId, undefined)
  }

  #line(channel: AriChannel, args: readonly string[], callId: string, resumed: Progress | undefined): AsteriskLine {
    const { runtime } = this.#options
    const firstSilenceMs = resumed ? 0 : isBrowser(channel) ? 1000 : 500
    const shared = {
      channels: this.#channels,
      playbacks: this.#playbacks,
      links: this.#links,
      runtime,
      clerks: this.#clerks,
    }
    return new AsteriskLine({ ...shared, channel, callId, resumed, args, firstSilenceMs })
  }

  #callIdOf(channelId: string): Promise<string | undefined> {
    return this.#channels.variable(channelId, callVariable)
  }

  async #tellDialplan(): Promise<void> {
    await setGlobal(this.#ari, this.#options.drainVariable, this.#isDraining ? '1' : '0')
  }

  /** The newer connection takes the calls up: we touch none of them. */
  #onReplaced(): void {
    this.#tell({ notice: 'replaced' })
    this.#ari.leaveSocket()
    this.#letGo()
    this.#nowReplaced()
  }

  #letGo(): void {
    this.#hasSocket = false
    this.#socketNumber++
    this.#calls.letGo()
    this.#links.close()
    this.#clerks.close()
  }

  #fault(error: unknown): void {
    if (error instanceof CallGone) return
    const text = error instanceof AriRefused || error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
    this.#tell({ notice: 'fault', error: text })
  }

  #tell(notice: ApplicationNotice): void {
    this.#options.onNotice?.(notice)
  }
}

/** A browser needs longer until it plays what it receives. Its endpoints are called `web-…`. */
function isBrowser({ name }: AriChannel): boolean {
  return /^PJSIP\/web-/.test(name)
}
