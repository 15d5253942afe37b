/**
 * The links of one institution: opens them, tells them what becomes of their channels, and removes what a process that
 * died has left with Asterisk. Channel and bridge of a link have one name, which says whose they are.
 */
import { DeadlineExceeded, type Runtime, randomId, withDeadline } from '../../../runtime.ts'
import { Listening } from '../../frames/listening.ts'
import { CallGone, type Unsuitable } from '../../line.ts'
import type { AriClient } from '../ari-client.ts'
import { Bridges } from '../bridges.ts'
import type { Channels } from '../channels.ts'
import type { AriEvent } from '../events.ts'
import { isMediaChannel, mediaPrefix } from './media-channel.ts'
import { type MediaFormat, mediaFormats } from './media-format.ts'
import { MediaLink } from './media-link.ts'
import { MediaSocket } from './media-socket.ts'

const startDeadlineMs = 2_000

export interface MediaLinksParts {
  readonly ari: AriClient
  readonly channels: Channels
  readonly application: string
  readonly runtime: Runtime
  readonly onFault: (error: unknown) => void
}

interface Opening {
  readonly link: MediaLink
  /** Its channel is in the application: from now on its absence means something. */
  start(): void
  hasStarted: boolean
}

export class MediaLinks {
  readonly #parts: MediaLinksParts
  readonly #bridges: Bridges
  readonly #listening: Listening
  /** By name, from before Asterisk hears of it until it is cleared away. */
  readonly #open = new Map<string, Opening>()

  constructor(parts: MediaLinksParts) {
    this.#parts = parts
    this.#bridges = new Bridges(parts.ari)
    this.#listening = new Listening(parts.runtime)
  }

  /** Rejects with `CallGone` when the caller leaves meanwhile. */
  async open(callerId: string, callId: string): Promise<MediaLink | Unsuitable> {
    const { channels, application, runtime } = this.#parts
    const format = formatOf(await channels.variable(callerId, 'CHANNEL(audionativeformat)'))
    if (format === undefined) return 'unsuitable line'

    const name = `${mediaPrefix}${application}-${randomId(runtime)}`
    const socket = await MediaSocket.open()
    const link = new MediaLink({
      ...{ callId, format, socket, runtime, listening: this.#listening },
      clear: () => this.#clear(name),
    })
    try {
      const started = new Promise<void>(resolve => {
        const opening = {
          link,
          hasStarted: false,
          start() {
            opening.hasStarted = true
            resolve()
          },
        }
        this.#open.set(name, opening)
      })
      await channels.externalMedia(name, application, socket.address, format.name)
      await this.#bridges.create(name)
      // A channel can be bridged only once it is in the application.
      await withDeadline(runtime, 'the start of a media channel', startDeadlineMs, started)
      const port = Number(await channels.variable(name, 'UNICASTRTP_LOCAL_PORT'))
      await socket.lockTo(port, packet => link.onPacket(packet))
      await this.#bridges.add(name, [callerId, name])
      return link
    } catch (error) {
      await link.close()
      throw error
    }
  }

  /** The call has ended: what was kept of its sound is forgotten. */
  forget(callId: string): void {
    this.#listening.forget(callId)
  }

  /** An event of one of our channels. */
  onEvent(channelId: string, event: AriEvent): void {
    const opening = this.#open.get(channelId)
    switch (event.type) {
      case 'StasisStart':
        // One that was given up before it began: Asterisk was slow to make it.
        if (!opening) this.#parts.channels.hangUp(channelId).catch(this.#parts.onFault)
        else opening.start()
        break
      case 'StasisEnd':
      case 'ChannelDestroyed':
        opening?.link?.onBroken(new Error('a media channel has ended'))
    }
  }

  /** After each opening of the event socket: `here` is every channel of the application. */
  async compare(here: ReadonlySet<string>): Promise<void> {
    const { channels, application } = this.#parts
    for (const [name, { hasStarted, link }] of this.#open) {
      if (hasStarted && !here.has(name)) link.onBroken(new CallGone())
    }
    for (const channelId of here) {
      if (isMediaChannel(channelId) && !this.#open.has(channelId)) await channels.hangUp(channelId)
    }
    const name = new RegExp(`^${mediaPrefix}${application}-[0-9a-f]{32}$`)
    for (const bridgeId of await this.#bridges.list()) {
      if (name.test(bridgeId) && !this.#open.has(bridgeId)) await this.#bridges.destroy(bridgeId)
    }
  }

  /** Another process has the application now, or will take it up. */
  close(): void {
    for (const { link } of this.#open.values()) link.onBroken(new CallGone())
    this.#listening.close()
  }

  /** The bridge first: the caller is then back with the application, and may be spoken to. */
  async #clear(name: string): Promise<void> {
    if (!this.#open.has(name)) return
    try {
      await this.#bridges.destroy(name)
      await this.#parts.channels.hangUp(name)
    } catch (error) {
      // Asterisk did not answer in time. What may be left is removed when the event socket opens again.
      if (error instanceof DeadlineExceeded) this.#parts.onFault(error)
      else throw error
    } finally {
      this.#open.delete(name)
    }
  }
}

/** `(alaw)`: the one format in which the caller's sound comes. Others, such as those of mobile phones, bend it. */
function formatOf(formats: string | undefined): MediaFormat | undefined {
  const [, name] = formats?.match(/^\(?(alaw|ulaw)\)?$/) ?? []
  return name === 'alaw' || name === 'ulaw' ? mediaFormats[name] : undefined
}
