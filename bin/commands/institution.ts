/**
 * `tonebank institution`: one institution as its own process. It connects to Asterisk last of all, when it is ready to
 * serve, and on its way out lets the calls in progress come to their end.
 */
import { drainVariable } from '../../dialplan/extensions.ts'
import { smtpSender } from '../../src/confirmations/smtp.ts'
import type { IntentId } from '../../src/ids.ts'
import { countOpenAlarms } from '../../src/institution/alarm-book.ts'
import type { Keeping } from '../../src/institution/premises.ts'
import { httpEntrance, httpTransport } from '../../src/mail/http-transport.ts'
import { workOf } from '../../src/merchant/information/catalogue.ts'
import type { Asset } from '../../src/money.ts'
import {
  asterisksOf,
  type Brief,
  dismissedEarly,
  entryOf,
  keeperOf,
  mailServerIn,
  receiveBrief,
  tellParent,
  untilDismissed,
  type WebBrief,
  webUrl,
} from '../../src/operations/brief.ts'
import { CallBook } from '../../src/operations/call-book.ts'
import { Captions } from '../../src/operations/captions.ts'
import { closeAll } from '../../src/operations/close-all.ts'
import { consoleCalls } from '../../src/operations/console-call.ts'
import { Duty, dutyHandlers } from '../../src/operations/duty.ts'
import { healthOf } from '../../src/operations/health.ts'
import type { InstitutionEntry } from '../../src/operations/installation/schema.ts'
import { logFileIn, openLog } from '../../src/operations/log.ts'
import { watchLoopDelay } from '../../src/operations/loop-delay.ts'
import { Metrics } from '../../src/operations/metrics.ts'
import { NamesToSpeak, withNames } from '../../src/operations/names-to-speak.ts'
import { type OpenInstitution, openInstitution } from '../../src/operations/open-institution.ts'
import { overviewOf } from '../../src/operations/overview.ts'
import { contract } from '../../src/operations/owner/contract.ts'
import { serveOwner } from '../../src/operations/owner/serve.ts'
import { places } from '../../src/operations/places.ts'
import { speechOf, writtenSpeech } from '../../src/operations/prompts.ts'
import type { Drained } from '../../src/operations/shown.ts'
import { callLog } from '../../src/operations/traces/call-log.ts'
import { collectorIn } from '../../src/operations/traces/collector.ts'
import { Traces } from '../../src/operations/traces/traces.ts'
import type { AsteriskLine } from '../../src/phone/asterisk/asterisk-line.ts'
import { type ConnectedEverywhere, connectEverywhere } from '../../src/phone/asterisk/connect-everywhere.ts'
import { CareQueue } from '../../src/phone/care/queue.ts'
import { serveCall } from '../../src/phone/serve-call.ts'
import { nextTurn, systemRuntime, withDeadline } from '../../src/runtime.ts'
import { readManifest } from '../../src/speech/manifest.ts'
import { loadCatalogue } from '../../src/speech/speech.ts'
import type { Tracing } from '../../src/trace.ts'
import { openPost } from '../../src/web/confirmations/post.ts'
import {
  type OpenServer,
  openBankWeb,
  openCounterWeb,
  openOfficeWeb,
  openPayeeWeb,
  openProbes,
} from '../../src/web/web.ts'
import { sayPlainly } from '../plain-errors.ts'
import { scripts } from '../scripts.ts'

/** How long callers may go on talking when the network is stopped. Afterwards they are told to call again. */
const stopMs = 5_000

/** Whoever started it starts it again when it has ended, and only then. */
export async function institution(id: string): Promise<void> {
  try {
    await serveInstitution(id)
  } catch (error) {
    sayPlainly(error)
    // What it has opened, such as its entrance of letters, would keep it alive and serve nobody.
    process.exit(1)
  }
}

async function serveInstitution(id: string): Promise<void> {
  const brief = await receiveBrief()
  const { folder, prompts, clearing } = brief
  const logFile = logFileIn(folder)
  const log = openLog(folder, logFile)
  const troubled = (error: unknown) => log.error({ error: String(error) })
  const traces = new Traces({ runtime: systemRuntime, institution: id, log })
  const spans = await exportSpans(id, troubled)
  const entry = entryOf(brief)
  const speech = speechOf(prompts, entry.kind === 'merchant' ? entry.catalogue.map(workOf) : [])
  const incoming = await httpEntrance({ host: '127.0.0.1', port: clearing.port })
  const outgoing = httpTransport(systemRuntime, clearing.peers)
  const early = dismissedEarly()
  const keeping = keptHere(brief, log, early.signal)
  const mail = { incoming, outgoing }
  const open = await openInstitution(entry, folder, scripts, systemRuntime, mail, troubled, keeping, traces).catch(
    error => {
      // It has stood by until it was no longer wanted.
      if (early.signal.aborted) process.exit(0)
      throw error
    },
  )
  const came = early.heard()

  let application: ConnectedEverywhere | undefined
  const captions = new Captions(systemRuntime)
  const duty = new Duty(systemRuntime, brief.operations.drainMs)
  const telephone = { lines: Object.keys(open.scripts), standing: () => duty.standing() }
  const health = healthOf(systemRuntime, open.store, folder)
  const metrics = new Metrics({
    ...telephone,
    openAlarms: () => countOpenAlarms(open.store, entry.id),
    health,
    callBacks: open.callBacks,
    mirrorLagMs: open.mirror?.lagMs,
    confirmations: open.confirmations,
    runtime: systemRuntime,
  })
  open.store.whenCommitted(ms => metrics.committed(ms))
  const calls = new CallBook(systemRuntime)
  const overview = overviewOf({
    ...{ runtime: systemRuntime, folder, open, calls, health, standing: telephone.standing },
    soundQualities: async () => (await application?.soundQualities()) ?? new Map(),
  })
  const { care } = entry
  const queue =
    care &&
    new CareQueue({
      ...{ runtime: systemRuntime, troubled },
      accounts: care.clerks,
      waitMs: care.waitSeconds * 1_000,
    })
  const assistance = queue && open.assistance?.(queue)
  const leaving = new AbortController()
  void open.records.keepErasing(leaving.signal, before => logFile.forgetBefore(before))
  void watchLoopDelay(systemRuntime, leaving.signal, ms => metrics.loopWasLate(ms))
  const logOf = (call: string, line: string, asked?: IntentId) =>
    callLog(log, traces.begin('call', { line, call }, { isQuiet: true }), call, asked)
  const serve = (line: AsteriskLine) => {
    const { callId } = line
    const [name = '', , key] = line.args
    const script = open.scripts[name]
    if (script === undefined) throw new Error(`the dialplan names no line of ${id}`)
    const { transcript, onFault } = logOf(callId, name, line.resumed?.intent?.id)
    return serveCall(line, script, {
      speech,
      runtime: systemRuntime,
      transcript: captions.beside(metrics.beside(calls.beside(transcript, callId, name), name), key),
      onFault,
      assistance,
    })
  }
  const phone = consoleCalls({
    scripts: open.scripts,
    speech: writtenSpeech(),
    runtime: systemRuntime,
    logOf,
  })
  const names = new NamesToSpeak(systemRuntime, each => speech.learn(each), troubled)
  const handlers = {
    ...withNames(open.handlers, names),
    phone,
    captions: captions.handler,
    ...dutyHandlers(duty, systemRuntime),
    overview,
  }
  const owner = await serveOwner(folder, systemRuntime, contract, handlers, troubled, traces)
  const dismissed = untilDismissed({ came, drain: () => drain(duty, queue), end: () => duty.end() })
  process.on('SIGTERM', () => duty.terminate())
  void duty.ending.then(() => {
    queue?.close()
    tellParent('draining')
  })
  const probes = await openProbes(
    brief.operations.port,
    {
      health,
      standing: async () => duty.standing(),
      metrics,
    },
    { runtime: systemRuntime, troubled },
  ).catch(troubled)
  const wentBack =
    'the books went back in time: what was alive then is closed until two people release it (tonebank recovery)'
  open.recovery.closedAgain.then(() => log.error({ closed: wentBack }))
  if ((await open.recovery.begun) === 'closed') log.error({ closed: wentBack })
  const told = { troubled, tracing: traces }
  const web = brief.web && open.pages && (await openWeb(brief.web, open.pages, told))
  const post = postOf(brief, entry, open, troubled)
  const desk = brief.desk && open.pages && (await openDesk(brief.desk, open.pages, entry.currency, told))
  application = await connectEverywhere({
    asterisks: asterisksOf(brief),
    application: id,
    runtime: systemRuntime,
    handler: serve,
    clips: readManifest(prompts).clips.map(({ name }) => name),
    drainVariable: drainVariable(id),
    isDraining: () => duty.isDraining,
    clerks: care?.clerks ?? [],
    onNotice: notice => log.info(notice),
  })
  duty.attend(application)
  tellParent('ready')
  const end = await Promise.race([dismissed, application.replaced, duty.over])
  // Whoever asked for the end is answered before their connection closes.
  await nextTurn(systemRuntime)
  await closeAll(systemRuntime, troubled, [
    { what: 'the pages', close: () => web?.close() },
    { what: "its people's pages", close: () => desk?.close() },
    { what: 'the mail to customers', close: () => post?.close() },
    { what: 'the socket of commands', close: () => owner.close() },
  ])
  names.close()
  await leave(application, open, end !== undefined)
  leaving.abort()
  outgoing.close()
  await closeAll(systemRuntime, troubled, [
    { what: 'the probes', close: () => probes?.close() },
    { what: 'the entrance of letters', close: () => incoming.close() },
    { what: 'the traces', close: () => spans?.close() },
  ])
  process.disconnect?.()
}

/** What customers are told in writing leaves from the process that serves them. */
function postOf(brief: Brief, entry: InstitutionEntry, open: OpenInstitution, troubled: (error: unknown) => void) {
  const server = mailServerIn(brief)
  const config = entry.kind === 'bank' ? entry.confirmations : undefined
  if (server === undefined || config === undefined || open.confirmations === undefined) return undefined
  return openPost({
    ...{ runtime: systemRuntime, bank: entry, config, confirmations: open.confirmations, troubled },
    ...{ sender: smtpSender(server), catalogue: loadCatalogue(places.phrases) },
  })
}

/** Loaded only where the environment names a collector. */
async function exportSpans(institution: string, troubled: (error: unknown) => void) {
  const collector = collectorIn(process.env)
  if (collector === undefined) return undefined
  const { SpanExport } = await import('../../src/operations/traces/export.ts')
  const spans = new SpanExport({ runtime: systemRuntime, institution, collector, troubled })
  spans.begin()
  return spans
}

/** A process whose books are another's by now ends at once: none of its answers may leave. */
function keptHere(brief: Brief, log: ReturnType<typeof openLog>, signal: AbortSignal): Keeping | undefined {
  const keeper = keeperOf(brief)
  let said = ''
  const waits = (why: string) => {
    if (said === '') tellParent('standing-by')
    if (said !== why) log.info({ standingBy: why })
    said = why
  }
  return (
    keeper && {
      ...{ keeper, signal },
      lost: cause => {
        log.error({ lost: String(cause) })
        process.exit(1)
      },
      away: cause => log.warn({ keeperAway: String(cause) }),
      back: () => log.info({ keeperBack: true }),
      ...{ standingBy: waits, preparing: waits },
    }
  )
}

/** Who hears what pages do, and what goes wrong. */
interface Told {
  readonly troubled: (error: unknown) => void
  readonly tracing: Tracing
}

async function openWeb(place: WebBrief, pages: NonNullable<OpenInstitution['pages']>, told: Told): Promise<OpenServer> {
  const parts = partsOf(place, pages, told)
  if ('payee' in pages) {
    const { payee } = pages
    return openPayeeWeb(place, { ...payee, ...parts, formKey: await payee.keyFor('forms') })
  }
  const { bank } = pages
  return openBankWeb(place, { ...bank, ...parts, formKey: await bank.keyFor('forms') })
}

/** A bank's counter, or a payee's office. */
async function openDesk(
  place: WebBrief,
  pages: NonNullable<OpenInstitution['pages']>,
  currency: Asset,
  told: Told,
): Promise<OpenServer> {
  const parts = { ...partsOf(place, pages, told), currency }
  if ('payee' in pages) {
    const { payee } = pages
    return openOfficeWeb(place, { ...payee, ...parts, formKey: await payee.keyFor('office forms') })
  }
  const { bank } = pages
  return openCounterWeb(place, { ...bank, ...parts, formKey: await bank.keyFor('counter forms') })
}

function partsOf(place: WebBrief, pages: NonNullable<OpenInstitution['pages']>, told: Told) {
  const { ownKeys } = 'payee' in pages ? pages.payee : pages.bank
  return {
    certificateEnds: ownKeys.certificateEnds,
    url: webUrl(place),
    runtime: systemRuntime,
    catalogue: loadCatalogue(places.phrases),
    ...told,
  }
}

/** Nobody waits for a clerk while it drains. */
function drain(duty: Duty, queue: CareQueue | undefined): Promise<Drained> {
  queue?.close()
  return duty.drain()
}

async function leave(application: ConnectedEverywhere, open: OpenInstitution, isDrained: boolean): Promise<void> {
  // Whoever is still talking when the time is up stays with Asterisk, for the process that comes next.
  if (isDrained) application.close()
  else await withDeadline(systemRuntime, 'the last calls', stopMs, application.drain()).catch(() => application.close())
  await open.close()
}
