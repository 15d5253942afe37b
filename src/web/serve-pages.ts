/**
 * Serves an institution's pages: makes a `Visit` of each request, asks the page, and writes what it shows. What is the same for
 * all pages is here: language, cookies, the token of a form, and the one page of errors.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { drawIntentId, parseIntentId } from '../ids.ts'
import { type Language, languages, type SpokenName } from '../languages.ts'
import type { Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import type { Catalogue } from '../speech/speech.ts'
import type { Tracing } from '../trace.ts'
import { cookiesIn, setCookie } from './cookies.ts'
import { readFiles, type TelephoneScripts } from './files.ts'
import { Form } from './form.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'
import type { Answer, PageOf, Shown, VisitOf } from './page.ts'
import { Refused } from './server.ts'
import { asksIn, tellFault, traceOf, traceRequests } from './traced-requests.ts'
import { Visitors } from './visitors.ts'
import { Words } from './words.ts'

/** What an institution's pages are made of. `S`: what a visitor proves; `V`: what its pages see of a request. */
export interface Site<S, V> {
  readonly house: SpokenName
  /** What the strip calls the house, and what stands at the foot of each page. */
  readonly label:
    | 'page.strip.counter'
    | 'page.strip.office'
    | 'page.strip.payee'
    | 'page.strip.bank'
    | 'page.strip.start'
    | 'page.strip.operations'
  readonly foot:
    | 'page.counter.foot'
    | 'page.office.foot'
    | 'page.foot'
    | 'page.bank.foot'
    | 'page.start.foot'
    | 'page.start.foot.network'
    | 'page.operations.foot'
  readonly timeZone: string
  readonly pages: readonly PageOf<V>[]
  /** Whoever does nothing for so long, and everybody after the other, proves it again. */
  readonly sessions: { readonly idleMs: number; readonly longestMs: number }
  readonly visitOf: (visit: VisitOf<S>) => V
  /**
   * Whether what was proved then proves anything still: a password that was changed since does not. `sent`: with a form, for
   * sites whose edge compares by itself, and knows what a second click comes to.
   */
  readonly isOpen: (session: S, how: 'asked' | 'sent') => Promise<boolean>
}

export interface SiteParts {
  readonly runtime: Runtime
  readonly catalogue: Catalogue
  /** Of the institution, the same after each start. */
  readonly formKey: Secret
  readonly isHttps: boolean
  readonly troubled: (error: unknown) => void
  /** The telephone of pages that have one. */
  readonly telephoneScripts?: TelephoneScripts | undefined
  /** The certificate that browsers are shown ends within two weeks. */
  readonly certificateEnds?: (file: string, end: number) => Promise<void>
  readonly tracing?: Tracing | undefined
}

const languageDays = 365
const formType = 'application/x-www-form-urlencoded'

export function servePages<S, V>(app: FastifyInstance, place: Site<S, V>, parts: SiteParts): void {
  const { runtime, catalogue, isHttps, troubled } = parts
  traceRequests(app, parts.tracing)
  const files = readFiles(parts.telephoneScripts)
  const visitors = new Visitors<S>(runtime, parts.formKey, place.sessions)
  const words = Object.fromEntries(
    languages.map(language => [language, new Words(catalogue, language, place.timeZone)]),
  ) as Record<Language, Words>

  for (const { url, type, content } of files.all) {
    app.get(url, (_request, reply) =>
      reply.header('cache-control', 'public, max-age=31536000, immutable').type(type).send(content),
    )
  }

  app.register(async site => {
    site.addContentTypeParser(formType, { parseAs: 'string' }, (_request, body, done) =>
      done(null, new Form(`${body}`)),
    )
    site.setErrorHandler((error: FastifyError, request, reply) => {
      const status = error instanceof Refused ? error.statusCode : (error.statusCode ?? 500)
      if (status >= 500) tellFault(request, error, troubled)
      return send(reply, request, wordsOf(request), errorPage(wordsOf(request), status))
    })
    for (const page of place.pages) {
      site.get(page.path, (request, reply) => serve(request, reply, page, visit => page.ask(visit)))
      const { answer } = page
      if (answer === undefined) continue
      site.post(page.path, (request, reply) => {
        const form = request.body instanceof Form ? request.body : new Form('')
        return serve(request, reply, page, (visit, id) => {
          assertOurForm(request, visitors.isFormToken(form.text('token'), id, page.path))
          asksIn(request, form.text('intent'))
          return answer(visit, form)
        })
      })
    }
  })
  app.setNotFoundHandler((request, reply) => send(reply, request, wordsOf(request), errorPage(wordsOf(request), 404)))
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) tellFault(request, error, troubled)
    return send(reply, request, wordsOf(request), errorPage(wordsOf(request), status))
  })

  async function serve(
    request: FastifyRequest,
    reply: FastifyReply,
    { path, isQuiet = false }: Pick<PageOf<V>, 'path' | 'isQuiet'>,
    talk: (visit: V, id: string) => Promise<Answer>,
  ): Promise<FastifyReply> {
    const sent = cookiesIn(request.headers, isHttps).get('visitor')
    // An id that we did not draw is none.
    const id = sent !== undefined && parseIntentId(sent) !== undefined ? sent : visitors.drawId()
    if (id !== sent) reply.header('set-cookie', setCookie('visitor', id, isHttps))
    const query = queryOf(request)
    const chosen = languages.find(language => language === query.text('lang'))
    if (chosen) reply.header('set-cookie', setCookie('language', chosen, isHttps, languageDays))
    const how = request.method === 'GET' ? 'asked' : 'sent'
    const session = isQuiet ? visitors.openTo(id) : visitors.sessionOf(id)
    if (session !== undefined && !(await place.isOpen(session, how))) {
      visitors.close(id)
      return reply.redirect(provedOnceMore(how === 'asked' ? request.url : path), 303)
    }
    const visit = place.visitOf({
      runtime,
      words: wordsOf(request),
      origin: { channel: 'page', address: request.ip },
      query,
      here: request.url,
      session,
      drawIntent: () => {
        const intent = drawIntentId(runtime)
        traceOf(request)?.asks(intent)
        return intent
      },
      formToken: action => visitors.formToken(id, action),
      opened: session => {
        // Whoever planted an id in this browser before does not share what is opened now.
        visitors.close(id)
        const fresh = visitors.drawId()
        visitors.open(fresh, session)
        reply.header('set-cookie', setCookie('visitor', fresh, isHttps))
      },
      left: () => visitors.close(id),
      isStillOpen: async () =>
        session !== undefined && visitors.openTo(id) === session && place.isOpen(session, 'asked'),
    })
    const answer = await talk(visit, id)
    if ('goTo' in answer) return reply.redirect(answer.goTo, 303)
    if ('events' in answer) return reply.type('text/event-stream; charset=utf-8').send(answer.events)
    if ('file' in answer) {
      const disposition = `attachment; filename="${answer.file}"`
      return reply.type(answer.type).header('content-disposition', disposition).send(answer.content)
    }
    return send(reply, request, wordsOf(request), answer)
  }

  function send(reply: FastifyReply, request: FastifyRequest, said: Words, shown: Shown): FastifyReply {
    const { house, label, foot } = place
    const here = request.method === 'GET' ? request.url : (request.routeOptions.url ?? '/')
    return reply
      .code(shown.status ?? 200)
      .type('text/html; charset=utf-8')
      .header('content-language', said.tag)
      .send(layout({ words: said, house, label: said.say(label), foot: said.say(foot), here, files }, shown))
  }

  /** Chosen now, chosen before, or what the browser prefers. */
  function wordsOf(request: FastifyRequest): Words {
    const wanted = [queryOf(request).text('lang'), cookiesIn(request.headers, isHttps).get('language')]
    const known = wanted.map(each => languages.find(language => language === each)).find(Boolean)
    return words[known ?? preferred(request.headers['accept-language'])]
  }
}

/** The first of ours in the browser's list, whose order is that of preference in every browser. */
function preferred(accepted = ''): Language {
  const asked = accepted.split(',').map(each => each.trim().slice(0, 2).toLowerCase())
  return asked.map(each => languages.find(language => language === each)).find(Boolean) ?? 'en'
}

function queryOf({ url }: FastifyRequest): Form {
  const at = url.indexOf('?')
  return new Form(at < 0 ? '' : url.slice(at + 1))
}

/** Where a session that has ended is begun again, is told why, and goes on. */
function provedOnceMore(next: string): string {
  return `/?${new URLSearchParams({ ...(next.startsWith('/?') || next === '/' ? {} : { next }), ended: '1' })}`
}

/** Sent from a page of ours: by its token, and by what the browser says of where it comes from. */
function assertOurForm(request: FastifyRequest, hasToken: boolean): void {
  const site = request.headers['sec-fetch-site']
  if (!hasToken || (site !== undefined && site !== 'same-origin')) throw new Refused(403, 'forged')
}

function errorPage(words: Words, status: number): Shown {
  const key =
    status === 404
      ? 'page.error.not-found'
      : status === 429
        ? 'page.error.too-many'
        : status === 403
          ? 'page.error.old-form'
          : status < 500
            ? 'page.error.request'
            : 'page.error.fault'
  return {
    status,
    title: words.say('page.error.title'),
    body: html`<h1>${words.say('page.error.title')}</h1><p>${words.say(key)}</p><p><a href="/">${words.say('page.error.start')}</a></p>`,
  }
}
