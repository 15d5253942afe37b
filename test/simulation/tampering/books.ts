/**
 * Books of a bank and of a payee in which everything has happened once: sales, a payment and a part of it given back, a
 * transfer, a payment by card, a PIN change, a locked voucher, one that was ended, one that was lost and one that was cleared, blocks, a night, letters both ways. Each tampering begins with a copy of them.
 */

import { bothSign } from '../../../demo/two-people.ts'
import { raiseAlarm } from '../../../src/alarm.ts'
import { bankIdentities } from '../../../src/bank/audit.ts'
import type { AccountNumber, VoucherNumber } from '../../../src/ids.ts'
import { acknowledge, acknowledgeAlarms, openAlarms } from '../../../src/institution/alarm-book.ts'
import { signDone } from '../../../src/institution/call-backs.ts'
import { signProposal } from '../../../src/keys/approval.ts'
import { assertionIn } from '../../../src/keys/passkey.ts'
import { challengeOf } from '../../../src/keys/passkey-assertion.ts'
import type { Signer } from '../../../src/keys/person-key.ts'
import { signWithdrawal } from '../../../src/keys/withdrawal.ts'
import { type AuditOptions, audit } from '../../../src/ledger/audit/audit.ts'
import type { Finding } from '../../../src/ledger/audit/finding.ts'
import { heldHeads } from '../../../src/mail/held-heads.ts'
import { merchantIdentities } from '../../../src/merchant/audit.ts'
import { hostIdentities } from '../../../src/merchant/host/audit.ts'
import { type UnsignedAct, unsignedAct } from '../../../src/merchant/office/act.ts'
import { drawApiKey, signNewKey, signRevocation } from '../../../src/merchant/till/api-keys.ts'
import { money, yuan } from '../../../src/money.ts'
import { now, randomId } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import type { LogHead } from '../../../src/store/change-log/head.ts'
import { openMemory, type Sqlite, serialize } from '../../../src/store/connection.ts'
import { officeSite } from '../../support/at-office.ts'
import { Authenticator } from '../../support/authenticator.ts'
import { asSound, issuedTo, signedBy } from '../../support/cards.ts'
import { catalogue } from '../../support/catalogue.ts'
import { adasAddress, confirmations, leaveAddress } from '../../support/confirmations.ts'
import { settleAll } from '../../support/day-end.ts'
import { aPhone, firstPinOf, institutionId, intentId, toldVoucher } from '../../support/ids.ts'
import { decideByPasskeys, enrolPerson } from '../../support/people-by-passkey.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'
import { withHost } from './hosted.ts'
import { withOtherBank } from './interbank.ts'
import { withRecovered } from './recovered.ts'

/** A payee whose books went back in time, and its bank; a bank that exchanges money with another, and a payee that takes its cards; a host of private payees, and its bank. */
export const books = [
  ...(['bank', 'payee', 'payee, recovered', 'bank of it', 'bank, of two', 'payee of two'] as const),
  ...(['host', 'bank of a host'] as const),
] as const
export type Which = (typeof books)[number]

export interface Honest {
  readonly bytes: Uint8Array
  readonly options: AuditOptions
  /** What a counterparty holds of the change log. */
  readonly logHead: LogHead
  /** The same books, some commits before. */
  readonly earlier: { readonly bytes: Uint8Array; readonly logHead: LogHead }
}

export async function honestBooks(): Promise<Readonly<Record<Which, Honest>>> {
  const runtime = new VirtualRuntime({ seed: 110 })
  return runtime.run(async () => {
    const world = await openWorld({ runtime, bank: { confirmations }, payee: { catalogue } })
    const { harbour, lantern } = world
    const earlier = { bank: await copyOf(harbour), payee: await copyOf(lantern) }
    await live(Object.assign(world, { clock: runtime }))
    const made = await bothOf(world, earlier)
    await world.close()
    const { bank, payee } = await runtime.work(withRecovered(recovered => bothOf(recovered, earlier)))
    const { bank: ofTwo, payee: takesCards } = await runtime.work(withOtherBank(world => bothOf(world, earlier)))
    const hosted = await runtime.work(withHost(world => hostAndBank(world, earlier)))
    return {
      ...made,
      ...hosted,
      'bank of it': bank,
      'payee, recovered': payee,
      'bank, of two': ofTwo,
      'payee of two': takesCards,
    }
  })
}

async function bothOf({ harbour, lantern }: World, earlier: Readonly<Record<'bank' | 'payee', Honest['earlier']>>) {
  return {
    bank: await honest(harbour, lantern, bankIdentities({ tenant: 'harbour', chain: 'main' }), earlier.bank),
    payee: await honest(lantern, harbour, merchantIdentities({ tenant: 'lantern', chain: 'main' }), earlier.payee),
  }
}

async function hostAndBank(world: World, earlier: Readonly<Record<'bank' | 'payee', Honest['earlier']>>) {
  const [bank, host] = [world.harbour, world.neighbours()]
  return {
    'bank of a host': await honest(bank, host, bankIdentities({ tenant: 'harbour', chain: 'main' }), earlier.bank),
    host: await honest(host, bank, hostIdentities({ tenant: 'neighbours', chain: 'main' }), earlier.payee),
  }
}

type Told = World & { readonly clock: VirtualRuntime }

async function live(world: Told): Promise<void> {
  const { bank, merchant, harbour, lantern, customers, vouchers, staff, runtime } = world
  const { ada, bo, cai } = customers
  const from = { origin: aPhone, channel: 'telephone' } as const
  await leaveAddress(world, ada.account, adasAddress)
  await bank.transfer({ ...from, intent: intentId('t1'), from: ada.account, to: bo.account, amount: yuan(25n) })
  await bank.sellVoucher({
    ...from,
    intent: intentId('s1'),
    buyer: cai.account,
    payee: institutionId('lantern'),
    amount: yuan(20n),
  })
  await bank.rememberLanguage({ account: ada.account, language: 'zh' })
  await bank.registerTelephone({ session: firstPinOf(ada.account), origin: { ...aPhone, attested: true } })
  await bank.changePin({
    intent: intentId('p1'),
    session: firstPinOf(bo.account),
    next: new Secret('739251'),
    origin: aPhone,
  })
  await harbour.mail.idle()
  for (const voucher of [vouchers.confirmed]) {
    const number = toldVoucher(voucher.number)
    const opened = await merchant.openVoucher({ number, password: new Secret(voucher.password), origin: aPhone })
    if (opened.outcome !== 'open') throw new Error(`the books could not be made: ${opened.outcome}`)
    await merchant.pay({ intent: intentId('pay1'), session: opened.session, amount: money(1_200n) })
    const next = new Secret('82640517')
    await merchant.changePassword({ intent: intentId('change1'), session: opened.session, next })
    await atTheTill(world, { number, password: next })
    await listened(world, { number, password: next })
  }
  await changeKeys(world)
  await enrolPasskeys(world)
  await decideAtCounter(world)
  await payByCard(world)
  await endAndLose(world)
  await harbour.nightly()
  for (let i = 0; i < 3; i++)
    await bank.signIn({ account: customers.dora.account, pin: new Secret('000000'), origin: aPhone })
  await lantern.nightly()
  await harbour.mail.idle()
  await lantern.mail.idle()
  await endDays(world)
  await lookInto(harbour, staff.maker, runtime.wallNow())
  await callBack(harbour, staff.checker, runtime.wallNow())
}

/** The day of the payment is cleared; on the next one some of it is refunded and some paid out, and that is cleared as well. */
async function endDays(world: Told): Promise<void> {
  const fee = { bank: 'harbour', basisPoints: 25 }
  await bothSign(world.lantern, world.runtime, world.shopStaff, 'agree-fee', fee)
  const { runtime, clock, harbour, lantern, vouchers, customers, staff } = world
  const night = async () => {
    clock.jumpWallClock(86_400_000)
    await lantern.nightly()
    await settleAll(world)
  }
  await night()
  const { number } = vouchers.confirmed
  const payment = (await lantern.clerk.payments(50)).find(
    ({ voucher, amount }) => voucher === number && amount.minor === 1_200n,
  )
  const of = { reference: payment?.reference ?? '', date: payment?.businessDate ?? '' }
  const asked = { intent: intentId('r1'), of, amount: money(200n), clerk: 'lin', reason: 'torn' }
  const refunded = await lantern.clerk.refund(asked)
  if (refunded.outcome !== 'refunded') throw new Error(`the books could not be made: ${refunded.outcome}`)
  const payout = { payee: 'lantern', account: customers.dora.account, minor: 300n }
  await takeBack(world)
  const paid = await bothSign(harbour, runtime, staff, 'pay-out', payout)
  if (!paid.done) throw new Error(`the books could not be made: ${paid.outcome}`)
  await night()
  const { account } = customers.bo
  const limit = { account, channel: 'page', perItem: 1_000n, perDay: 5_000n }
  for (const [kind, request] of [
    ['set-limit', limit],
    ['close-account', { account }],
  ] as const) {
    const became = await bothSign(harbour, runtime, staff, kind, request)
    if (!became.done) throw new Error(`the books could not be made: ${became.outcome}`)
  }
}

const challenge = 'Y2hhbGxlbmdlIG9mIDMyIGJ5dGVzIGF0IGxlYXN0IQ'
const site = { id: 'harbour.localhost', origin: 'http://harbour.localhost' }

/** Two customers have a passkey each, one of which was used; another was removed; a code is open, and was guessed at. */
/** A proposal that its maker takes back. */
async function takeBack({ harbour, runtime, staff, customers }: World): Promise<void> {
  const request = { account: customers.bo.account, minor: 100n }
  const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
  const made = await harbour.decisions.propose(
    signProposal(staff.maker, { tenant: 'harbour', kind: 'pay-in', request }, drawn),
  )
  if (made.outcome !== 'proposed') throw new Error(`the books could not be made: ${made.outcome}`)
  await harbour.decisions.withdraw(signWithdrawal(staff.maker, made.digest))
}

async function enrolPasskeys({ bank, harbour: { passkeys }, customers: { ada, bo, dora } }: World): Promise<void> {
  const enrol = async ({ account }: { account: AccountNumber }, name: string) => {
    const { code } = await bank.passkeyCode(account)
    const tried = await passkeys.tryCode({ account, code })
    if (tried.outcome !== 'right') throw new Error(`the books could not be made: ${tried.outcome}`)
    const device = new Authenticator(name)
    const response = device.create(challenge, site)
    await passkeys.enrol({ account, enrolment: tried.enrolment, name, challenge, site, response })
    return device
  }
  const used = await enrol(ada, 'telephone')
  await passkeys.prove({ account: ada.account, challenge, site, response: used.get(challenge, site) })
  await enrol(bo, 'computer')
  const lost = await enrol(ada, 'lost')
  await passkeys.remove({ account: ada.account, passkey: lost.id })
  await bank.passkeyCode(dora.account)
  await passkeys.tryCode({ account: dora.account, code: new Secret('1') })
}

/** Two people of the bank decide by their passkeys. */
async function decideAtCounter({ harbour, runtime, staff: { maker, checker }, customers: { dora } }: World) {
  const counter = { id: 'counter.harbour.localhost', origin: 'http://counter.harbour.localhost' }
  const clerk = async (signer: Signer) => ({ signer, device: await enrolPerson(harbour, runtime, signer, counter) })
  const two = [await clerk(maker), await clerk(checker)] as const
  await decideByPasskeys(harbour, runtime, counter, two, {
    kind: 'pay-in',
    request: { account: dora.account, minor: 100n },
  })
}

/** Somebody of the payee gives one yuan back by a passkey, makes two keys, of which one is revoked, and has a shop told again. */
async function actInOffice({ lantern, runtime, payee, shopStaff: { maker } }: World, reference: string) {
  const device = await enrolPerson(lantern, runtime, maker, officeSite)
  const signed = (what: Pick<UnsignedAct, 'kind' | 'request'>) => {
    const act = { ...what, tenant: payee.id, why: 'torn', person: maker.keyId, at: now({ runtime }) } as UnsignedAct
    const { content, message } = unsignedAct(act)
    const assertion = assertionIn(device.get(challengeOf(message), officeSite))
    if (assertion === undefined) throw new Error('no assertion')
    return { content, ...assertion }
  }
  const { date } = await lantern.office.today()
  const request = { intent: intentId('office'), reference, date, minor: 100n }
  const back = await lantern.office.giveBack(signed({ kind: 'reverse', request }))
  if (back.outcome !== 'reversed') throw new Error(`the books could not be made: ${back.outcome}`)
  const keys = ['Office shop', 'Closed shop'].map(name => drawApiKey(runtime, { name, webhook: undefined }).key)
  for (const { webhook: _none, ...key } of keys) {
    const added = { ...key, intent: intentId(key.name), webhook: null }
    await lantern.office.aboutKey(signed({ kind: 'add-key', request: added }))
  }
  const closed = { intent: intentId('closed'), key: keys[1]?.id ?? '' }
  const revoked = await lantern.office.aboutKey(signed({ kind: 'revoke-key', request: closed }))
  if (revoked.outcome !== 'revoked') throw new Error(`the books could not be made: ${revoked.outcome}`)
  const behind = (await lantern.office.told()).find(({ due }) => due > 0)
  const again = { intent: intentId('again'), key: behind?.key ?? '' }
  const told = await lantern.office.aboutKey(signed({ kind: 'tell-again', request: again }))
  if (told.outcome !== 'told-again') throw new Error(`the books could not be made: ${told.outcome}`)
}

/** One has paid by card and was asked for more; another's card is blocked; a third was drawn and never enrolled. */
async function payByCard({ bank, harbour, runtime, staff, customers: { ada, dora } }: World): Promise<void> {
  const { account: from } = ada
  const card = await issuedTo(harbour, runtime, staff, { account: from })
  await issuedTo(harbour, runtime, staff, { account: dora.account })
  await bank.block({ intent: intentId('card'), account: dora.account, what: 'card', channel: 'telephone' })
  await harbour.cards.draw({ account: dora.account })
  const order = { from, to: dora.account, amount: yuan(40n), channel: 'telephone' } as const
  const asked = await bank.askByCard({ ...order, intent: intentId('by card') })
  if (asked.outcome !== 'asked') throw new Error(`the books could not be made: ${asked.outcome}`)
  const answer = await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request))
  const { nonce } = asked.request
  const paid = await bank.payByCard({ intent: intentId('by card'), from, nonce, answer })
  if (paid.outcome !== 'transferred') throw new Error(`the books could not be made: ${paid.outcome}`)
  await bank.askByCard({ ...order, intent: intentId('more by card') })
}

/** Both change keys, and take each other's. */
async function changeKeys({ runtime, harbour, lantern, staff, shopStaff }: World) {
  for (const purpose of ['envelope', 'receive', 'transport'] as const) {
    await bothSign(harbour, runtime, staff, 'rotate-key', { purpose })
    await bothSign(lantern, runtime, shopStaff, 'rotate-key', { purpose })
    for (let round = 0; round < 2; round++) for (const { mail } of [harbour, lantern]) await mail.idle()
  }
}

/** A part is given back, a voucher ended, an account and its vouchers blocked, another's voucher cleared at the branch. */
async function endAndLose(world: World) {
  const { runtime, bank, merchant, harbour, lantern, staff, customers, vouchers } = world
  const [payment] = await lantern.clerk.payments(1)
  const { reference = '' } = payment ?? {}
  const by = { clerk: 'mei', reason: 'sent back' }
  await lantern.clerk.reverse({ intent: intentId('back'), reference, amount: yuan(2n), ...by })
  await actInOffice(world, reference)
  const { number, password } = vouchers.unconfirmed
  const opened = await merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
  if (opened.outcome !== 'open') throw new Error(`the books could not be made: ${opened.outcome}`)
  await merchant.endVoucher({ intent: intentId('end'), session: opened.session })
  const { account } = customers.cai
  const closed = (is: bigint) => harbour.store.execute(tx => tx.run('UPDATE clearing_peer SET closed = ?', is))
  // The payee is out of reach, and hears of it before the next letter.
  await closed(1n)
  for (const what of ['vouchers', 'account'] as const)
    await bank.block({ intent: intentId(what), account, what, channel: 'telephone' })
  await closed(0n)
  await bothSign(harbour, runtime, staff, 'clear-voucher', { voucher: vouchers.locked.number })
  await harbour.mail.idle()
}

/** Two minutes of an item by the minute. */
async function listened(
  { lantern: { information } }: World,
  of: { readonly number: VoucherNumber; readonly password: Secret },
): Promise<void> {
  const opened = await information?.openVoucher({ ...of, origin: aPhone })
  if (information === undefined || opened?.outcome !== 'open') throw new Error('the books could not be made')
  const asked = { intent: intentId('listen'), session: opened.session, item: 'jobs', lastsMs: 100_000 }
  const begun = await information.beginListening(asked)
  if (begun.outcome !== 'begun') throw new Error(`the books could not be made: ${begun.outcome}`)
  const { listening } = begun
  for (const unit of [1, 2]) {
    await information.payUnit({ listening, unit })
    await information.unitBegun({ listening, unit })
  }
  await information.endListening({ listening })
}

/** Two shops with a key each, one of which was revoked; one has authorised, captured a part, and been paid for an order. */
async function atTheTill(
  { lantern, shopStaff, runtime }: World,
  of: { readonly number: VoucherNumber; readonly password: Secret },
): Promise<void> {
  const { till, apiKeys, card } = lantern
  const tenant = card.institution
  const add = async (name: string, webhook?: string) => {
    const { presented, key } = drawApiKey(runtime, { name, webhook })
    await apiKeys.add(key, signNewKey(shopStaff.maker, tenant, key, runtime.wallNow()))
    const known = await till.identify(presented)
    if (known === undefined) throw new Error('the books could not be made: no key')
    return known
  }
  const key = await add('Sample shop', 'https://shop.example/webhook')
  const other = await add('Another shop')
  await apiKeys.revoke(other.id, signRevocation(shopStaff.checker, tenant, other.id, runtime.wallNow()))
  const voucher = { key, ...of }
  const held = await till.authorise({
    ...{ ...voucher, intent: intentId('hold'), amount: money(1_000n), order: 'A-1', holdMs: 86_400_000 },
  })
  if (held.outcome !== 'authorised') throw new Error(`the books could not be made: ${held.outcome}`)
  const captured = await till.capture({
    key,
    intent: intentId('part'),
    id: held.id,
    amount: money(400n),
    isLast: false,
  })
  const paid = await till.pay({ ...voucher, intent: intentId('order'), amount: money(300n), order: 'A-2' })
  if (captured.outcome !== 'captured' || paid.outcome !== 'paid') throw new Error('the books could not be made')
}

/** An alarm is raised, and somebody signs that they have looked into it. */
async function lookInto({ store, card }: World['harbour'], signer: Signer, at: number): Promise<void> {
  const tenant = card.institution
  const alarm = { peer: institutionId('lantern'), kind: 'old-epoch', detail: 'letter 1/1', at } as const
  await store.execute(tx => raiseAlarm(tx, tenant, alarm))
  const open = await store.read(tx => openAlarms(tx, tenant))
  const signed = open.map(each => acknowledge(signer, tenant, each, at))
  const noted = await store.execute(tx => acknowledgeAlarms(tx, tenant, signer.keyId, signed))
  if (noted.outcome !== 'acknowledged') throw new Error(`the books could not be made: ${noted.outcome}`)
}

/** Two callers want to be called back, and one of them was. */
async function callBack({ callBacks, card }: World['harbour'], signer: Signer, at: number): Promise<void> {
  for (const telephone of ['5557301', '5557302'])
    await callBacks.ask({ telephone, language: 'en', origin: { channel: 'telephone' } })
  const [first] = await callBacks.open()
  const signed = first && signDone(signer, card.institution, first, at)
  const noted = signed && (await callBacks.done(signer.keyId, [signed]))
  if (noted?.outcome !== 'done') throw new Error('the books could not be made: nobody was called back')
}

type Institution = World['harbour'] | World['lantern'] | ReturnType<World['neighbours']>

async function copyOf({ store }: Institution) {
  const logHead = store.head()
  if (logHead === undefined) throw new Error('nothing was logged')
  return { bytes: await store.snapshot(), logHead }
}

async function honest(
  self: Institution,
  other: Institution,
  identities: AuditOptions['identities'],
  earlier: Honest['earlier'],
): Promise<Honest> {
  const signer = self.card.institution
  const heads = await other.store.read(tx => heldHeads(tx, other.card.institution, signer))
  const { bytes, logHead } = await copyOf(self)
  const options = { signer, keys: self.ledgerKeys, heads, logHeads: [logHead], ...(identities && { identities }) }
  return { bytes, options, logHead, earlier }
}

/** A copy that can be changed at will: no trigger, no constraint across tables. `done` puts the triggers back. */
export function opened(bytes: Uint8Array): {
  readonly database: Sqlite
  done(without?: readonly string[]): Uint8Array
} {
  const database = openMemory(bytes)
  database.unsafeMode(true)
  const triggersNow = database.prepare<[], Trigger>(
    'SELECT name, tbl_name AS "table", sql FROM sqlite_schema WHERE type = \'trigger\'',
  )
  const triggers = triggersNow.all()
  // At once in the schema's own table: dropped and made one by one, some hundreds of them took longer than an audit.
  const inSchema = (change: () => void) => {
    database.pragma('writable_schema = ON')
    change()
    database.pragma('writable_schema = RESET')
  }
  inSchema(() => database.exec("DELETE FROM sqlite_schema WHERE type = 'trigger'"))
  database.pragma('foreign_keys = OFF')
  database.pragma('ignore_check_constraints = ON')
  return {
    database,
    done: (without = []) => {
      const there = triggersNow.all().map(({ name }) => name)
      inSchema(() => {
        const insert = database.prepare(
          "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('trigger', ?, ?, 0, ?)",
        )
        for (const { name, table, sql } of triggers)
          if (![...without, ...there].includes(name)) insert.run(name, table, sql)
      })
      const changed = serialize(database)
      database.close()
      return changed
    },
  }
}

interface Trigger {
  readonly name: string
  readonly table: string
  readonly sql: string
}

export function examine({ options }: Honest, snapshot: Uint8Array, more: Partial<AuditOptions> = {}) {
  return audit({ snapshot }, { ...options, ...more })
}

/** The kinds of what was found, in the order of the alphabet. */
export function kindsOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ kind }) => kind))].sort()
}
