/**
 * Opens one institution of an installation, whatever its kind, with the call scripts of its lines and what commands may
 * ask of it. The scripts are handed in: what is said on the telephone is a matter of `ivr/`.
 */
import { bankIdentities } from '../bank/audit.ts'
import type { Bank } from '../bank/bank.ts'
import { type RunningBank, start as startBank } from '../bank/start.ts'
import type { BackupWatch } from '../institution/backup-watch.ts'
import type { CallBacks } from '../institution/call-backs.ts'
import { type CareOffice, careOffice } from '../institution/care.ts'
import type { Keeping, RunningInstitution } from '../institution/premises.ts'
import type { BooksOf, Identity } from '../ledger/audit/identity.ts'
import type { Transports } from '../mail/transport.ts'
import { merchantIdentities } from '../merchant/audit.ts'
import { hostIdentities } from '../merchant/host/audit.ts'
import type { Host } from '../merchant/host/host.ts'
import { start as startHost } from '../merchant/host/start.ts'
import type { Information } from '../merchant/information/information.ts'
import type { Merchant } from '../merchant/merchant.ts'
import { type RunningMerchant, start as startMerchant } from '../merchant/start.ts'
import type { Call, Talk } from '../phone/call.ts'
import type { CareQueue } from '../phone/care/queue.ts'
import type { CallScript } from '../phone/serve-call.ts'
import { type Runtime, randomId } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { securitiesIdentities } from '../securities/audit/audit.ts'
import type { Securities } from '../securities/securities.ts'
import { start as startSecurities } from '../securities/start.ts'
import type { Store } from '../store/store.ts'
import type { Tracing } from '../trace.ts'
import { type CallRecord, CallRecords } from './call-records.ts'
import { CannotDo } from './cannot-do.ts'
import {
  callHandlers,
  clerkHandlers,
  counterHandlers,
  dayEndHandlers,
  officeHandlers,
  tillHandlers,
} from './handlers.ts'
import { complaintOf, type Installation } from './installation/file.ts'
import type { InstitutionEntry } from './installation/schema.ts'
import type { Contract } from './owner/contract.ts'
import type { HandlerOf, HandlersOf } from './owner/operation.ts'
import { recordedBank } from './recorded-bank.ts'

/** What is said on the lines of an institution, by their names. */
type LinesOf<Edge> = Readonly<Record<string, (call: Call, institution: Edge) => Promise<void>>>

/** What is said on the lines of each kind of institution. */
export interface Scripts {
  readonly bank: LinesOf<Bank>
  readonly merchant: LinesOf<Merchant>
  /** Of a payee with a catalogue, beside those of every payee. */
  readonly information: LinesOf<Information>
  readonly host: LinesOf<Host>
  readonly securities: LinesOf<Securities>
  readonly care: CareScripts
}

type ClerkMay = Pick<Talk, 'greeting' | 'keys'>

/** What is said to callers, of any kind of institution, who would rather talk to somebody. */
export interface CareScripts {
  readonly talk: (call: Call, desk: CareOffice & { queue: CareQueue; clerkMay: ClerkMay }) => Promise<void>
  /** What a clerk may have a caller do: of a bank, and of others. */
  readonly atBank: (call: Call, bank: Bank) => ClerkMay
  readonly elsewhere: ClerkMay
}

export interface OpenInstitution {
  /** By the name of the line in the dialplan. */
  readonly scripts: Readonly<Record<string, CallScript>>
  /** What commands may ask of it. */
  readonly handlers: HandlersOf<Contract>
  /** Whichever it is, for its pages. Undefined: it has none. */
  readonly pages: { readonly bank: RunningBank } | { readonly payee: RunningMerchant } | undefined
  /** What is said to callers who would rather talk to somebody. Undefined: there is nobody to talk to. */
  readonly assistance: ((queue: CareQueue) => CallScript) | undefined
  readonly recovery: RunningInstitution['recovery']
  readonly mirror: RunningInstitution['mirror']
  readonly store: Store
  /** Who waits to be called back, where there are clerks. */
  readonly callBacks?: Pick<CallBacks, 'waiting'> | undefined
  /** What is kept of its calls. */
  readonly records: CallRecords
  /** Of a bank. */
  readonly stock?: RunningBank['teller']['stock']
  /** Of a bank that writes to its customers. */
  readonly confirmations?: RunningBank['confirmations']
  close(): Promise<void>
}

export async function openInstitution(
  entry: InstitutionEntry,
  folder: string,
  scripts: Scripts,
  runtime: Runtime,
  transports: Transports,
  troubled: (error: unknown) => void,
  keeping?: Keeping,
  tracing?: Tracing,
): Promise<OpenInstitution> {
  const house = { folder, keeping, tracing }
  const { care } = scripts
  const { timeZone, callRecords } = entry
  const recordsBy = (key: Secret) =>
    new CallRecords({ runtime, folder, timeZone, keepDays: callRecords.keepDays, key, troubled })
  // Nobody signs in who has an account here.
  const nameless = () => recordsBy(new Secret(randomId(runtime)))
  switch (entry.kind) {
    case 'bank': {
      const running = await startBank({ ...entry, ...house }, runtime, transports, troubled)
      const backup = watchedBackup(running.backups)
      const records = recordsBy(await running.keyFor('call records'))
      return {
        scripts: withCallers(scripts.bank, running.bank, records, recordedBank),
        records,
        handlers: {
          ...officeHandlers(entry, running),
          ...dayEndHandlers(running),
          ...counterHandlers(running),
          ...callHandlers(running, records),
          backup,
        },
        pages: { bank: running },
        assistance: assistanceOf(care, entry, running, runtime, call => care.atBank(call, running.bank)),
        callBacks: entry.care && running.callBacks,
        recovery: running.recovery,
        mirror: running.mirror,
        store: running.store,
        stock: running.teller.stock,
        confirmations: running.confirmations,
        close: running.close,
      }
    }
    case 'merchant': {
      const running = await startMerchant({ ...entry, ...house }, runtime, transports, troubled)
      const { information } = running
      const records = nameless()
      const backup = watchedBackup(running.backups)
      return {
        scripts: {
          ...withCallers(scripts.merchant, running.merchant, records),
          ...(information && withCallers(scripts.information, information, records)),
        },
        records,
        handlers: {
          ...officeHandlers(entry, running),
          ...dayEndHandlers(running),
          ...tillHandlers(running),
          ...clerkHandlers(entry, running),
          backup,
        },
        pages: { payee: running },
        assistance: assistanceOf(care, entry, running, runtime),
        callBacks: entry.care && running.callBacks,
        recovery: running.recovery,
        mirror: running.mirror,
        store: running.store,
        close: running.close,
      }
    }
    case 'host': {
      const running = await startHost({ ...entry, ...house }, runtime, transports, troubled)
      const records = nameless()
      return {
        scripts: withCallers(scripts.host, running.host, records),
        records,
        handlers: {
          ...officeHandlers(entry, running),
          ...dayEndHandlers(running),
          backup: watchedBackup(running.backups),
        },
        pages: undefined,
        assistance: assistanceOf(care, entry, running, runtime),
        callBacks: entry.care && running.callBacks,
        recovery: running.recovery,
        mirror: running.mirror,
        store: running.store,
        close: running.close,
      }
    }
    case 'securities': {
      const running = await startSecurities({ ...entry, ...house }, runtime, transports, troubled)
      const records = nameless()
      return {
        scripts: withCallers(scripts.securities, running.securities, records),
        records,
        handlers: { ...officeHandlers(entry, running), backup: watchedBackup(running.backups) },
        pages: undefined,
        assistance: assistanceOf(care, entry, running, runtime),
        callBacks: entry.care && running.callBacks,
        recovery: running.recovery,
        mirror: running.mirror,
        store: running.store,
        close: running.close,
      }
    }
  }
}

function assistanceOf(
  scripts: CareScripts,
  { care, timeZone }: Pick<InstitutionEntry, 'care' | 'timeZone'>,
  { callBacks }: RunningInstitution,
  runtime: Runtime,
  clerkMay: (call: Call) => ClerkMay = () => scripts.elsewhere,
): OpenInstitution['assistance'] {
  if (care === undefined) return undefined
  const office = careOffice({ care, timeZone }, callBacks, runtime)
  return queue => call => scripts.talk(call, { ...office, queue, clerkMay: clerkMay(call) })
}

/** `noting`: the institution as one call asks it. */
function withCallers<Edge>(
  lines: LinesOf<Edge>,
  institution: Edge,
  records: CallRecords,
  noting: (of: Edge, record: CallRecord) => Edge = of => of,
): Record<string, CallScript> {
  return Object.fromEntries(
    Object.entries(lines).map(([name, script]) => [
      name,
      records.recording(name, (call, record) => script(call, noting(institution, record))),
    ]),
  )
}

/**
 * An installation gives numbers to lines that there are, only.
 * @throws CannotDo with the line and field of the file, and the lines that the institution has
 */
export function haveScripts(installation: Installation, scripts: Scripts): void {
  for (const [i, entry] of installation.institutions.entries()) {
    const sells = entry.kind === 'merchant' && entry.catalogue.length > 0
    const known = Object.keys({ ...scripts[entry.kind], ...(sells && scripts.information) })
    for (const line of Object.keys(entry.lines)) {
      if (known.includes(line)) continue
      const complaint = `${entry.id} has no line ${line}; it has ${known.join(', ')}`
      throw new CannotDo(complaintOf(installation, ['institutions', i, 'lines', line], complaint))
    }
  }
}

/** The conversation lasts as long as somebody ships. */
function watchedBackup(backups: BackupWatch): HandlerOf<Contract['backup']> {
  return (_request, asker) =>
    new Promise(resolve => {
      const shipping = backups.begin()
      const end = (outcome: () => void) => {
        outcome()
        resolve({ outcome: 'finished' })
      }
      asker.listen({
        heard: message => (message.say === 'shipped' ? shipping.shipped(message.sequence) : end(shipping.finished)),
        gone: () => end(shipping.gone),
      })
    })
}

/** The rules of its business that an audit checks beside those of every ledger. */
export function businessIdentities(kind: InstitutionEntry['kind'], books: BooksOf): readonly Identity[] {
  switch (kind) {
    case 'bank':
      return bankIdentities(books)
    case 'merchant':
      return merchantIdentities(books)
    case 'host':
      return hostIdentities(books)
    case 'securities':
      return securitiesIdentities(books)
  }
}
