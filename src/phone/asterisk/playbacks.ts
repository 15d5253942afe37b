/** ARI's `playbacks`: what is being played. */
import type { Runtime } from '../../runtime.ts'
import { CallGone } from '../line.ts'
import { type AriClient, AriRefused, AriUnreachable } from './ari-client.ts'
import { ignoreGone, orGone } from './channels.ts'

/** Between two attempts to silence a playback whose start is uncertain. */
const pauseMs = 100
const mostAttempts = 20

export class Playbacks {
  readonly #ari: AriClient
  readonly #runtime: Runtime

  constructor(ari: AriClient, runtime: Runtime) {
    this.#ari = ari
    this.#runtime = runtime
  }

  /** Silences it. Harmless when it has ended. */
  async stop(playbackId: string): Promise<void> {
    await orGone(this.#ari.command('playbacks', 'stop', { playbackId })).catch(ignoreGone)
  }

  /** `not yet`: it waits for what is played before it. */
  async pause(playbackId: string): Promise<'paused' | 'not yet' | 'gone'> {
    try {
      await this.#ari.command('playbacks', 'control', { playbackId, operation: 'pause' })
      return 'paused'
    } catch (error) {
      if (error instanceof AriRefused && error.status === 409) return 'not yet'
      if (error instanceof AriRefused && error.status === 404) return 'gone'
      if (error instanceof AriUnreachable) throw new CallGone()
      throw error
    }
  }

  async isPlaying(playbackId: string): Promise<boolean> {
    return this.#ari.request('playbacks', 'get', { playbackId }).then(
      () => true,
      error => {
        if (error instanceof AriRefused && error.isGone) return false
        throw error
      },
    )
  }

  /**
   * After a `play` that was not answered in time: it may start at any moment, so it is stopped until Asterisk does not
   * know it, twice in a row.
   */
  async stopUncertain(playbackId: string): Promise<void> {
    let unknown = 0
    for (let attempt = 0; attempt < mostAttempts && unknown < 2; attempt++) {
      unknown = await this.#ari.request('playbacks', 'stop', { playbackId }).then(
        () => 0,
        error => (error instanceof AriRefused && error.status === 404 ? unknown + 1 : 0),
      )
      await this.#runtime.sleep(pauseMs)
    }
  }
}
