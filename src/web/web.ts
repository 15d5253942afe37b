/** Opens a payee's web: its pages, the API for its shops, and what carries notices to them, on a server of its own. */
import type { FastifyInstance } from 'fastify'
import type { Notices } from '../merchant/till/notices.ts'
import { type ApiParts, serveApi } from './api/serve-api.ts'
import { type PagesParts, servePages } from './serve-pages.ts'
import { bareServer, listen, type OpenServer, type WebPlace } from './server.ts'
import { Webhooks } from './webhooks.ts'

export type { OpenServer, WebPlace } from './server.ts'

export interface PayeeParts extends Omit<PagesParts, 'isHttps'>, Omit<ApiParts, 'url'> {
  readonly notices: Notices
  /** Where browsers and programs find it. */
  readonly url?: string
}

export async function openPayeeWeb(place: WebPlace, parts: PayeeParts): Promise<OpenServer> {
  const server = await listen(await payeeWeb(place, parts), place)
  const webhooks = new Webhooks(parts)
  return {
    url: server.url,
    close: async () => {
      await webhooks.close()
      await server.close()
    },
  }
}

/** Its pages and its API, listening nowhere. */
export async function payeeWeb(place: WebPlace, parts: PayeeParts): Promise<FastifyInstance> {
  const app = bareServer(place, parts.runtime)
  servePages(app, { ...parts, isHttps: place.isHttps })
  await serveApi(app, { ...parts, url: parts.url ?? `${place.isHttps ? 'https' : 'http'}://${place.names[0]}` })
  return app
}
