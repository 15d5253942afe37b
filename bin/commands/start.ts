/**
 * `tonebank start`: an installation, as its file says: prompts, one Asterisk, and each institution as its own process
 * beside it; then a card that says what to dial. Ctrl-C stops it all in the opposite order, within seconds; SIGTERM and
 * `tonebank drain --all` first let the calls in progress come to their end. Without a file of your own it is the
 * demonstration, which is made at the first start.
 */
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { openDemo } from '../../demo/demo.ts'
import { emergencyNumbersBeside, extensionsConf, mostCallsPerPhone } from '../../dialplan/extensions.ts'
import { readTools } from '../../setup/tools.mjs'
import { keptAnswer } from '../../src/kept-answer.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { closeAll } from '../../src/operations/close-all.ts'
import { drainAsterisk } from '../../src/operations/drain-asterisk.ts'
import { tellCalls } from '../../src/operations/duty.ts'
import { prepareFolder } from '../../src/operations/installation/data-folder.ts'
import { fileOf, type Installation, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { haveScripts } from '../../src/operations/open-institution.ts'
import { startContract } from '../../src/operations/owner/contract.ts'
import type { HandlerOf } from '../../src/operations/owner/operation.ts'
import { type OwnerSocket, serveOwner } from '../../src/operations/owner/serve.ts'
import { places } from '../../src/operations/places.ts'
import { makePromptsFor } from '../../src/operations/prompts.ts'
import { type Plan, RunningInstallation } from '../../src/operations/running.ts'
import type { Drained } from '../../src/operations/shown.ts'
import { SwitchMetrics } from '../../src/operations/switch-metrics.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { loadCatalogue } from '../../src/speech/speech.ts'
import { lockFolder } from '../../src/store/lock.ts'
import { asteriskPlace } from '../../src/switch/asterisk-place.ts'
import type { Switch, SwitchOptions } from '../../src/switch/contract.ts'
import { freePort, listenNear } from '../../src/switch/ports.ts'
import { startSwitch } from '../../src/switch/switch.ts'
import type { Trunk } from '../../src/switch/trunk-edge/trunk.ts'
import { type OpenServer, openOperations } from '../../src/web/web.ts'
import { scripts } from '../scripts.ts'
import { openStartPages, type StartPages } from '../start-pages.ts'
import { trunkLinesOf, trunksOf } from '../trunks.ts'

export interface StartOptions extends Where {
  readonly lan?: boolean
  readonly port?: number
}

export async function start(options: StartOptions): Promise<void> {
  const runtime = systemRuntime
  const file = fileOf(options)
  // Before anything else: a second start would write a configuration over that of the Asterisk that runs.
  prepareFolder(file)
  const lock = lockFolder(dirname(file))
  const customers = options.config === undefined ? await openDemo(file, runtime, say) : []
  const installation = readInstallation(file)
  const told = untilTold()
  let running: Switch | undefined
  let control: OwnerSocket | undefined
  let pages: StartPages | undefined
  let operations: OpenServer | undefined
  try {
    const trunks = trunksOf(installation, runtime)
    const network = new RunningInstallation(installation, {
      makePrompts: async what => {
        const { folder, clips } = await makePromptsFor(what, join(installation.dataFolder, 'switch/sounds'))
        say(`prompts: ${clips} clips, measured`)
        return folder
      },
      openExchange: async plan => {
        running = await startSwitch(switchOptions(installation, options, plan, trunks), runtime)
        return running
      },
      reconfigure: async plan => running?.reconfigure(fromPlan(plan, trunks)),
      freePort: () => freePort(runtime, 'tcp', '127.0.0.1'),
      customers: installation.demonstration ? customers : [],
      haveScripts: installation => haveScripts(installation, scripts),
      watching: { runtime, program: join(places.checkout, 'bin/tonebank.mjs'), say },
    })
    try {
      const card = await network.start()
      const reload = async () => {
        await network.reload()
        say('the file was read again')
        return { outcome: 'reloaded' as const }
      }
      let draining: Promise<Drained> | undefined
      const drainAll = () => {
        draining ??= network.drain()
        return draining
      }
      const drain: HandlerOf<(typeof startContract)['drain']> = (_request, asker) => {
        told.drain()
        return tellCalls(drainAll(), () => network.calls(), asker, runtime)
      }
      if (running === undefined) throw new Error('the switch has not started')
      const asterisks = running
      const handlers = {
        ...{ reload, drain },
        drainAsterisk: ((request, asker) => drainAsterisk(asterisks, request, asker, runtime)) satisfies HandlerOf<
          (typeof startContract)['drainAsterisk']
        >,
      }
      control = await serveOwner(installation.dataFolder, runtime, startContract, handlers, error => say(String(error)))
      operations = await openOperationsAt(installation, running, network)
      const { demonstration, dataFolder } = installation
      const begun = { customers: demonstration ? customers : [], dataFolder, say }
      pages = await openStartPages(network, running, begun)
      const { url, networkUrl } = pages
      const elsewhere = networkUrl && `From other machines of the network, with the certificate above: ${networkUrl}\n`
      process.stdout.write(
        `\n${card}\nOperators look at ${operations.url}.\n${elsewhere ?? ''}Begin at ${url}. Ctrl-C stops everything.\n`,
      )
      if ((await told.first) === 'drain') {
        say('no new calls are taken, and everything stops after the last one; Ctrl-C stops it at once')
        await Promise.race([drainAll(), told.stopped])
      }
      say('stopping')
    } finally {
      await closeAll(runtime, error => say(String(error)), [
        { what: 'the pages', close: () => pages?.close() },
        { what: 'the socket of commands', close: () => control?.close() },
        { what: 'the institutions', close: () => network.stop(), ms: stopMs },
        { what: 'the page of operators', close: () => operations?.close() },
      ])
    }
  } finally {
    await closeAll(runtime, error => say(String(error)), [
      { what: 'Asterisk', close: () => running?.stop(), ms: stopMs },
    ])
    lock.release()
  }
}

/** The institutions, and Asterisk, are killed before by those who started them. */
const stopMs = 30_000

/** Easy to remember where nobody else has it. */
const usualOperationsPort = 8480

/** Each look asks every institution at a socket of its own, of which that takes 64; the page is renewed once a second. */
const keptMs = 1_000

/** Where an operator chose the port, nobody else may have it. */
function openOperationsAt(
  { operations: { port } }: Installation,
  running: Switch | undefined,
  network: RunningInstallation,
): Promise<OpenServer> {
  const isAsteriskAnswering = () => running?.isAnswering === true
  const security = () => running?.security()
  const trunks = () => running?.trunks() ?? []
  const asterisks = () => running?.asterisks ?? []
  const metrics = new SwitchMetrics({ isAnswering: isAsteriskAnswering, asterisks, security, trunks })
  const parts = {
    runtime: systemRuntime,
    catalogue: loadCatalogue(places.phrases),
    troubled: (error: unknown) => say(String(error)),
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    installed: {
      isAsteriskAnswering,
      metrics,
      standings: keptAnswer(systemRuntime, keptMs, () => network.standings()),
    },
    overview: keptAnswer(systemRuntime, keptMs / 2, async () => ({
      isAsteriskAnswering: isAsteriskAnswering(),
      network: security(),
      trunks: trunks(),
      institutions: await network.overviews(),
    })),
  }
  const open = (at: number) => openOperations(at, parts)
  return port === undefined ? listenNear(systemRuntime, { port: usualOperationsPort }, open) : open(port)
}

/** Pages of this machine that have a telephone at the same time. */
const mostBrowsers = 16

function switchOptions(
  installation: Installation,
  { lan, port }: StartOptions,
  plan: Plan,
  trunks: readonly Trunk[],
): SwitchOptions {
  const { phones, networkPhones, sipPort, count, callsEach } = installation.asterisk
  const sip = port ?? sipPort
  const place = asteriskPlace(process.env)
  return {
    dataFolder: installation.dataFolder,
    templatesFolder: places.asteriskTemplates,
    tools: readTools(places.checkout),
    ...fromPlan(plan, trunks),
    trunks,
    phones,
    // Where ports are published one by one, the one that a call's sound takes is not among them.
    browsers: place.publishedAddress === undefined ? mostBrowsers : 0,
    ...place,
    asterisks: {
      ...{ count, callsEach, callsPerPhone: mostCallsPerPhone },
      emergencyNumbers: emergencyNumbersBeside(plan.lines),
    },
    ...(lan ? { network: { host: lanAddress(), phones: networkPhones } } : {}),
    ...(sip === undefined ? {} : { ports: { sip } }),
    customaryPorts: true,
    log: say,
  }
}

function fromPlan({ lines, institutions, prompts }: Plan, trunks: readonly Trunk[]) {
  return { soundsFolder: prompts, dialplan: extensionsConf(lines, undefined, trunkLinesOf(trunks)), institutions }
}

interface Told {
  /** What was asked for first: `stop`, by Ctrl-C; `drain`, by a supervisor that asks us to end, or a command. */
  readonly first: Promise<'stop' | 'drain'>
  /** Ctrl-C, or a second SIGTERM. */
  readonly stopped: Promise<unknown>
  drain(): void
}

function untilTold(): Told {
  let [stop, drain] = [() => {}, () => {}]
  const stopped = new Promise<'stop'>(resolve => {
    stop = () => resolve('stop')
  })
  const drained = new Promise<'drain'>(resolve => {
    drain = () => resolve('drain')
  })
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.once(signal, stop)
  process.once('SIGTERM', () => {
    drain()
    process.once('SIGTERM', stop)
  })
  return { first: Promise.race([stopped, drained]), stopped, drain }
}

/** The address at which other machines of the network find this one. */
function lanAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  const found = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  if (found) return found.address
  throw new CannotDo('this machine has no network address: leave out --lan')
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
