/**
 * What machines ask of an installation as a whole, at the process that starts it: whether that lives (`/health`), whether every line takes
 * new calls (`/ready`), what the switch has counted (`/metrics`), and where each institution answers (`/targets`, as Prometheus asks by
 * its HTTP service discovery).
 */
import type { FastifyInstance } from 'fastify'

export interface Installed {
  readonly isAsteriskAnswering: () => boolean
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  standings(): Promise<
    readonly { readonly institution: string; readonly port: number; readonly ready: boolean; readonly state: string }[]
  >
}

export function serveInstalled(app: FastifyInstance, { isAsteriskAnswering, standings, metrics }: Installed): void {
  // An Asterisk that is away comes back by this process: to end it would not help.
  app.get('/health', async () => ({ healthy: true, asterisk: isAsteriskAnswering() }))
  app.get('/ready', async (_request, reply) => {
    const all = await standings()
    const asterisk = isAsteriskAnswering()
    const ready = asterisk && all.every(each => each.ready)
    const institutions = Object.fromEntries(all.map(({ institution, state }) => [institution, state]))
    return reply.code(ready ? 200 : 503).send({ ready, asterisk, institutions })
  })
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()))
  app.get('/targets', async () =>
    (await standings()).map(({ institution, port }) => ({ targets: [`127.0.0.1:${port}`], labels: { institution } })),
  )
}
