/**
 * The demonstration as `npm start` runs it, with accounts for so many callers: seen from outside only, by its commands' socket, its
 * operators' page and its telephones.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoPassphrase, demoStaff } from '../../demo/customers.ts'
import { harbour } from '../../demo/institutions.ts'
import { bothSign } from '../../demo/two-people.ts'
import type { AccountNumber } from '../../src/ids.ts'
import { personKeyOf } from '../../src/keys/person-folder.ts'
import { openPersonKey, type Signer } from '../../src/keys/person-key.ts'
import { askOwner } from '../../src/operations/owner/ask.ts'
import { type Contract, contract } from '../../src/operations/owner/contract.ts'
import type { OutcomeOf, RequestOf } from '../../src/operations/owner/operation.ts'
import { places } from '../../src/operations/places.ts'
import { systemRuntime } from '../../src/runtime.ts'
import type { Caller } from '../calls/script.ts'

/** A caller of this installation: an account at the bank, and the telephone that it is called from. */
export interface InstallationCaller extends Caller {
  readonly account: AccountNumber
  readonly phone: string
  readonly password: string
}

export interface RunningInstallation {
  /** The operators' page. */
  readonly operations: string
  readonly target: { readonly host: string; readonly port: number }
  readonly process: ChildProcess
  passwordOf(phone: string): string
  ended(): Promise<void>
}

const startWithinMs = 300_000
/** The dialplan lets four calls of a telephone through at once; between two calls of a caller there is a moment. */
const callsPerPhone = 3
/** Paid in for each, in minor units. */
const paidIn = 50_000n

/** Its file: more telephones, more in stock, and no limit of tries, as all callers are on one machine. */
export function writeFile(folder: string, callers: number): void {
  const phones = Array.from({ length: Math.ceil(callers / callsPerPhone) }, (_, n) => phoneNamed(n))
  const demonstration = readFileSync(join(places.checkout, 'demo/tonebank.yaml'), 'utf8')
  const unlimited = '{ burst: 100000, perMinute: 100000 }'
  const rates = ['account', 'caller', 'withheld', 'overall'].map(whose => `${whose}: ${unlimited}`).join(', ')
  const changes = [
    ['phones: [phone1, phone2]', `phones: [${phones.join(', ')}]`],
    [
      '    stock: { lowWater: 3, orderCount: 12 }',
      `    signInRates: { ${rates} }\n    stock: { lowWater: 80, orderCount: 160 }`,
    ],
  ] as const
  const text = changes.reduce((written, [what, by]) => {
    if (!written.includes(what)) throw new Error(`demo/tonebank.yaml has no ${what}`)
    return written.replace(what, by)
  }, demonstration)
  writeFileSync(join(folder, 'tonebank.yaml'), text)
}

const phoneNamed = (n: number) => `load${n}`

/** A folder of ours alone. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-bench-load-'))
  mkdirSync(join(folder, 'sipp'))
  return folder
}

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true })

/** `tonebank start`. Resolves once it takes calls. */
export async function startInstallation(folder: string): Promise<RunningInstallation> {
  const program = [join(places.checkout, 'bin/tonebank.mjs'), 'start', '--data', folder]
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (printed += text))
  const deadlineMs = systemRuntime.monotonicMs() + startWithinMs
  while (!printed.includes('Ctrl-C stops everything')) {
    if (child.exitCode !== null || systemRuntime.monotonicMs() > deadlineMs)
      throw new Error(`the installation did not start: ${printed.slice(-2_000)}`)
    await systemRuntime.sleep(100)
  }
  const operations = /Operators look at (\S+)\.\n/.exec(printed)?.[1] ?? ''
  const { ports, phonePasswords } = JSON.parse(readFileSync(join(folder, 'switch/installation.json'), 'utf8'))
  return {
    operations,
    target: { host: '127.0.0.1', port: ports.sip },
    process: child,
    passwordOf: phone => phonePasswords[phone],
    ended: async () => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

const bankFolder = (folder: string) => join(folder, 'institutions', harbour.id)

async function askBank<Kind extends keyof Contract>(
  folder: string,
  kind: Kind,
  request: RequestOf<Contract[Kind]>,
): Promise<OutcomeOf<Contract[Kind]>> {
  const asked = { kind, operation: contract[kind], request }
  return (await askOwner(bankFolder(folder), systemRuntime, asked)) as OutcomeOf<Contract[Kind]>
}

/** Opens so many accounts, and pays in at each. */
export async function openCallers(
  folder: string,
  installation: RunningInstallation,
  count: number,
): Promise<readonly InstallationCaller[]> {
  const staff = { maker: await signerOf(folder, demoStaff.maker), checker: await signerOf(folder, demoStaff.checker) }
  const { card } = await askBank(folder, 'peers.card', {})
  const decisions: Parameters<typeof bothSign>[0]['decisions'] = {
    withFacts: (kind, request) => askBank(folder, 'decisions.with-facts', { kind, request }),
    propose: signed => askBank(folder, 'decisions.propose', signed),
    approve: signed => askBank(folder, 'decisions.approve', signed),
  }
  const bank = { decisions, card }
  const callers: InstallationCaller[] = []
  for (let n = 0; n < count; n++) {
    const opened = await askBank(folder, 'customers.open', {
      name: { en: 'A Caller', zh: '来电客户' },
      isBusiness: false,
    })
    const { account, pin } = opened
    await bothSign(bank, systemRuntime, staff, 'pay-in', { account, minor: paidIn })
    const phone = phoneNamed(Math.floor(n / callsPerPhone))
    callers.push({ account, pin: pin.reveal(), phone, password: installation.passwordOf(phone) })
  }
  return callers
}

async function signerOf(folder: string, name: string): Promise<Signer> {
  const text = personKeyOf(bankFolder(folder), name)
  const signer = text === undefined ? undefined : await openPersonKey(systemRuntime, text, demoPassphrase)
  if (signer === undefined) throw new Error(`there is no key of ${name}`)
  return signer
}

/** What has left the account of a caller, in minor units. */
export async function spentBy(folder: string, { account }: InstallationCaller): Promise<bigint> {
  const shown = await askBank(folder, 'customers.show', { account })
  if (shown.outcome === 'unknown-account') throw new Error('the account of a caller is gone')
  return paidIn - shown.balance.minor
}
