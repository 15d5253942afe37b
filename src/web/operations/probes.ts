/**
 * What machines ask an institution's process: whether it lives (`/health`), whether new calls should be sent to it (`/ready`), and what it has
 * counted (`/metrics`). They say nothing of any caller, and are served on the loopback alone.
 */
import type { FastifyInstance } from 'fastify'

export interface Probes {
  /** Alive, and the books take what is written. */
  health(): Promise<{ readonly healthy: boolean; readonly why?: string }>
  /** `state`: in one word, why or why not. */
  standing(): Promise<{ readonly ready: boolean; readonly state: string }>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
}

export function serveProbes(app: FastifyInstance, { health, standing, metrics }: Probes): void {
  app.get('/health', async (_request, reply) => {
    const answer = await health()
    return reply.code(answer.healthy ? 200 : 503).send(answer)
  })
  app.get('/ready', async (_request, reply) => {
    const { ready, state } = await standing()
    return reply.code(ready ? 200 : 503).send({ ready, state })
  })
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()))
}
