/** Whether what callers were told is so in the end: each sale, payment and transfer once, and nothing besides them. */
import type { AccountNumber, IntentId, VoucherNumber } from '../../../src/ids.ts'
import { digestOf } from '../../../src/merchant/asked-for.ts'
import type { BankHouse, Network, PayeeHouse } from '../../support/network/network.ts'
import { posted } from '../../support/proof.ts'
import type { Told } from './told.ts'
import { customersOf, type Town } from './town.ts'

export async function faultsOfSales({ id, running }: BankHouse, { payees }: Network, told: Told): Promise<string[]> {
  const faults: string[] = []
  const sales = told.sales.filter(({ by }) => by === id)
  faults.push(...twice(sales.map(({ sale }) => sale)).map(sale => `${id} told two callers of sale ${sale}`))
  faults.push(...twice(sales.map(({ number }) => number)).map(number => `${id} sold voucher ${number} twice`))
  const worth = new Map<string, bigint>()
  const counted = new Set<IntentId>()
  for (const fact of sales) {
    const { outcome } = await running.bank.resolve({ intent: fact.intent, principal: fact.buyer })
    if (outcome !== 'done' && !told.mayBeLost(fact)) faults.push(`${id} sold ${fact.number} and knows nothing of it`)
    if (outcome !== 'done' || counted.has(fact.intent)) continue
    counted.add(fact.intent)
    worth.set(fact.payee, (worth.get(fact.payee) ?? 0n) + fact.amount.minor)
  }
  for (const payee of payees) {
    // What was cleared has left the float, and is the payee's.
    const cleared = await posted(running.store, `settlement:${payee.id}`)
    const float = (await posted(running.store, `float:${payee.id}`)) + cleared + (await givenBack(running, payee.id))
    if (float !== (worth.get(payee.id) ?? 0n))
      faults.push(`${id} holds ${float} for ${payee.id}, and callers bought ${worth.get(payee.id) ?? 0n}`)
  }
  return [...faults, ...(await faultsOfConfirmations(running, told, id)), ...(await livingPasswords(running, id))]
}

/** What a payee's files said of ended vouchers has left the float for whoever bought them. */
async function givenBack({ store }: BankHouse['running'], payee: string): Promise<bigint> {
  const row = await store.read(tx =>
    tx.one<{ minor: bigint }>(
      `SELECT coalesce(sum(minor), 0) AS minor FROM entry WHERE account = ? AND side = 'credit'`,
      `returning:${payee}`,
    ),
  )
  return row?.minor ?? 0n
}

/** Whoever was told that a voucher is ended has back what was left of it, once. */
export async function faultsOfEndings(bank: BankHouse, { payees }: Network, told: Told): Promise<string[]> {
  const faults: string[] = []
  for (const fact of told.endings.filter(ending => ending.bank === bank.id)) {
    const { number, amount, by, buyer } = fact
    if (told.mayBeLost(fact)) continue
    const payee = payees.find(({ id }) => id === by)
    const became = await payee?.running.merchant.resolve({ intent: fact.intent, principal: number })
    if (became?.outcome !== 'done' || became.kind !== 'termination' || became.amount.minor !== amount.minor)
      faults.push(`${by} ended ${number}, and it is ${became?.outcome}`)
    const back = await bank.running.store.read(tx =>
      tx.one<{ minor: bigint }>(
        `SELECT coalesce(sum(entry.minor), 0) AS minor FROM payee_file_line AS line
         JOIN entry ON entry.seq = line.returned AND account = ? AND side = 'credit' WHERE voucher = ? AND kind = 'termination'`,
        ...[`deposit:${buyer}`, number],
      ),
    )
    // A file that books which went back tell otherwise waits for people.
    if (back?.minor !== amount.minor && !told.wentBack(bank.id, by))
      faults.push(`${number} was ended with ${amount.minor} left, and ${back?.minor} came back to ${buyer}`)
  }
  return faults
}

async function faultsOfConfirmations({ bank }: BankHouse['running'], told: Told, by: string): Promise<string[]> {
  const faults: string[] = []
  for (const fact of told.confirmations.filter(confirmation => confirmation.by === by)) {
    if (told.mayBeLost(fact)) continue
    const voucher = (await bank.vouchers(fact.buyer)).find(({ id }) => id === fact.sale)
    if (voucher?.state !== 'confirmed') faults.push(`${by}: sale ${fact.sale} was confirmed, and is ${voucher?.state}`)
  }
  return faults
}

/** Whoever has it in writing is never told again: its password is gone for good. */
async function livingPasswords({ store }: BankHouse['running'], by: string): Promise<string[]> {
  const sales = await store.read(tx =>
    tx.all<{ id: string }>('SELECT id FROM sale WHERE confirmed_at IS NOT NULL AND password_destroyed = 0'),
  )
  return sales.map(({ id }) => `${by}: sale ${id} was confirmed, and its password lives on`)
}

export async function faultsOfPayments({ id, running }: PayeeHouse, told: Told): Promise<string[]> {
  const faults: string[] = []
  const paid = new Map<VoucherNumber, bigint>()
  let worth = 0n
  const answered = new Set<string>()
  for (const { intent, number } of told.asked.filter(({ by }) => by === id)) {
    const became = await running.merchant.resolve({ intent, principal: number })
    const minor = became.outcome === 'done' && became.kind === 'payment' ? became.amount.minor : 0n
    worth += minor
    if (minor > 0n) answered.add(digestOf({ principal: number, id: intent }))
    paid.set(number, (paid.get(number) ?? 0n) + minor)
    const fact = told.payments.find(payment => payment.intent === intent)
    if (fact === undefined || minor === fact.amount.minor || told.mayBeLost(fact)) continue
    faults.push(`${id} was paid ${fact.amount.minor} with ${number} and knows of ${minor}`)
  }
  for (const { number, minor, intent } of await recoveredBy(running)) {
    if (!told.wentBack(id) || !told.asked.some(asked => asked.by === id && asked.number === number))
      faults.push(`${id} has ${minor} again of ${number}, which nobody paid in books that are lost`)
    // It answers whoever asked for it, and is counted there.
    if (answered.has(intent)) continue
    worth += minor
    paid.set(number, (paid.get(number) ?? 0n) + minor)
  }
  const revenue = await posted(running.store, 'revenue:%')
  if (revenue !== worth) faults.push(`${id} has earned ${revenue}, and callers paid ${worth}`)
  for (const { number, amount } of told.sales) {
    const minor = paid.get(number) ?? 0n
    if (minor > amount.minor) faults.push(`voucher ${number} of ${amount.minor} paid ${minor}`)
  }
  return faults
}

/** What was paid in books that are lost, and came again from a file that had told of it. `intent`: the digest of under what, and by whom. */
function recoveredBy({ store }: PayeeHouse['running']) {
  return store.read(tx =>
    tx.all<{ number: VoucherNumber; minor: bigint; intent: string }>(
      `SELECT line.voucher AS number, line.minor, journal.facts AS intent FROM day_end_line AS line
       JOIN journal ON journal.kind = 'recovered' AND journal.id = 'recovered ' || bank || ' ' || line.number || ' ' || line.line
       WHERE line.kind = 'capture'`,
    ),
  )
}

export async function faultsOfTransfers({ id, running }: BankHouse, told: Told, town: Town): Promise<string[]> {
  const faults: string[] = []
  const received = new Map<AccountNumber, bigint>()
  for (const fact of told.transfers.filter(({ by }) => by === id)) {
    const { outcome } = await running.bank.resolve({ intent: fact.intent, principal: fact.from })
    if (outcome !== 'done' && !told.mayBeLost(fact))
      faults.push(`${id} transferred ${fact.intent} and knows nothing of it`)
    if (outcome === 'done') received.set(fact.to, (received.get(fact.to) ?? 0n) + fact.amount.minor)
  }
  const { bo } = customersOf(town, id)
  const { minor } = await running.bank.balance(bo)
  const due = 3_000n + (received.get(bo) ?? 0n) + (await creditedTo(running, bo))
  if (minor !== due) faults.push(`${id} has ${minor} of bo's, and callers transferred him ${due}`)
  return faults
}

/** What other banks' customers sent to the account. */
export async function creditedTo({ store }: BankHouse['running'], account: AccountNumber): Promise<bigint> {
  const row = await store.read(tx =>
    tx.one<{ minor: bigint }>(
      `SELECT coalesce(sum(minor), 0) AS minor FROM received_credit WHERE account = ? AND outcome = 'credited'`,
      account,
    ),
  )
  return row?.minor ?? 0n
}

/** What one bank owes is due to the other, whatever either has lost; nothing is on its way for ever; what was told is so. */
export async function faultsBetweenBanks(
  { id, running }: BankHouse,
  { banks }: Network,
  told: Told,
): Promise<string[]> {
  const faults: string[] = []
  for (const other of banks) {
    if (other.id === id) continue
    const [owed, due] = [
      await posted(running.store, `due-to-bank:${other.id}`),
      await posted(other.running.store, `due-from-bank:${id}`),
    ]
    if (owed !== due) faults.push(`${id} owes ${owed} to ${other.id}, which knows of ${due}`)
    const onItsWay = await posted(running.store, `sending-to-bank:${other.id}`)
    if (onItsWay !== 0n) faults.push(`${onItsWay} of ${id} is on its way to ${other.id} for ever`)
  }
  for (const fact of told.sendings.filter(({ by }) => by === id)) {
    if (told.mayBeLost(fact)) continue
    const became = await running.bank.resolve({ intent: fact.intent, principal: fact.from })
    if (became.outcome !== 'done' || became.kind !== 'transfer' || became.amount.minor !== fact.amount.minor)
      faults.push(`${id} sent ${fact.intent}, and it is ${became.outcome}`)
  }
  return faults
}

function twice<T>(all: readonly T[]): readonly T[] {
  return [...new Set(all.filter((each, i) => all.indexOf(each) !== i))]
}
