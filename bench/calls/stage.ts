/** Sets everything up in a folder of ours alone, and clears it away: prompts, customers, Asterisk, the bank, the callers. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { demoNames } from '../../demo/names.ts'
import { extensionsConf } from '../../dialplan/extensions.ts'
import { readTools } from '../../setup/tools.mjs'
import { defaultCost, HashPool } from '../../src/keys/hash-pool.ts'
import type { PeerCard } from '../../src/mail/peers.ts'
import { ariBrief } from '../../src/operations/brief.ts'
import { places } from '../../src/operations/places.ts'
import { makePrompts, speechOf } from '../../src/operations/prompts.ts'
import { randomDigits, systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import type { SipAccount } from '../../src/switch/contract.ts'
import { freePort, freeRtpRange } from '../../src/switch/ports.ts'
import { startSwitch } from '../../src/switch/switch.ts'
import {
  accountDigits,
  balance,
  bankSettings,
  cardLineName,
  customerName,
  type MeasuredProcess,
  openCustomers,
  pinDigits,
  startBank,
} from './bank.ts'
import { bareApplication, bareNumber, startBare, verifiersOf } from './bare.ts'
import { capturedPayloadBytes } from './capture.ts'
import { writePresses } from './key-presses.ts'
import type { Side, Stage } from './phase.ts'
import { beginnings, heardPrompts } from './prompts.ts'
import { referenceDialplan, referenceNumber } from './reference.ts'
import { authentication, scenarioXml } from './scenario.ts'
import { callersFile, callMs, presses, type ScriptLength, signInAndListen } from './script.ts'

export interface WholeStage extends Stage {
  readonly ours: Side
  readonly bare: Side
  readonly reference: Side
  readonly callMs: number
  readonly asteriskVersion: string
  /** Processor time of one PIN check. */
  readonly pinCheckMs: number
  /** The bank's. */
  readonly bankCard: PeerCard
  /** The one that places all calls. */
  readonly account: SipAccount
  clear(): Promise<void>
}

/** Where the bank listens for a peer, which it has pinned. */
interface Mail {
  readonly port: number
  readonly peer: PeerCard
}

type Plan = ScriptLength & { readonly mostConcurrent: number }

const bankNumber = '9001'
/** Where the bank asks cards: see `bench/frames`. */
export const cardNumber = '9009'
const phone = 'bench'

export async function setStage(plan: Plan, mail?: Mail): Promise<WholeStage> {
  if (process.getuid?.() !== 0) throw new Error('the call benchmark needs root: sipp sends keys from a raw socket')
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-bench-calls-'))
  const toClear: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const clear = async () => {
    for (const each of toClear.splice(0).reverse()) await each()
  }
  try {
    return await fill(folder, { ...plan, mail }, toClear, clear)
  } catch (error) {
    await clear()
    throw error
  }
}

async function fill(
  folder: string,
  plan: Plan & { readonly mail: Mail | undefined },
  toClear: (() => Promise<void> | void)[],
  clear: () => Promise<void>,
): Promise<WholeStage> {
  const tools = readTools(places.checkout)
  const prompts = await openPrompts()
  const script = signInAndListen(accountDigits, pinDigits, plan)

  // A caller comes again only after all others have called: by then the earlier call of its account has ended.
  process.stderr.write('opening accounts …\n')
  const { callers, card: bankCard } = await openCustomers(
    join(folder, 'bank'),
    Math.ceil(plan.mostConcurrent * 1.1) + 1,
    plan.mail?.peer,
  )

  const rtpPorts = plan.mostConcurrent * 4
  const rtpFirst = await freeRtpRange(systemRuntime, '127.0.0.1', rtpPorts)
  const lines = [
    { number: bankNumber, institution: bankSettings.id, line: 'bank' },
    { number: cardNumber, institution: bankSettings.id, line: cardLineName },
    { number: bareNumber, institution: bareApplication, line: 'bare' },
  ]
  // One account places them all.
  const dialplan = extensionsConf(lines, plan.mostConcurrent * 2)
  const switchBoard = await startSwitch(
    {
      dataFolder: folder,
      templatesFolder: places.asteriskTemplates,
      tools,
      soundsFolder: prompts.folder,
      dialplan: dialplan + referenceDialplan(prompts.heard, accountDigits, pinDigits),
      institutions: [bankSettings.id, bareApplication],
      phones: [phone],
      ports: { rtpFirst, rtpLast: rtpFirst + rtpPorts - 1 },
      log: line => process.stderr.write(`${line}\n`),
    },
    systemRuntime,
  )
  toClear.push(() => switchBoard.stop())
  const bank: MeasuredProcess = await startBank({
    folder: join(folder, 'bank'),
    soundsFolder: prompts.folder,
    ari: ariBrief(switchBoard.ariFor(bankSettings.id)),
    mostCalls: plan.mostConcurrent * 2,
    mailPort: plan.mail?.port,
  })
  toClear.push(() => bank.stop())
  const bare = await startBare({
    ari: ariBrief(switchBoard.ariFor(bareApplication)),
    verifiers: await verifiersOf(callers),
    prompts: prompts.heard,
  })
  toClear.push(() => bare.stop())

  const work = join(folder, 'sipp')
  const keysFolder = join(work, 'keys')
  writePresses(keysFolder, presses(script))
  const [account] = switchBoard.accounts
  if (account === undefined) throw new Error('the switch has no account')
  const sipUser = { user: phone, authorization: authentication(phone, account.password.reveal()) }
  const stage = {
    folder: work,
    scenarioFile: secretFile(join(work, 'scenario.xml'), scenarioXml(script, keysFolder, sipUser)),
    callersFile: secretFile(join(work, 'callers.csv'), callersFile(callers)),
    presses: presses(script),
    beginnings: beginnings(prompts.heard, prompts.folder, capturedPayloadBytes - 12),
    target: switchBoard.sip,
    mediaPort: await portOutside(rtpFirst, rtpFirst + rtpPorts - 1),
  }
  const asterisk = switchBoard.pid ?? -1
  return {
    ...stage,
    ours: { name: 'ours', number: bankNumber, pids: [asterisk, bank.pid] },
    bare: { name: 'bare', number: bareNumber, pids: [asterisk, bare.pid] },
    reference: { name: 'reference', number: referenceNumber, pids: [asterisk] },
    callMs: callMs(script),
    asteriskVersion: await versionOf(tools.asterisk),
    pinCheckMs: await measurePinCheck(),
    bankCard,
    account,
    clear,
  }
}

/** The checkout's own generation: what `npm start` would play. */
async function openPrompts() {
  const { folder } = await makePrompts({ names: demoNames, works: [] })
  return {
    folder,
    heard: heardPrompts(speechOf(folder), { bank: bankSettings.name, customer: customerName, balance }),
  }
}

/** For the callers' media: Asterisk gives the ports of its range to calls, one after another. */
async function portOutside(first: number, last: number): Promise<number> {
  for (;;) {
    const port = await freePort(systemRuntime, 'udp', '127.0.0.1')
    if (port < first - 1 || port > last) return port
  }
}

function secretFile(path: string, text: string): string {
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
  return path
}

async function versionOf({ command, args, env }: { command: string; args: string[]; env: Record<string, string> }) {
  const { stdout } = await promisify(execFile)(command, [...args, '-V'], {
    env: { ...process.env, ...env },
    timeout: 10_000,
  })
  return stdout.trim().replace(/^Asterisk /, '')
}

/** One PIN check at the cost that the bank uses, measured on this machine while it is at rest. */
async function measurePinCheck(): Promise<number> {
  const pool = new HashPool(systemRuntime, { parallel: 1, queueLimit: 0 })
  const times = 5
  const before = process.cpuUsage()
  for (let n = 0; n < times; n++) {
    const secret = new Secret(randomDigits(systemRuntime, pinDigits))
    await pool.hash(secret, systemRuntime.random(16), defaultCost, 'caller')
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / times
}
