/** Whether each payment by card ended one way, which both ends know, and moved its money once. */
import type { AccountNumber } from '../../../src/ids.ts'
import type { BankHouse, Network, PayeeHouse } from '../../support/network/network.ts'
import { creditedTo } from './promises.ts'
import type { Told } from './told.ts'
import { customersOf, deesMinor, type Town } from './town.ts'

type Collection = {
  readonly payment: string
  readonly outcome: string
  readonly minor: bigint
}

/** What this bank's card paid has left its account, and what it collected itself is at the payee's. */
export async function faultsOfCards({ id, running }: BankHouse, { payees }: Network, town: Town): Promise<string[]> {
  const faults: string[] = []
  const { dee } = customersOf(town, id)
  let paid = 0n
  for (const payee of payees) {
    const collected = await collectionsOf(running, payee.id)
    const moved = collected.filter(({ outcome }) => outcome === 'paid').reduce((sum, { minor }) => sum + minor, 0n)
    paid += moved
    for (const { payment, outcome } of collected)
      if (outcome === 'sent') faults.push(`${payment} is on its way from ${id} to ${payee.id} for ever`)
    const own = town.collectingAt.get(payee.id)
    if (own?.bank === id) faults.push(...(await faultsOfTill(running, payee.id, own.account, moved)))
  }
  const { minor } = await running.bank.balance(dee)
  const back = await refundedBy(running)
  if (minor !== deesMinor - paid + back)
    faults.push(`${id} has ${minor} of dee's, whose card paid ${paid} and was refunded ${back}`)
  return faults
}

/** What files of payees gave back of it, in lines that were accepted. */
async function refundedBy({ store }: BankHouse['running'], payment = '%'): Promise<bigint> {
  const row = await store.read(tx =>
    tx.one<{ minor: bigint }>(
      `SELECT coalesce(sum(minor), 0) AS minor FROM payee_file_line
       WHERE kind = 'refund' AND voucher LIKE ? AND verdict = 'accepted' AND returned IS NOT NULL`,
      payment,
    ),
  )
  return row?.minor ?? 0n
}

async function faultsOfTill(bank: BankHouse['running'], payee: string, account: AccountNumber, moved: bigint) {
  const { minor } = await bank.bank.balance(account)
  const due = moved + (await creditedTo(bank, account))
  return minor === due ? [] : [`${payee} has ${minor} where it collects, and cards paid ${due}`]
}

function collectionsOf({ store }: BankHouse['running'], receiver: string): Promise<readonly Collection[]> {
  return store.read(tx =>
    tx.all<Collection>(
      `SELECT each.payment, each.outcome, coalesce(entry.minor, 0) AS minor FROM card_collection AS each
       LEFT JOIN card_payment AS paid ON paid.card = each.card AND paid.counter = each.counter
       LEFT JOIN journal ON journal.id IN ('transfer ' || paid.transfer, 'send ' || paid.transfer)
       LEFT JOIN entry ON entry.seq = journal.seq AND entry.account = 'deposit:' || paid.account
       WHERE each.receiver = ?`,
      receiver,
    ),
  )
}

/** Both ends say the same of each, and nobody was told otherwise. */
export async function faultsOfCardPayments(
  { id, running }: PayeeHouse,
  network: Network,
  told: Told,
): Promise<string[]> {
  const faults: string[] = []
  const rows = await running.store.read(tx =>
    tx.all<{ id: string; issuer: string; state: string }>('SELECT id, issuer, state FROM receiver_payment'),
  )
  for (const bank of network.banks) {
    const here = new Map(rows.filter(({ issuer }) => issuer === bank.id).map(row => [row.id, row.state]))
    const there = new Map((await collectionsOf(bank.running, id)).map(({ payment, outcome }) => [payment, outcome]))
    for (const payment of new Set([...here.keys(), ...there.keys()])) {
      const [ours, theirs] = [here.get(payment) ?? 'refused', there.get(payment) ?? 'refused']
      // What a bank that went back had paid may be too late when it comes again: people hear of it.
      const isContradicted = theirs === 'refused' && told.wentBack(bank.id)
      if (ours !== theirs && !isContradicted)
        faults.push(`${bank.id} has card payment ${payment} as ${theirs}, and ${id} as ${ours}`)
    }
  }
  return [...faults, ...(await faultsOfWords({ id, running }, told))]
}

/** Every refund that a clerk was told of was paid or refused, once, and never more goes back of a payment than its card paid. */
export async function faultsOfCardRefunds(
  { id, running }: PayeeHouse,
  { banks }: Network,
  told: Told,
): Promise<string[]> {
  const faults: string[] = []
  const refunds = await running.clerk.refunds(100)
  for (const { reference, standing } of refunds)
    if (standing === 'waiting' || standing === 'sent')
      faults.push(`refund ${reference} of ${id} is ${standing} for ever`)
  for (const fact of told.cardRefunds.filter(({ by }) => by === id)) {
    const { payment, amount, reference } = fact
    if (told.mayBeLost(fact)) continue
    // What came again from its bank's file has another reference.
    const isThere = refunds.some(
      each => each.of === payment && each.reference === reference && each.amount.minor === amount.minor,
    )
    if (!isThere && !told.wentBack(id))
      faults.push(`${id} refunded ${amount.minor} of ${payment} and knows nothing of it`)
  }
  for (const { id: payment, issuer, amount, refunded } of await running.clerk.cardPayments(100)) {
    const bank = banks.find(each => each.id === issuer)
    const back = bank === undefined ? 0n : await refundedBy(bank.running, payment)
    if (back > amount.minor) faults.push(`of card payment ${payment} of ${amount.minor} came back ${back}`)
    if (back !== refunded.minor && !told.wentBack(id, issuer))
      faults.push(`${id} refunded ${refunded.minor} of ${payment}, and ${back} came back`)
  }
  return faults
}

async function faultsOfWords({ id, running }: Pick<PayeeHouse, 'id' | 'running'>, told: Told): Promise<string[]> {
  const faults: string[] = []
  for (const fact of told.cardPayments.filter(({ by }) => by === id)) {
    if (told.mayBeLost(fact)) continue
    // Who lost the asking cannot know, until the bank's word comes once more, that the bank had paid.
    if (fact.outcome !== 'paid' && told.wentBack(id)) continue
    const { outcome } = await running.merchant.becameOfCard(fact)
    const isSo = fact.outcome === 'paid' ? outcome === 'paid' : outcome !== 'paid' && outcome !== 'on-its-way'
    if (!isSo)
      faults.push(
        `a card was told ${fact.outcome} ${fact.reason ?? ''} by ${id} under ${fact.counter}, and it is ${outcome}`,
      )
  }
  return faults
}
