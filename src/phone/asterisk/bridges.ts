/** ARI's `bridges`: what joins a caller's channel to one of ours. */
import { z } from 'zod'
import { CallGone } from '../line.ts'
import { type AriClient, AriRefused } from './ari-client.ts'
import { ignoreGone, orGone, untilEnded } from './channels.ts'

const listed = z.array(z.object({ id: z.string() }))

export class Bridges {
  readonly #ari: AriClient

  constructor(ari: AriClient) {
    this.#ari = ari
  }

  /** `type`: as ARI names it. `mixing` alone lets Asterisk pass packets on past its own core. */
  async create(bridgeId: string, type = 'mixing'): Promise<void> {
    await orGone(this.#ari.request('bridges', 'createWithId', { bridgeId, type }))
  }

  /** `absorbDTMF`: keys of theirs that come as events are not passed on. */
  async add(bridgeId: string, channelIds: readonly string[], how: { readonly absorbDTMF?: true } = {}): Promise<void> {
    const request = this.#ari.request('bridges', 'addChannel', { bridgeId, channel: channelIds.join(','), ...how })
    await orGone(request).catch(error => {
      // 400: no such channel. 422: it is on its way out of the application.
      if (error instanceof AriRefused && (error.status === 400 || error.status === 422)) throw new CallGone()
      throw error
    })
  }

  /** Its channels have gone back to the application. Harmless when it has gone already, with whoever was in it or with Asterisk. */
  async destroy(bridgeId: string): Promise<void> {
    await orGone(this.#ari.request('bridges', 'destroy', { bridgeId })).catch(ignoreGone)
  }

  /** Its channels have gone back to the application when this resolves, and it is known that they have. Rejects as `untilEnded`. */
  async end(bridgeId: string): Promise<void> {
    await untilEnded(() => this.#ari.request('bridges', 'destroy', { bridgeId }))
  }

  /** The ids of everybody's bridges. */
  async list(): Promise<string[]> {
    return listed.parse(await orGone(this.#ari.request('bridges', 'list'))).map(({ id }) => id)
  }
}
