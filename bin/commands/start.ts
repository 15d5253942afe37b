/**
 * `tonebank start`: the whole demonstration. Institutions, prompts, one Asterisk, and each institution as its own process
 * beside it; then a card that says what to dial. Ctrl-C stops it all in the opposite order.
 */
import { mkdirSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createDemo } from '../../demo/demo.ts'
import { demoNames } from '../../demo/names.ts'
import { extensionsConf } from '../../dialplan/extensions.ts'
import { lines } from '../../dialplan/lines.ts'
import { readTools } from '../../setup/tools.mjs'
import { ariBrief } from '../../src/operations/brief.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { installationAt, places } from '../../src/operations/places.ts'
import { type Supervised, supervise } from '../../src/operations/supervisor.ts'
import { type Runtime, systemRuntime } from '../../src/runtime.ts'
import { lockFolder } from '../../src/store/lock.ts'
import { asteriskPlace } from '../../src/switch/asterisk-place.ts'
import { freePort } from '../../src/switch/ports.ts'
import { type Switch, startSwitch } from '../../src/switch/switch.ts'
import { cardText, writeCard } from '../card.ts'
import { institutionIds } from '../open-institution.ts'
import { makePrompts } from '../prompts.ts'

export interface StartOptions {
  readonly data: string
  readonly lan?: boolean
  readonly port?: number
}

const phones = ['phone1', 'phone2']
const networkPhones = ['lan1', 'lan2']

export async function start({ data, lan, port }: StartOptions): Promise<void> {
  const runtime = systemRuntime
  const installation = installationAt(data)
  // Before anything else: a second start would write a configuration over that of the Asterisk that runs.
  mkdirSync(installation.data, { recursive: true, mode: 0o700 })
  const lock = lockFolder(installation.data)
  const demo = await createDemo(installation.institutions, runtime, {
    progress: (done, of, step) => say(`institutions: ${done < of ? step : 'ready'} (${done} of ${of})`),
  })
  const { folder: prompts, clips } = await makePrompts(demoNames)
  say(`prompts: ${clips} clips, measured`)

  const stopped = untilInterrupted()
  const running = await startSwitch(
    {
      dataFolder: installation.data,
      templatesFolder: places.asteriskTemplates,
      tools: readTools(places.checkout),
      soundsFolder: prompts,
      dialplan: extensionsConf(lines),
      institutions: institutionIds,
      phones,
      ...asteriskPlace(process.env),
      ...(lan ? { network: { host: lanAddress(), phones: networkPhones } } : {}),
      ...(port === undefined ? {} : { ports: { sip: port } }),
      customaryPorts: true,
      log: say,
    },
    runtime,
  )
  try {
    const institutions = await supervise(await briefs(installation.institution, prompts, running, runtime), {
      runtime,
      program: join(places.checkout, 'bin/tonebank.ts'),
      say,
      onAway: async name => {
        const told = await running.release(name)
        if (told > 0) say(`${name} is away: ${told} caller(s) were told to call again`)
      },
    })
    const card = cardText(demo, running)
    writeCard(installation.card, card)
    process.stdout.write(`\n${card}\nCtrl-C stops everything.\n`)
    await stopped
    say('stopping')
    await institutions.stop()
  } finally {
    await running.stop()
    lock.release()
  }
}

/** Each institution listens on a port of its own, which the others are told. */
async function briefs(
  folderOf: (id: string) => string,
  prompts: string,
  running: Switch,
  runtime: Runtime,
): Promise<Supervised[]> {
  const ports = new Map<string, number>()
  for (const id of institutionIds) ports.set(id, await freePort(runtime, 'tcp', '127.0.0.1'))
  const peers = Object.fromEntries([...ports].map(([id, port]) => [id, `http://127.0.0.1:${port}`]))
  return [...ports].map(([name, port]) => ({
    name,
    brief: { folder: folderOf(name), prompts, ari: ariBrief(running.ariFor(name)), clearing: { port, peers } },
  }))
}

/** Resolves at Ctrl-C, or when a supervisor asks us to end. */
function untilInterrupted(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
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
