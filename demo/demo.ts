/**
 * Makes the demonstration's institutions in an installation's data folder: keys, pinned peers, customers with random PINs,
 * money over the counter, voucher batches that the merchants deliver to the banks over the clearing path itself, and who takes cards.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { nameOnOrder } from '../src/bank/cards/payee-name.ts'
import type { BankSettings } from '../src/bank/config.ts'
import { drawPin } from '../src/bank/counter.ts'
import { type RunningBank, start as startBank } from '../src/bank/start.ts'
import { type CardNumber, parseCardNumber } from '../src/card/numbers.ts'
import { accountNumberShape } from '../src/ids.ts'
import type { RunningInstitution } from '../src/institution/premises.ts'
import type { HashCost } from '../src/keys/hash-pool.ts'
import { keepPersonKey, peopleFolder } from '../src/keys/person-folder.ts'
import { sealPersonKey } from '../src/keys/person-key.ts'
import { httpEntrance, httpTransport } from '../src/mail/http-transport.ts'
import { fingerprint } from '../src/mail/peers.ts'
import type { Transports } from '../src/mail/transport.ts'
import type { MerchantSettings } from '../src/merchant/config.ts'
import type { HostSettings } from '../src/merchant/host/config.ts'
import { start as startHost } from '../src/merchant/host/start.ts'
import { type RunningMerchant, start as startMerchant } from '../src/merchant/start.ts'
import { money } from '../src/money.ts'
import { CannotDo } from '../src/operations/cannot-do.ts'
import type { KnownCustomer } from '../src/operations/card.ts'
import { type Installation, readInstallation } from '../src/operations/installation/file.ts'
import type { Runtime } from '../src/runtime.ts'
import { Secret } from '../src/secret.ts'
import type { SecuritiesSettings } from '../src/securities/config.ts'
import { type RunningSecurities, start as startSecurities } from '../src/securities/start.ts'
import { demoCustomers, demoPassphrase, demoStaff } from './customers.ts'
import { demoIds, demoText, garden, harbour, lantern, neighbours, pine, talent } from './institutions.ts'
import { issueOpenCard, writeDirectory } from './open-cards.ts'
import { appointTwo, bothSign, type TwoPeople } from './two-people.ts'

/** What the person who tries the demonstration needs to know. */
export interface DemoCard {
  readonly customers: readonly KnownCustomer[]
}

export interface DemoOptions {
  /** `done` of `of` steps; `step` says which comes now. */
  readonly progress?: (done: number, of: number, step: string) => void
  /** Of the PINs and passwords, instead of the usual one. */
  readonly hashCost?: HashCost
  /** Its banks; without it both. */
  readonly banks?: readonly BankSettings[]
  /** Its payees; without it both. */
  readonly payees?: readonly MerchantSettings[]
  /** Its hosts of private payees; without it the one. */
  readonly hosts?: readonly HostSettings[]
  /** Its securities firms; without it the one. */
  readonly firms?: readonly SecuritiesSettings[]
}

const cardFile = 'customers.json'
const savedCard = z.object({
  customers: z.array(
    z.object({
      // Release by release: there was one bank before there were two.
      bank: z.string().default(harbour.id),
      account: accountNumberShape,
      pin: z.string(),
      name: z.object({ en: z.string(), zh: z.string() }),
      paidInMinor: z.string().regex(/^\d+$/),
      card: z
        .object({
          number: z.string().refine((text): text is CardNumber => parseCardNumber(text) !== undefined),
          ...{ pin: z.string(), password: z.string(), puk: z.string(), file: z.string() },
        })
        .optional(),
    }),
  ),
})

/**
 * Opens the installation of `file`, which becomes the demonstration when nobody wrote it. @returns who banks there; nobody
 * where the file is of an installation of one's own
 */
export async function openDemo(
  file: string,
  runtime: Runtime,
  say: (line: string) => void,
  options: Pick<DemoOptions, 'hashCost'> = {},
): Promise<DemoCard['customers']> {
  const folder = join(dirname(file), 'institutions')
  assertOfThisRelease(folder)
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, demoText, { mode: 0o600, flag: 'wx' })
  }
  const installation = readInstallation(file)
  const { demonstration, institutions } = installation
  if (!demonstration) return []
  const missing = demoIds.filter(id => institutions.every(each => each.id !== id))
  if (missing.length > 0 && existsSync(join(folder, cardFile))) {
    say(
      `this demonstration was made before ${missing.join(' and ')} joined it, and runs on as it is: move ${dirname(file)} away, or name another folder with --data, for one with all`,
    )
  }
  const { customers } = await createDemo(folder, runtime, {
    ...options,
    ...datedBy(installation),
    progress: (done, of, step) => say(`institutions: ${done < of ? step : 'ready'} (${done} of ${of})`),
  })
  return customers
}

/** The demonstration's institutions, whose first day is one of the calendar that the file gives them. */
function datedBy({ institutions }: Pick<Installation, 'institutions'>) {
  const dated = <Settings extends { readonly id: string }>(settings: Settings): Settings => {
    const own = institutions.find(({ id }) => id === settings.id)
    return own === undefined ? settings : { ...settings, timeZone: own.timeZone, cutOff: own.cutOff }
  }
  return {
    ...{ banks: [harbour, garden].map(dated), payees: [lantern, talent].map(dated) },
    ...{ hosts: [neighbours].map(dated), firms: [pine].map(dated) },
  }
}

/**
 * Makes the institutions in `folder`, one folder each by its id, unless they are there. They appear together or not at
 * all: a start that was interrupted begins anew. Accounts and PINs are kept in `folder`, for its owner's eyes alone.
 */
export async function createDemo(folder: string, runtime: Runtime, options: DemoOptions = {}): Promise<DemoCard> {
  const made = join(folder, cardFile)
  assertOfThisRelease(folder)
  if (existsSync(made)) return readCard(made)
  const unfinished = `${folder}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true, mode: 0o700 })
  await makeInstitutions(unfinished, runtime, options)
  renameSync(unfinished, folder)
  return readCard(made)
}

/**
 * A demonstration of release 0.1.0 knows neither people with keys nor the keys by which institutions prove themselves to each
 * other, and nobody is there who could sign for them. @throws CannotDo
 */
function assertOfThisRelease(folder: string): void {
  if (!existsSync(join(folder, cardFile)) || existsSync(peopleFolder(join(folder, harbour.id)))) return
  throw new CannotDo(
    `the demonstration in ${dirname(folder)} was made by release 0.1.0, which this one cannot run: move that folder away, or name another with --data, and a new one is made`,
  )
}

async function makeInstitutions(folder: string, runtime: Runtime, options: DemoOptions): Promise<void> {
  const {
    progress = () => {},
    hashCost,
    banks: bankSettings = [harbour, garden],
    payees: payeeSettings = [lantern, talent],
    hosts: hostSettings = [neighbours],
    firms: firmSettings = [pine],
  } = options
  const steps = ['keys', 'customers', 'vouchers']
  const step = (done: number) => progress(done, steps.length, steps[done] ?? 'done')
  step(0)
  // Nobody calls yet, so hashing may have the whole machine.
  const slow = { hashing: { parallel: 2, queueLimit: 0 }, ...(hashCost && { hashCost }) }
  const open: { close(): Promise<void> }[] = []
  try {
    const mail = await loopback(runtime)
    open.push(mail)
    const places = (id: string) => ({ ...slow, folder: join(folder, id) })
    const banks = await Promise.all(
      bankSettings.map(async bank => {
        const running = await startBank({ ...bank, ...places(bank.id) }, runtime, mail)
        open.push(running)
        return { running, staff: await appoint(running, runtime, join(folder, bank.id)) }
      }),
    )
    const payees = await Promise.all(
      payeeSettings.map(async payee => {
        const running = await startMerchant({ ...payee, ...places(payee.id) }, runtime, mail)
        open.push(running)
        return { running, staff: await appoint(running, runtime, join(folder, payee.id)) }
      }),
    )
    const hosts = await Promise.all(
      hostSettings.map(async host => {
        const running = await startHost({ ...host, ...places(host.id) }, runtime, mail)
        open.push(running)
        return { running, staff: await appoint(running, runtime, join(folder, host.id)) }
      }),
    )
    const firms = await Promise.all(
      firmSettings.map(async firm => {
        const running = await startSecurities({ ...firm, ...places(firm.id) }, runtime, mail)
        open.push(running)
        return { running, staff: await appoint(running, runtime, join(folder, firm.id)) }
      }),
    )
    await introduceAll(runtime, banks, [...payees, ...hosts, ...firms])
    step(1)
    const customers = await Promise.all(
      banks.map(bank => openCustomers(bank, runtime, join(folder, bank.running.card.institution))),
    )
    writeCard(join(folder, cardFile), { customers: customers.flat() })
    const merchants = payees.map(({ running }) => running)
    for (const [i, running] of merchants.entries())
      await takeCards(runtime, banks, running, payeeSettings[i], customers.flat())
    for (const [i, { running }] of firms.entries())
      await takeCards(runtime, banks, running, firmSettings[i], customers.flat())
    for (const { running } of banks) await writeDirectory(running, join(folder, running.card.institution))
    step(2)
    await Promise.all(banks.map(({ running }) => stockUp(running, merchants)))
  } finally {
    for (const each of open.reverse()) await each.close()
  }
  step(3)
}

/** The transport of the field, on this machine, at ports that the system chooses. */
async function loopback(runtime: Runtime): Promise<Transports & { close(): Promise<void> }> {
  const incoming = await httpEntrance({ host: '127.0.0.1', port: 0 })
  const address = `https://127.0.0.1:${incoming.port}`
  const outgoing = httpTransport(runtime, Object.fromEntries(demoIds.map(id => [id, address])))
  return {
    incoming,
    outgoing,
    close: async () => {
      outgoing.close()
      await incoming.close()
    },
  }
}

interface Staffed<Running extends RunningInstitution = RunningInstitution> {
  readonly running: Running
  readonly staff: TwoPeople
}

/**
 * Banks pin each other and every payee and firm, and these pin the banks. In the field two people at each end read the fingerprint to each
 * other over the telephone.
 */
async function introduceAll(runtime: Runtime, banks: readonly Staffed[], payees: readonly Staffed[]): Promise<void> {
  for (const one of [...banks, ...payees]) {
    const others = payees.includes(one) ? banks : [...banks, ...payees]
    for (const { running: other } of others) {
      if (other === one.running) continue
      const request = { card: other.card, fingerprint: fingerprint(other.card) }
      await bothSign(one.running, runtime, one.staff, 'pin-peer', request)
    }
  }
}

async function openCustomers(
  { running, staff }: Staffed<RunningBank>,
  runtime: Runtime,
  folder: string,
): Promise<DemoCard['customers']> {
  const { teller, card } = running
  const customers: DemoCard['customers'][number][] = []
  for (const { bank, name, paysIn, isBusiness, hasCard } of demoCustomers) {
    if (bank !== card.institution) continue
    const account = await teller.drawAccountNumber()
    const pin = drawPin(runtime, account)
    await teller.openCustomer({ account, name, pin, isBusiness })
    await bothSign(running, runtime, staff, 'pay-in', { account, minor: paysIn.minor })
    const held = hasCard && (await issueOpenCard(running, runtime, staff, { account, folder }))
    customers.push({ bank, account, pin, name, paidIn: paysIn, ...(held && { card: held }) })
  }
  return customers
}

/** Each bank lets a payee or a firm that takes cards collect at its own account, as two people there have compared it. */
async function takeCards(
  runtime: Runtime,
  banks: readonly Staffed<RunningBank>[],
  { card: { institution: receiver }, tellBanks, mail }: RunningMerchant | RunningSecurities,
  settings: Pick<MerchantSettings, 'cards' | 'name'> | undefined,
  customers: DemoCard['customers'],
): Promise<void> {
  const own = customers.find(
    customer => customer.bank === settings?.cards?.collectsAt && customer.name.en === settings.name.en,
  )
  if (own === undefined) return
  await tellBanks()
  await mail.idle()
  const request = { receiver, bank: own.bank, account: own.account, name: nameOnOrder(own.name) }
  for (const { running, staff } of banks) {
    const { done, outcome } = await bothSign(running, runtime, staff, 'admit-receiver', request)
    if (!done) throw new Error(`${receiver} was not admitted: ${outcome}`)
  }
}

/** A passphrase that is on the card is not worth the time that hashing takes. */
const openSecret: HashCost = { memoryKiB: 8, passes: 1 }

/** Appoints the demonstration's two people. Their keys lie in the institution's folder, sealed by a passphrase that everybody knows. */
async function appoint({ decisions }: RunningInstitution, runtime: Runtime, folder: string): Promise<TwoPeople> {
  const two = await appointTwo(decisions, runtime, demoStaff)
  for (const drawn of [two.maker, two.checker]) {
    keepPersonKey(folder, drawn.signer.name, await sealPersonKey(runtime, drawn, demoPassphrase, openSecret))
  }
  return { maker: two.maker.signer, checker: two.checker.signer }
}

/** The bank orders, the merchants make and deliver. */
async function stockUp(bank: RunningBank, merchants: readonly RunningMerchant[]): Promise<void> {
  await bank.teller.replenish()
  await bank.mail.idle()
  for (const merchant of merchants) {
    await merchant.ordersFilled()
    await merchant.mail.idle()
  }
}

function writeCard(file: string, card: DemoCard): void {
  const customers = card.customers.map(({ bank, account, pin, name, paidIn, card: held }) => ({
    bank,
    account,
    pin: pin.reveal(),
    name,
    paidInMinor: paidIn.minor.toString(),
    card: held && {
      ...{ number: held.number, file: held.file },
      ...{ pin: held.pin.reveal(), password: held.password.reveal(), puk: held.puk.reveal() },
    },
  }))
  writeFileSync(file, `${JSON.stringify({ customers }, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
}

function readCard(file: string): DemoCard {
  const { customers } = savedCard.parse(JSON.parse(readFileSync(file, 'utf8')))
  return {
    customers: customers.map(({ bank, account, pin, name, paidInMinor, card }) => ({
      bank,
      account,
      pin: new Secret(pin),
      name,
      paidIn: money(BigInt(paidInMinor)),
      card: card && {
        ...{ number: card.number, file: card.file },
        ...{ pin: new Secret(card.pin), password: new Secret(card.password), puk: new Secret(card.puk) },
      },
    })),
  }
}
