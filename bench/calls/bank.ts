/** The bank that is called: its customers, made before the measurement, and the process that serves them. */
import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { demoCustomers, demoStaff } from '../../demo/customers.ts'
import { harbour } from '../../demo/institutions.ts'
import { appointTwo, bothSign } from '../../demo/two-people.ts'
import type { BankSettings } from '../../src/bank/config.ts'
import { start } from '../../src/bank/start.ts'
import { fingerprint, type PeerCard } from '../../src/mail/peers.ts'
import { type Transports, Undeliverable } from '../../src/mail/transport.ts'
import { raiseShare } from '../../src/operations/priority.ts'
import { randomDigits, systemRuntime, withDeadline } from '../../src/runtime.ts'
import { type SealedSecret, Secret } from '../../src/secret.ts'
import type { Caller } from './script.ts'

const unlimited = { burst: 100_000, perMinute: 100_000 }

/** Harbour Bank of the demonstration, without payees, as its callers buy nothing here. */
export const bankSettings = {
  ...harbour,
  payees: [],
  // All calls come from one telephone here, hundreds a minute: what stops a guesser would stop the measurement.
  signInRates: { account: unlimited, caller: unlimited, withheld: unlimited, overall: unlimited },
} satisfies BankSettings

const [firstCustomer] = demoCustomers
if (firstCustomer === undefined) throw new Error('the demonstration has no customer')
/** All customers have one name and one balance, so that the reference dialplan, which knows none, can say them. */
export const { name: customerName, paysIn: balance } = firstCustomer
export const accountDigits = 12
export const pinDigits = 6

/** As the dialplan names the line on which cards are asked, which no bank has. */
export const cardLineName = 'card'

/** Nobody to exchange vouchers with: the callers only sign in and listen. */
export const nobodyElse: Transports = {
  outgoing: { deliver: to => Promise.reject(new Undeliverable(to, 'there is nobody else in this measurement')) },
  incoming: { listen: async () => ({ close: async () => {} }) },
}

/**
 * Opens `count` accounts with random PINs in the bank's books in `folder`. Each caller needs one of its own: sign-ins to
 * one account wait for each other, as the bank never lets two tries at one PIN run at once. `peer` is pinned, if there is one.
 */
export async function openCustomers(
  folder: string,
  count: number,
  peer?: PeerCard,
): Promise<{ readonly callers: readonly Caller[]; readonly card: PeerCard }> {
  const running = await start({ ...bankSettings, folder }, systemRuntime, nobodyElse)
  const { bank, teller, close } = running
  const { maker, checker } = await appointTwo(running.decisions, systemRuntime, demoStaff)
  const staff = { maker: maker.signer, checker: checker.signer }
  if (peer !== undefined) {
    const request = { card: peer, fingerprint: fingerprint(peer) }
    const { done, outcome } = await bothSign(running, systemRuntime, staff, 'pin-peer', request)
    if (!done) throw new Error(`the peer was not pinned: ${outcome}`)
  }
  const callers: Caller[] = []
  let begun = 0
  const openNext = async () => {
    if (begun++ >= count) return
    const account = await teller.drawAccountNumber()
    const pin = randomDigits(systemRuntime, pinDigits)
    await teller.openCustomer({ account, name: customerName, pin: new Secret(pin) })
    await bothSign(running, systemRuntime, staff, 'pay-in', { account, minor: balance.minor })
    // They have called before: most callers of a bank have.
    await bank.rememberLanguage({ account, language: 'en' })
    callers.push({ account, pin })
    await openNext()
  }
  // Their PINs are hashed on all cores, and what they write shares commits.
  await Promise.all([openNext(), openNext(), openNext(), openNext()])
  await close()
  return { callers, card: running.card }
}

export interface BankOrder {
  readonly folder: string
  readonly soundsFolder: string
  readonly ari: { readonly url: string; readonly user: string; readonly password: SealedSecret }
  readonly mostCalls: number
  /** Where it listens for its peers, if it has any. */
  readonly mailPort?: number | undefined
}

/** A process whose processor time the kernel counts apart from ours. */
export interface MeasuredProcess {
  readonly pid: number
  stop(): Promise<void>
}

/** Starts the bank's process as the supervisor does, and returns once it takes calls. */
export function startBank(order: BankOrder): Promise<MeasuredProcess> {
  return startMeasured('the bank', fileURLToPath(new URL('./bank-program.ts', import.meta.url)), order)
}

/** Both applications start alike, with the same share of the processor. */
export async function startMeasured(name: string, program: string, order: Serializable): Promise<MeasuredProcess> {
  const child = fork(program, [], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  })
  child.send(order)
  await withDeadline(systemRuntime, `${name} starting`, 30_000, Promise.race([once(child, 'message'), ended(child)]))
  if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
  process.stderr.write(`${name} runs with ${raiseShare(child.pid)} priority\n`)
  return {
    pid: child.pid ?? -1,
    async stop() {
      const gone = ended(child)
      if (child.connected) child.send('stop')
      await withDeadline(systemRuntime, `${name} stopping`, 10_000, gone).catch(() => child.kill('SIGKILL'))
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
