/**
 * Proves the books of institutions that write to each other: each one's own by `audit`, with the heads that the others hold,
 * and what must hold between them once every letter has arrived.
 */
import { alarms } from '../../src/alarm.ts'
import { bankIdentities } from '../../src/bank/audit.ts'
import type { RunningInstitution } from '../../src/institution/premises.ts'
import { type AuditOptions, audit } from '../../src/ledger/audit/audit.ts'
import type { Identity } from '../../src/ledger/audit/identity.ts'
import { heldHeads } from '../../src/mail/held-heads.ts'
import { heldLogHeads } from '../../src/mail/log-heads.ts'
import { merchantIdentities } from '../../src/merchant/audit.ts'
import type { Store } from '../../src/store/store.ts'
import type { World } from './world.ts'

/** Everything that is wrong in a world's two books and between them, in sentences. Empty when they are right. */
export async function faultsOf(
  { harbour, lantern }: Pick<World, 'harbour' | 'lantern'>,
  how: HowProved = {},
): Promise<readonly string[]> {
  return [
    ...(await faultsIn(harbour, bankIdentities({ tenant: 'harbour', chain: 'main' }), [lantern], how)),
    ...(await faultsIn(lantern, merchantIdentities({ tenant: 'lantern', chain: 'main' }), [harbour], how)),
    ...(await alarmsOf(harbour)),
    ...(await alarmsOf(lantern)),
    ...(await owedApart(harbour, lantern)),
    ...(await unbalanced(harbour)),
  ]
}

/** `withoutLog`: not whether each table is what the change log makes of it. */
export type HowProved = Pick<AuditOptions, 'withoutLog'>

/** What an auditor finds who has the heads that `others` hold. */
export async function faultsIn(
  { card, ledgerKeys, store }: RunningInstitution,
  identities: readonly Identity[],
  others: readonly RunningInstitution[],
  how: HowProved = {},
): Promise<readonly string[]> {
  const signer = card.institution
  const held = await Promise.all(
    others.map(({ store, card: { institution } }) =>
      store.read(async tx => ({
        ledger: await heldHeads(tx, institution, signer),
        log: await heldLogHeads(tx, institution, signer),
      })),
    ),
  )
  const snapshot = await store.snapshot()
  const heads = held.flatMap(({ ledger }) => ledger)
  const logHeads = held.flatMap(({ log }) => log)
  const findings = await audit({ snapshot }, { signer, keys: ledgerKeys, heads, logHeads, identities, ...how })
  return findings.map(({ kind, where, what }) => `${signer}: ${kind} ${where}: ${what}`)
}

export async function alarmsOf({ store, card: { institution } }: RunningInstitution): Promise<readonly string[]> {
  const raised = await store.read(tx => alarms(tx, institution))
  return raised.map(({ kind, detail }) => `${institution}: alarm ${kind}: ${detail}`)
}

/** What a bank holds for a payee, and what the payee knows that the bank owes. */
export async function owedBetween(bank: RunningInstitution, payee: RunningInstitution) {
  return {
    float: await posted(bank.store, `float:${payee.card.institution}`),
    due: await posted(payee.store, `due-from-bank:${bank.card.institution}`),
  }
}

async function owedApart(bank: RunningInstitution, payee: RunningInstitution): Promise<readonly string[]> {
  const { float, due } = await owedBetween(bank, payee)
  const cleared = await posted(bank.store, `settlement:${payee.card.institution}`)
  const settled = await posted(payee.store, `settled:${bank.card.institution}`)
  return [
    ...(float === due ? [] : [`the bank holds ${float} for the payee, and the payee knows of ${due}`]),
    ...(cleared === settled ? [] : [`the bank cleared ${cleared} for the payee, and the payee knows of ${settled}`]),
  ]
}

/** Whether money was made or lost in a bank. */
export async function unbalanced({ store, card }: RunningInstitution): Promise<readonly string[]> {
  const vault = await posted(store, 'vault')
  const [deposits, floats] = [await posted(store, 'deposit:%'), await posted(store, 'float:%')]
  let elsewhere = 0n
  for (const account of [
    'settlement:%',
    'returning:%',
    'fee-income',
    'suspense%',
    'sending-to-bank:%',
    'due-to-bank:%',
  ])
    elsewhere += await posted(store, account)
  elsewhere -= await posted(store, 'due-from-bank:%')
  if (vault === deposits + floats + elsewhere) return []
  return [`${card.institution}: money was made or lost: ${vault} in, ${deposits}, ${floats} and ${elsewhere} here`]
}

/** The sum of the accounts whose id is like `pattern`. */
export async function posted(store: Store, pattern: string): Promise<bigint> {
  const row = await store.read(tx =>
    tx.one<{ sum: bigint | null }>('SELECT sum(posted) AS sum FROM balance WHERE account LIKE ?', pattern),
  )
  return row?.sum ?? 0n
}
