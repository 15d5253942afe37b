/** A bank with two cards, and answers that were never given to what it asks: each with what is to become of it. */
import { appointTwo, bothSign, type TwoPeople } from '../../../../demo/two-people.ts'
import type { CardAnswered, CardAsked, CardPayment } from '../../../../src/bank/bank.ts'
import type { Branch } from '../../../../src/bank/branch.ts'
import { bankConfig } from '../../../../src/bank/config.ts'
import { type RunningBank, startIn } from '../../../../src/bank/start.ts'
import { bankTables } from '../../../../src/bank/tables.ts'
import type { OrderRequest } from '../../../../src/card/order.ts'
import type { AccountNumber } from '../../../../src/ids.ts'
import { minutesOf } from '../../../../src/institution/config.ts'
import { HashPool } from '../../../../src/keys/hash-pool.ts'
import type { KeyStore } from '../../../../src/keys/keys.ts'
import { memoryKeys } from '../../../../src/keys/soft-keys.ts'
import { Tries } from '../../../../src/keys/tries.ts'
import { Verifiers } from '../../../../src/keys/verifiers.ts'
import { mainChain } from '../../../../src/ledger/journal.ts'
import { Undeliverable } from '../../../../src/mail/transport.ts'
import { money, yuan } from '../../../../src/money.ts'
import type { Runtime } from '../../../../src/runtime.ts'
import { Secret } from '../../../../src/secret.ts'
import { openStore } from '../../../../src/store/open.ts'
import type { Store } from '../../../../src/store/store.ts'
import { asDigits, asSound, copyOf, type HeldCard, issuedTo, signedBy } from '../../../support/cards.ts'
import { institutionId, intentId } from '../../../support/ids.ts'
import { bankSettings } from '../../../support/network/settings.ts'
import { recordKeysInMemory } from '../../../support/record-keys-in-memory.ts'

type Asked = Extract<CardAsked, { outcome: 'asked' }>

export interface Replay {
  readonly what: string
  readonly expected: string
  readonly request: CardAnswered
}

export interface Replayed {
  readonly bank: RunningBank
  readonly keys: KeyStore
  readonly replays: readonly Replay[]
  /** The one answer that was given to what is asked now. */
  readonly genuine: CardAnswered
  /** Another one, which was given as digits. */
  readonly inDigits: Uint8Array
  readonly payer: AccountNumber
}

const settings = bankConfig.parse(bankSettings({ banks: 1, payees: 0, denominations: [] })[0])
const nobody = {
  outgoing: {
    deliver: (to: Parameters<typeof institutionId>[0]) => Promise.reject(new Undeliverable(institutionId(to), 'away')),
  },
  incoming: { listen: async () => ({ close: async () => {} }) },
}

export function verdictOf(became: CardPayment): string {
  if (became.outcome !== 'refused') return became.outcome
  return became.reason === 'changed-field' ? `changed-field ${became.field}` : became.reason
}

/** `count`: how many replays, of every kind in turn. */
export async function makeReplays(runtime: Runtime, count: number): Promise<Replayed> {
  const keys = await memoryKeys(runtime)
  const store = openStore({ runtime, at: { memory: 'empty' }, migrations: bankTables })
  const bank = await startIn({ store, keys, recordKeys: recordKeysInMemory(runtime) }, settings, runtime, nobody)
  const two = await appointTwo(bank.decisions, runtime, { maker: 'Mei', checker: 'Hall' })
  const staff = { maker: two.maker.signer, checker: two.checker.signer }
  const payer = await customer(bank, runtime, staff, 40_000n)
  const payee = await customer(bank, runtime, staff, 1n)
  const other = await customer(bank, runtime, staff, 1_000n)
  const card = await issuedTo(bank, runtime, staff, { account: payer })
  const others = await issuedTo(bank, runtime, staff, { account: other })
  const old = await copyOf(runtime, card)
  const ask = async (name: string, from: AccountNumber): Promise<Asked> => {
    const order = { intent: intentId(name), from, to: payee, amount: yuan(300n), channel: 'telephone' } as const
    const asked = await bank.bank.askByCard(order)
    if (asked.outcome !== 'asked') throw new Error(asked.outcome)
    return asked
  }
  const paid: CardAnswered[] = []
  for (let i = 0; i < 20; i++) {
    const name = `paid ${i}`
    const asked = await ask(name, payer)
    const answer =
      i % 2 === 0
        ? await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request))
        : asDigits(await signedBy(runtime, card, asked.request, 'agreed'))
    const request = { intent: intentId(name), from: payer, nonce: asked.request.nonce, answer }
    const became = await bank.bank.payByCard(request)
    if (became.outcome !== 'transferred') throw new Error(verdictOf(became))
    paid.push(request)
  }
  const elsewhere = await ask('of another', other)
  const over = await ask('over', payer)
  const asked = await ask('open', payer)
  const parts = { runtime, card, old, others, asked, over, elsewhere, paid, payer }
  const replays: Replay[] = []
  while (replays.length < count)
    for (const kind of kinds) if (replays.length < count) replays.push(await kind(parts, replays.length))
  const answer = await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request))
  const { bytes: inDigits } = asDigits(await signedBy(runtime, card, asked.request, 'agreed'))
  return { bank, keys, replays, genuine: { ...openTo(parts), answer }, inDigits, payer }
}

interface Parts {
  readonly runtime: Runtime
  readonly card: HeldCard
  /** The same card, as its memory was before it had paid. */
  readonly old: HeldCard
  readonly others: HeldCard
  readonly asked: Asked
  /** Asked before that, and over since then. */
  readonly over: Asked
  readonly elsewhere: Asked
  readonly paid: readonly CardAnswered[]
  readonly payer: AccountNumber
}

const openTo = ({ payer, asked }: Parts) => ({ intent: intentId('open'), from: payer, nonce: asked.request.nonce })
const paidOf = ({ paid }: Parts, i: number): CardAnswered => paid[i % paid.length] as CardAnswered

/** The card signs `request`, and it is put forward as the answer to what is asked now. */
function signing(
  what: string,
  expected: string,
  request: (asked: OrderRequest & { type: 'transfer' }) => OrderRequest,
) {
  return async (parts: Parts): Promise<Replay> => {
    const answer = asDigits(await signedBy(parts.runtime, parts.card, request(parts.asked.request), 'agreed'))
    return { what, expected, request: { ...openTo(parts), answer } }
  }
}

const kinds: readonly ((parts: Parts, i: number) => Promise<Replay>)[] = [
  async (parts, i) => ({
    what: 'an answer that was paid, under another intent',
    expected: 'foreign-nonce',
    request: { ...paidOf(parts, i), intent: intentId(`replay ${i}`) },
  }),
  async parts => {
    const { over, payer } = parts
    const answer = asDigits(await signedBy(parts.runtime, parts.card, over.request, 'agreed'))
    const request = { intent: intentId('over'), from: payer, nonce: over.request.nonce, answer }
    return { what: 'an answer to what was asked before', expected: 'used-nonce', request }
  },
  async (parts, i) => {
    const answer = asDigits(await signedBy(parts.runtime, parts.card, parts.asked.request, 'agreed'))
    const request = { ...openTo(parts), intent: intentId(`replay ${i}`), answer }
    return { what: 'an answer under an intent that nobody asked under', expected: 'foreign-nonce', request }
  },
  async parts => {
    const answer = await signedBy(parts.runtime, parts.card, parts.asked.request, 'agreed')
    const request = { ...openTo(parts), answer: asDigits({ ...answer, card: parts.others.number }) }
    return { what: 'another account’s card, said to be of this one', expected: 'unknown-card', request }
  },
  async (parts, i) => ({
    what: 'an answer that was paid, to what is asked now',
    expected: 'old-counter',
    request: { ...openTo(parts), answer: paidOf(parts, i).answer },
  }),
  async (parts, i) => ({
    what: 'another answer, under an intent that was paid',
    expected: 'intent-reused',
    request: { ...paidOf(parts, i), answer: paidOf(parts, i + 2).answer },
  }),
  async parts => {
    // It counts from where it was copied, each time.
    const copy = await copyOf(parts.runtime, parts.old)
    const answer = asDigits(await signedBy(parts.runtime, copy, parts.asked.request, 'agreed'))
    return { what: 'a counter that was used', expected: 'old-counter', request: { ...openTo(parts), answer } }
  },
  async parts => {
    const order = { ...parts.asked.request, nonce: parts.runtime.random(8) }
    const answer = asDigits(await signedBy(parts.runtime, parts.card, order, 'agreed'))
    const request = { ...openTo(parts), nonce: order.nonce, answer }
    return { what: 'a nonce that nobody asked with', expected: 'foreign-nonce', request }
  },
  async parts => {
    const answer = asDigits(await signedBy(parts.runtime, parts.card, parts.elsewhere.request, 'agreed'))
    const request = { ...openTo(parts), nonce: parts.elsewhere.request.nonce, answer }
    return { what: 'what another account was asked for', expected: 'foreign-nonce', request }
  },
  async parts => {
    const answer = asDigits(await signedBy(parts.runtime, parts.others, parts.asked.request, 'agreed'))
    return {
      what: 'another account’s card',
      expected: 'changed-field account',
      request: { ...openTo(parts), answer },
    }
  },
  signing('an order for another receiver', 'bad-signature', asked => ({
    ...asked,
    receiver: institutionId('lantern'),
  })),
  signing('another amount', 'bad-signature', asked => ({ ...asked, amount: money(1n) })),
  signing('another payee', 'bad-signature', ({ payee, ...asked }) => ({
    ...asked,
    payee: { ...payee, bank: institutionId('garden') },
  })),
  signing('another name of the payee', 'bad-signature', ({ payee, ...asked }) => ({
    ...asked,
    payee: { ...payee, name: 'Somebody else' },
  })),
  signing('another time', 'bad-signature', asked => ({
    ...{ ...asked, issuedAt: asked.issuedAt + 1, expiresAt: asked.expiresAt + 1 },
  })),
]

async function customer(bank: RunningBank, runtime: Runtime, staff: TwoPeople, whole: bigint): Promise<AccountNumber> {
  const account = await bank.teller.drawAccountNumber()
  const name = { en: 'Ann Lee', zh: '李安' }
  await bank.teller.openCustomer({ account, name, pin: new Secret('730184') })
  await bothSign(bank, runtime, staff, 'pay-in', { account, minor: yuan(whole).minor })
  return account
}

/** As much of the bank as pays by card, on other books: for a copy of the code. */
export function branchOn(runtime: Runtime, store: Store, keys: KeyStore): Branch {
  const pool = new HashPool(runtime, settings.hashing)
  return {
    ...{ config: settings, runtime, store, keys, chain: mainChain },
    verifiers: new Verifiers({ runtime, keys, pool, cost: settings.hashCost }),
    cardPasswordTries: new Tries({ store, runtime, tenant: settings.id, secret: 'card password' }),
    calendar: { tenant: settings.id, timeZone: settings.timeZone, cutOffMinutes: minutesOf(settings.cutOff) },
    mail: { wake: () => {} },
  } as unknown as Branch
}
