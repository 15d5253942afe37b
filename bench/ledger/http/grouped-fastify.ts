/**
 * What someone would write by hand for speed: fastify with the same shapes of request and answer, and one commit for all requests
 * that came together, in which the recorded statements of as many redemptions are replayed. Nothing is asked, decided or hashed,
 * nobody's key is looked up, and nothing is logged. Each request is answered after the commit that holds it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastify } from 'fastify'
import { openFile } from '../../../src/store/connection.ts'
import { ById, Capture, NewCapture } from '../../../src/web/api/shapes.ts'
import { preparedSteps, type RecordedCommand } from '../raw-commits.ts'

export interface GroupedFastify {
  readonly port: number
  /** Requests to a commit, on average. */
  group(): number
  close(): Promise<void>
}

/** `commands`: one is replayed for each request, in order. `before`: the database as it was when the first of them began. */
export async function groupedFastify(
  before: Uint8Array,
  commands: readonly RecordedCommand[],
): Promise<GroupedFastify> {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-bench-fastify-'))
  const file = join(folder, 'raw.db')
  writeFileSync(file, before)
  const database = openFile(file)
  const steps = preparedSteps(database, commands)
  // Every page is read once, as ours are in its cache, too.
  database.serialize()
  const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')]
  let [done, commits] = [0, 0]
  let waiting: (() => void)[] = []

  const flush = () => {
    const answers = waiting
    waiting = []
    begin.run()
    for (const _ of answers) for (const { perform, values } of steps[done++] ?? []) perform(...values)
    commit.run()
    commits++
    for (const answer of answers) answer()
  }
  const committed = () =>
    new Promise<void>(resolve => {
      if (waiting.push(resolve) === 1) setImmediate(flush)
    })

  const app = fastify({ logger: false })
  const schema = { params: ById, body: NewCapture, response: { 201: Capture } }
  app.post('/api/v1/authorisations/:id/captures', { schema }, async (request, reply) => {
    const { id } = request.params as { id: string }
    const { amount } = request.body as { amount: number }
    if (done + waiting.length >= steps.length) throw new Error('no redemption is left to replay')
    await committed()
    const answer = { id, authorisation: id, amount, currency: 'CNY', reference: '100001', left: 1 }
    return reply.code(201).send(answer)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    port: (app.server.address() as AddressInfo).port,
    group: () => Math.round(done / commits),
    close: async () => {
      await app.close()
      database.close()
      rmSync(folder, { recursive: true })
    },
  }
}
