/** Opens an institution's web: its pages, on a server of its own. */
import type { FastifyInstance } from 'fastify'
import { type PagesParts, servePages } from './serve-pages.ts'
import { bareServer, listen, type OpenServer, type WebPlace } from './server.ts'

export type { OpenServer, WebPlace } from './server.ts'

export type PayeeParts = Omit<PagesParts, 'isHttps'>

export async function openPayeeWeb(place: WebPlace, parts: PayeeParts): Promise<OpenServer> {
  return listen(payeeWeb(place, parts), place)
}

/** All of it, listening nowhere. */
export function payeeWeb(place: WebPlace, parts: PayeeParts): FastifyInstance {
  const app = bareServer(place, parts.runtime)
  servePages(app, { ...parts, isHttps: place.isHttps })
  return app
}
