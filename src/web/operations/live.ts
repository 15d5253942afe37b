/** Renews the sections of the operators' page. */
import type { FastifyInstance } from 'fastify'
import { type Language, languages } from '../../languages.ts'
import type { Runtime } from '../../runtime.ts'
import { LiveSections } from '../live-sections.ts'
import { Refused } from '../server.ts'
import type { Words } from '../words.ts'
import { sectionsOf } from './sections.ts'
import type { Overview } from './shown.ts'

export interface LiveParts {
  readonly runtime: Runtime
  readonly words: Readonly<Record<Language, Words>>
  readonly overview: () => Promise<Overview>
  readonly troubled: (error: unknown) => void
}

export function serveLive(app: FastifyInstance, { words, overview, runtime, troubled }: LiveParts): void {
  const live = new LiveSections({ runtime, troubled, seen: overview, sectionsOf })
  app.get<{ Querystring: { lang?: string } }>('/live', async (request, reply) => {
    const language = languages.find(each => each === request.query.lang) ?? 'en'
    const stream = live.read(words[language])
    if (stream === undefined) throw new Refused(429, 'too-many')
    return reply.type('text/event-stream; charset=utf-8').send(stream)
  })
  app.addHook('preClose', async () => live.close())
}
