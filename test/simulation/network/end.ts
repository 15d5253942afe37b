/**
 * What is checked when a story has ended: every institution's books by their own rules and by the heads that others hold,
 * what they owe each other, that nobody is suspended and no letter waits, and that all that callers were told is so.
 */
import type { RunningInstitution } from '../../../src/institution/premises.ts'
import type { Network } from '../../support/network/network.ts'
import { alarmsOf, faultsIn, owedBetween, unbalanced } from '../../support/proof.ts'
import { faultsOfCardPayments, faultsOfCardRefunds, faultsOfCards } from './card-promises.ts'
import { faultsBetweenBanks, faultsOfEndings, faultsOfPayments, faultsOfSales, faultsOfTransfers } from './promises.ts'
import type { Told } from './told.ts'
import type { Town } from './town.ts'

export async function faultsAtTheEnd(network: Network, told: Told, town: Town, restored: ReadonlySet<string>) {
  const faults: string[] = []
  const running = network.houses.map(house => house.running as RunningInstitution)
  for (const house of network.houses) {
    const others = running.filter(other => other !== house.running)
    // A restored log begins at a checkpoint, which in-memory books have no place for.
    const how = restored.has(house.id) ? ({ withoutLog: true } as const) : {}
    faults.push(...(await faultsIn(house.running, house.identities, others, how)))
    const raised = await alarmsOf(house.running)
    faults.push(...raised.filter(alarm => !isExpected(alarm, told)))
    faults.push(...(await standstill(house.running)))
  }
  for (const bank of network.banks) faults.push(...(await unfinished(bank.running, filesOfBank)))
  for (const payee of network.payees) faults.push(...(await unfinished(payee.running, filesOfPayee)))
  for (const bank of network.banks) {
    faults.push(...(await unbalanced(bank.running)))
    faults.push(...(await faultsOfSales(bank, network, told)))
    faults.push(...(await faultsOfEndings(bank, network, told)))
    faults.push(...(await faultsOfTransfers(bank, told, town)))
    faults.push(...(await faultsBetweenBanks(bank, network, told)))
    faults.push(...(await faultsOfCards(bank, network, town)))
    for (const payee of network.payees) {
      const { float, due } = await owedBetween(bank.running, payee.running)
      // Whoever went back in time has lost what it sold, or what it was told of.
      if (float !== due && !told.wentBack(bank.id, payee.id))
        faults.push(`${bank.id} holds ${float} for ${payee.id}, which knows of ${due}`)
    }
  }
  for (const payee of network.payees) {
    faults.push(...(await faultsOfPayments(payee, told)))
    faults.push(...(await faultsOfCardPayments(payee, network, told)))
    faults.push(...(await faultsOfCardRefunds(payee, network, told)))
  }
  return faults
}

/** Nobody's fault: a grant that was lowered after a sale; a clock that jumped and made an order overdue; a refund that came before sales. */
const usual = /alarm (activation-held|order-refused: .*: no batch came$|day-end-breaks: .*: \d+ short$)/
/** What is lost when books go back is counted, and people hear of it; a day end that was told otherwise before waits for them. */
const afterGoingBack =
  /alarm (books-went-back|undeliverable-letter: .*: its key is lost$|peer-recovered|peer-lost-receipts|record-keys-lost|sale-not-honoured|letter-refused|day-end-lost|credit-unasked|card-unasked|card-contradicted|order-refused: .*: its batch is lost$|day-end-(breaks(?!.*duplicate)|contradicted))/

function isExpected(alarm: string, told: Told): boolean {
  return usual.test(alarm) || (afterGoingBack.test(alarm) && told.hasLost)
}

/** Peers that are sent nothing any more, and letters that wait for ever. */
async function standstill({ store, card }: RunningInstitution): Promise<readonly string[]> {
  return store.read(async tx => {
    const suspended = await tx.all<{ peer: string }>('SELECT peer FROM clearing_peer WHERE suspended = 1')
    const waiting = await tx.all<{ peer: string; count: bigint }>(
      'SELECT peer, count(*) AS count FROM clearing_outbox WHERE outcome IS NULL GROUP BY peer',
    )
    return [
      ...suspended.map(({ peer }) => `${card.institution} has ${peer} suspended for ever`),
      ...waiting.map(({ peer, count }) => `${count} letters of ${card.institution} to ${peer} never arrive`),
    ]
  })
}

/** Each gives what, of whom, and how it stands. */
const filesOfPayee = `SELECT 'file ' || number || ' to ' || bank AS what, state FROM day_end_file
  WHERE state <> 'reconciled' AND NOT (held IS NOT NULL AND state = 'refused')`
const filesOfBank = `SELECT 'file ' || number || ' of ' || payee AS what, state FROM payee_file WHERE state <> 'result sent' AND void = 0
  UNION ALL SELECT 'statement ' || number || ' to ' || bank, state FROM net_statement WHERE state IN ('writing', 'sent')`

/** Files and statements that wait for ever. */
async function unfinished({ store, card }: RunningInstitution, sql: string): Promise<readonly string[]> {
  const rows = await store.read(tx => tx.all<{ what: string; state: string }>(sql))
  return rows.map(({ what, state }) => `at ${card.institution}, ${what} stays ${state}`)
}
