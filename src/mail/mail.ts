/**
 * An institution's mail: letters out of its outbox to every pinned peer, letters and queries in, questions to peers. What
 * is written with `writeLetter` in a command is delivered exactly once, however unreliable the transport.
 */

import type { InstitutionId } from '../ids.ts'
import type { KeyStore, PublicKey, PublicPurpose, Signature } from '../keys/keys.ts'
import type { RecordKeys } from '../keys/record-keys.ts'
import type { Runtime } from '../runtime.ts'
import type { ReadTx, Store } from '../store/store.ts'
import type { Tracing } from '../trace.ts'
import { ask, askWhatIsHeld } from './ask.ts'
import type { ReceivingKey } from './bundle.ts'
import { Courier } from './courier.ts'
import { openStreams } from './epochs.ts'
import { closeToAll, Gate } from './gate.ts'
import type { HeldHead } from './held-heads.ts'
import { KeyChanges } from './key-changes.ts'
import { keyLetters } from './key-letters.ts'
import type { ToldHead } from './letter.ts'
import { type HeldOfUs, highestLogHead, LogHeadExchange, type SignedLogHead } from './log-heads.ts'
import type { Query, QueryAnswer, QueryType } from './messages.ts'
import { type Peer, pinnedPeers } from './peers.ts'
import { type LetterHandlers, type QueryHandlers, receiver } from './reception.ts'
import { destroyLetterKeys } from './sealed-letters.ts'
import { placeToCome } from './streams.ts'
import { type Credentials, type Deliveries, type OwnIdentity, type Transports, Undeliverable } from './transport.ts'

export interface Mail {
  /** After a commit that may have written letters. */
  wake(): void
  /** Asks a peer something that changes nothing there. Rejects with `DeadlineExceeded` or `Undeliverable`. */
  ask<T extends QueryType>(to: InstitutionId, type: T, question: Query<T>, deadlineMs: number): Promise<QueryAnswer<T>>
  /** What a peer holds of our own books. Rejects as `ask` does. */
  heldOfUs(of: InstitutionId, deadlineMs: number): Promise<HeldOfUs>
  /** It may be written to and answered: it has said that this is the highest of our heads that it holds. */
  openTo(peer: InstitutionId, held: SignedLogHead | null): Promise<void>
  /** After a peer was pinned: corresponds with it from now on. */
  meetPeers(): Promise<void>
  /** A key of ours for a change, before the command that carries it out (`changeTo`). It is not used before. */
  changeKey(purpose: PublicPurpose): Promise<PublicKey>
  /** After a commit that changed a key of ours: tells the peers. */
  keysChanged(): Promise<void>
  /** Resolves when no letter waits that a peer would take, and it is open to all that were pinned at the start. */
  idle(): Promise<void>
  close(): Promise<void>
}

/** Told what went wrong where nobody waits for an answer, for the log. Nothing secret is in it. */
export type Troubled = (error: unknown) => void

export interface MailOffice {
  readonly institution: InstitutionId
  readonly store: Store
  readonly runtime: Runtime
  readonly keys: KeyStore
  /** The keys of letters that are sealed until they leave, outside the database and its backups. */
  readonly recordKeys: RecordKeys
  readonly transports: Transports
  readonly letters: LetterHandlers
  readonly queries: QueryHandlers
  /** The heads of the own ledger, for receipts. */
  readonly heads: (tx: ReadTx) => Promise<readonly ToldHead[]>
  /** `keyId`: by another of our ledger keys than the one in use. */
  readonly signHead: (head: ToldHead, at: number, keyId?: string) => Promise<Signature>
  /** Whether a peer's ledger key signed a head that came with a receipt. */
  readonly isHeadSignedBy: (key: PublicKey, head: HeldHead) => boolean
  readonly deliveryDeadlineMs: number
  /** Nothing is written, sent or taken before `openTo`; a peer that is pinned later is open at once. */
  readonly startsClosed?: boolean
  /** A room writes what it had to put off, before anything else is sent to this peer or taken from it. */
  readonly opened?: (peer: InstitutionId) => Promise<void>
  readonly troubled: Troubled
  readonly tracing?: Tracing | undefined
}

/** Starts listening and carrying. The peers are those that are pinned now. */
export async function openMail(office: MailOffice): Promise<Mail> {
  const { institution: tenant, store, transports } = office
  const peers = new Map<string, Peer>()
  /** Of each peer, one for each stream. */
  const couriers = new Map<string, readonly Courier[]>()
  /** Which key a peer opens with, as it said when it could not open what came, until its letter tells it. */
  const said = new Map<string, ReceivingKey>()
  const peer = (id: string): Peer | undefined => {
    const [pinned, key] = [peers.get(id), said.get(id)]
    return pinned && key ? { ...pinned, receiving: { ...key, purpose: 'receive' } } : pinned
  }
  const gate = new Gate(office.startsClosed ?? false)
  const changes = new KeyChanges(office)
  const known = {
    signing: (to: InstitutionId) => changes.signing(to),
    headKey: (to: InstitutionId) => changes.heads(to),
    failed: (to: InstitutionId) => changes.failed(to),
    receiving: (to: InstitutionId) => changes.receiving(to),
    sealTo: (id: InstitutionId, key: ReceivingKey) => void said.set(id, key),
  }
  const logHeads = new LogHeadExchange({ ...office, ...known }, gate)
  let pinned: readonly Peer[] = []
  const credentials = { institution: tenant, peers: () => pinned, identities: () => changes.identities() }
  const as = (identity: OwnIdentity): Credentials => ({ ...credentials, ...identity })
  const transport: Deliveries = {
    deliver: (to, bytes, deadlineMs) => transports.outgoing.deliver(to, bytes, deadlineMs, as(changes.identity(to))),
  }
  /** Peers as the books have them now, and what is still to be done of changes of our own keys. */
  const keysChanged = async () => {
    await lookAtPeers()
    if (await changes.carryOn()) wake()
  }
  const looking = new Set<Promise<void>>()
  const lookAtKeys = () => {
    const look = keysChanged()
      .then(wake, office.troubled)
      .finally(() => looking.delete(look))
    looking.add(look)
  }
  const letters = {
    ...office.letters,
    ...keyLetters({ institution: tenant, now: () => office.runtime.wallNow(), changed: lookAtKeys }),
  }
  const route = {
    ...office,
    ...known,
    letters,
    transport,
    logHeads,
    keysChanged: lookAtKeys,
    met: (id: InstitutionId) => met(id),
  }
  const met = (id: InstitutionId): Peer => {
    const known = peer(id)
    if (known === undefined) throw new Undeliverable(id, 'it is not a pinned peer')
    return known
  }
  const lookAtPeers = async () => {
    pinned = await store.read(tx => pinnedPeers(tx, tenant))
    for (const each of pinned) {
      const { institution, receiving } = each
      if (peers.get(institution)?.receiving.keyId !== receiving.keyId) said.delete(institution)
      peers.set(institution, each)
    }
  }
  const meetPeers = async () => {
    await lookAtPeers()
    await changes.refresh()
    for (const each of pinned) {
      await Promise.all((couriers.get(each.institution) ?? []).map(courier => courier.close()))
      couriers.set(
        each.institution,
        (['first', 'bulk'] as const).map(stream => new Courier(route, each, stream)),
      )
    }
  }
  if (office.startsClosed) await closeToAll(store, tenant)
  await destroyLetterKeys(office, 'start')
  await meetPeers()
  const atStart = [...peers.values()].map(({ institution }) => institution)
  const answering: QueryHandlers = {
    ...office.queries,
    'highest-head': from =>
      store.read(async tx => ({
        head: await highestLogHead(tx, tenant, from),
        next: await placeToCome(tx, tenant, from),
      })),
  }
  const entrance = await transports.incoming.listen(
    tenant,
    receiver({ ...office, ...known, letters, queries: answering, logHeads, gate, peer, wake: () => wake() }),
    as(changes.identity(tenant)),
  )
  const wake = () => {
    for (const [id, both] of couriers) {
      if (gate.isOpenTo(id as InstitutionId)) for (const courier of both) courier.wake()
    }
  }
  wake()
  return {
    wake,
    openTo: async (id, held) => {
      // One that holds nothing of ours has seen no epoch but, maybe, the first.
      await store.execute(tx => openStreams(tx, tenant, id, held?.epoch ?? 1n))
      await office.opened?.(id)
      await changes.carryOn()
      gate.open(id)
      for (const courier of couriers.get(id) ?? []) courier.wake()
    },
    meetPeers: async () => {
      await meetPeers()
      for (const { institution } of peers.values()) {
        if (atStart.includes(institution) || gate.isOpenTo(institution)) continue
        await office.opened?.(institution)
        gate.open(institution)
      }
      await changes.carryOn()
      wake()
    },
    changeKey: async purpose => changes.keyFor(purpose),
    keysChanged,
    ask: async (to, type, question, deadlineMs) => ask(route, met(to), type, question, deadlineMs),
    heldOfUs: async (of, deadlineMs) => askWhatIsHeld(route, met(of), deadlineMs),
    idle: async () => {
      await gate.opened(() => atStart)
      await Promise.all([...couriers.values()].flat().map(courier => courier.idle()))
    },
    close: async () => {
      await entrance.close()
      await Promise.all([...couriers.values()].flat().map(courier => courier.close()))
      while (looking.size > 0) await Promise.all(looking)
    },
  }
}
