/**
 * The whole demonstration, started as a newcomer starts it and seen from outside only: its card of accounts, its SIP
 * users, its logs, its books.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '../../../src/secret.ts'
import type { SipAccount } from '../../../src/switch/contract.ts'
import { root } from './asterisk.ts'
import { InstitutionLog } from './institution-log.ts'

export interface Customer {
  /** Id of the bank that has the account. */
  readonly bank: string
  readonly account: string
  readonly pin: string
  readonly paidInMinor: string
  readonly name: { readonly en: string; readonly zh: string }
  /** Of whoever has one. `file`: below the data folder. */
  readonly card?: { readonly file: string; readonly pin: string; readonly password: string }
}

export interface Network {
  readonly dataFolder: string
  readonly server: { readonly host: string; readonly port: number }
  readonly customers: readonly Customer[]
  readonly process: ChildProcess
  /** Everything that it wrote on the terminal. */
  readonly printed: () => string
  phoneAccount(user: string): Pick<SipAccount, 'user' | 'password'>
  /** A log of its own for each who asks, so that nobody skips another's lines. */
  log(institution: string): InstitutionLog
  /** What a sub-command of `tonebank` says of this installation, and its exit status. */
  command(...command: readonly string[]): Promise<{ readonly status: number; readonly text: string }>
  /** What `tonebank audit` says, and its exit status. */
  audit(): Promise<{ readonly status: number; readonly text: string }>
  /** As Ctrl-C; resolves when everything has ended. */
  stop(): Promise<void>
  remove(): void
}

const startWithinMs = 120_000

/**
 * A new network; its institutions are made at its start, unless something puts them into its folder.
 * @param args further arguments of `tonebank start` @param prepare puts into the folder what is to be there before
 */
export async function startNetwork(
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  prepare: (dataFolder: string) => Promise<void> = async () => {},
): Promise<Network> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'tonebank-network-'))
  await prepare(dataFolder)
  const child = tonebank(['start', '--data', dataFolder, ...args], env)
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', text => (printed += text))
  await until(
    child,
    () => printed.includes('Ctrl-C stops everything'),
    () => printed,
  )

  const switchFile = JSON.parse(readFileSync(join(dataFolder, 'switch/installation.json'), 'utf8'))
  const { customers } = JSON.parse(readFileSync(join(dataFolder, 'institutions/customers.json'), 'utf8'))
  const command = (...words: readonly string[]) => finished(tonebank([...words, '--data', dataFolder], {}))
  return {
    dataFolder,
    server: { host: '127.0.0.1', port: switchFile.ports.sip },
    customers,
    process: child,
    printed: () => printed,
    phoneAccount: user => ({ user, password: new Secret(switchFile.phonePasswords[user]) }),
    log: id => new InstitutionLog(join(dataFolder, 'institutions', id, 'log.ndjson')),
    command,
    audit: () => command('audit'),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGINT')
      await gone
    },
    remove: () => rmSync(dataFolder, { recursive: true, force: true }),
  }
}

function tonebank(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const program = [join(root, 'bin/tonebank.mjs'), ...args]
  return spawn(process.execPath, program, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function until(child: ChildProcess, isSo: () => boolean, printed: () => string): Promise<void> {
  const deadline = performance.now() + startWithinMs
  while (!isSo()) {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}:\n${printed()}`)
    if (performance.now() > deadline) throw new Error(`it did not start:\n${printed()}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

async function finished(child: ChildProcess): Promise<{ status: number; text: string }> {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', piece => (text += piece))
  const [status] = await once(child, 'close')
  return { status, text }
}
