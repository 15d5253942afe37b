/** What commands may ask of an institution, whatever its kind, and of a bank's counter and a payee's till besides. */

import type { RunningBank } from '../bank/start.ts'
import { acknowledgeAlarms, openAlarms } from '../institution/alarm-book.ts'
import { losses } from '../institution/gap.ts'
import type { PersonPasskeys } from '../institution/person-passkeys.ts'
import type { RunningInstitution } from '../institution/premises.ts'
import { fingerprint, pinnedPeers } from '../mail/peers.ts'
import type { RunningHost } from '../merchant/host/start.ts'
import type { RunningMerchant } from '../merchant/start.ts'
import type { CallRecords } from './call-records.ts'
import type { InstitutionEntry } from './installation/schema.ts'
import type { Contract } from './owner/contract.ts'
import type { HandlerOf, HandlersOf } from './owner/operation.ts'

export function officeHandlers(entry: InstitutionEntry, running: RunningInstitution): HandlersOf<Contract> {
  const { decisions, store, ownKeys, peoplePasskeys, callBacks } = running
  return {
    about: async () => ({ institution: entry.id, kind: entry.kind, pid: process.pid }),
    'people.first': ({ two: [one, other] }) => decisions.first([one, other]),
    'people.list': async () => [...(await decisions.people())],
    'people.passkey': setUpPasskey(peoplePasskeys),
    'people.passkeys': async () => [...(await peoplePasskeys.list())],
    'people.passkey-let-go': async ({ passkey, word }) => ({ outcome: await peoplePasskeys.letGo(passkey, word) }),
    'decisions.with-facts': ({ kind, request }) => decisions.withFacts(kind, request),
    'decisions.propose': proposal => decisions.propose(proposal),
    'decisions.waiting': async () => {
      const waiting = await decisions.waiting()
      return Promise.all(waiting.map(async each => ({ ...each, isOvertaken: await decisions.isOvertaken(each) })))
    },
    'decisions.withdraw': withdrawal => decisions.withdraw(withdrawal),
    'decisions.approve': approval => decisions.approve(approval),
    'peers.card': async () => ({ card: ownKeys.card(), fingerprint: fingerprint(ownKeys.card()) }),
    'keys.list': async () => [...(await ownKeys.list())],
    'peers.list': async () => {
      const peers = await store.read(tx => pinnedPeers(tx, entry.id))
      return peers.map(peer => ({
        institution: peer.institution,
        fingerprint: fingerprint(peer),
        suspended: peer.suspended,
      }))
    },
    'recovery.list': async () => [...(await store.read(tx => losses(tx, entry.id)))],
    'settle.now': async () => {
      await running.nightly()
      return { outcome: 'begun' }
    },
    'alarms.list': async () => [...(await store.read(tx => openAlarms(tx, entry.id)))],
    'call-backs.list': async () => [...(await callBacks.open())],
    'call-backs.done': ({ signer, done }) => callBacks.done(signer, done),
    'alarms.acknowledge': ({ signer, acknowledgements }) =>
      store.execute(tx => acknowledgeAlarms(tx, entry.id, signer, acknowledgements)),
  }
}

/** It lasts until the person has vouched for what a browser made, or the code is over. */
function setUpPasskey(passkeys: PersonPasskeys): HandlerOf<Contract['people.passkey']> {
  return async (asked, asker) => {
    const begun = await passkeys.begin(asked)
    if (begun.outcome !== 'begun') return begun
    const { code, url } = begun
    const word = new Promise<Parameters<PersonPasskeys['vouch']>[1] | 'gone'>(resolve =>
      asker.listen({ heard: said => resolve({ person: asked.person, ...said }), gone: () => resolve('gone') }),
    )
    asker.tell({ code, url })
    const made = await Promise.race([begun.made, word])
    if (made === 'over' || made === 'gone' || !('publicKey' in made)) return { outcome: 'over' }
    asker.tell({ made })
    const said = await word
    return said === 'gone' ? { outcome: 'over' } : passkeys.vouch(code, said)
  }
}

/** What may be asked of either end about days that ended. */
export function dayEndHandlers({
  dayEnd,
}: Pick<RunningBank | RunningMerchant | RunningHost, 'dayEnd'>): HandlersOf<Contract> {
  return {
    'settle.list': async ({ date }) => [...(await dayEnd.reports(date))],
    ...('planned' in dayEnd && { 'settle.planned': async () => [...(await dayEnd.planned())] }),
    ...('sendAgain' in dayEnd && { 'settle.again': ({ bank }) => dayEnd.sendAgain(bank) }),
  }
}

export function tillHandlers({ apiKeys }: RunningMerchant): HandlersOf<Contract> {
  return {
    'api-keys.list': async () => [...(await apiKeys.list())],
    'api-keys.add': ({ key, by }) => apiKeys.add(key, by),
    'api-keys.revoke': ({ key, by }) => apiKeys.revoke(key, by),
  }
}

export function counterHandlers({ bank, teller, cards }: RunningBank): HandlersOf<Contract> {
  return {
    'customers.open': async ({ name, pin, isBusiness }) => {
      const account = await teller.drawAccountNumber()
      const drawn = pin ?? teller.drawPin(account)
      await teller.openCustomer({ account, name, pin: drawn, isBusiness })
      return { account, pin: drawn }
    },
    'customers.show': async ({ account }) => {
      const holder = await bank.findAccount(account)
      if (holder === undefined) return { outcome: 'unknown-account' }
      const [balance, closings] = [await bank.balance(account), await teller.closings(account)]
      return { outcome: 'found', name: holder.name, balance, closings, mail: await teller.mailAddress(account) }
    },
    'cards.draw': request => cards.draw(request),
    'cards.list': () => cards.list(),
    'cards.directory': () => cards.directory(),
    'transfers.pending': () => teller.pendingTransfers(),
    'suspense.list': () => teller.suspense(),
    'settle.banks': () => teller.standings(),
    'stock.replenish': async () => {
      await teller.replenish()
      return { outcome: 'ordered' }
    },
  }
}

/** A customer's calls, for whoever serves them. */
export function callHandlers({ teller }: RunningBank, records: CallRecords): HandlersOf<Contract> {
  return {
    'customers.calls': async inquiry => {
      const { outcome } = await teller.judgeCallInquiry(inquiry)
      if (outcome !== 'signed') return { outcome }
      await records.noteAsked(inquiry)
      return { outcome: 'shown', keepDays: records.keepDays, calls: await records.of(inquiry.account) }
    },
  }
}

export function clerkHandlers({ currency }: InstitutionEntry, { clerk }: RunningMerchant): HandlersOf<Contract> {
  return {
    'payments.list': async ({ limit }) => [...(await clerk.payments(limit))],
    'payments.reverse': ({ minor, ...request }) =>
      clerk.reverse({ ...request, amount: minor === undefined ? undefined : { minor, asset: currency } }),
    'payments.refund': ({ minor, ...request }) =>
      clerk.refund({ ...request, amount: minor === undefined ? undefined : { minor, asset: currency } }),
    'payments.refunds': async ({ limit }) => [...(await clerk.refunds(limit))],
    'payments.refund-card': ({ minor, ...request }) =>
      clerk.refundCard({ ...request, amount: minor === undefined ? undefined : { minor, asset: currency } }),
    'payments.by-card': async ({ limit }) => [...(await clerk.cardPayments(limit))],
  }
}
