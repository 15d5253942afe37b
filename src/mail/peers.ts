/**
 * The counterparties whose letters are believed. A peer's keys come on a card (a small public file) and are pinned after
 * two people compared the card's fingerprint with one that the peer told them by another way.
 */

import { createHash } from 'node:crypto'
import { encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import { invariant } from '../invariant.ts'
import type { Approved } from '../keys/approval.ts'
import type { KeyStore, PublicKey, PublicPurpose } from '../keys/keys.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { livePeerKeys, pinKeys } from './peer-keys.ts'

/** What an institution hands to its counterparties. Nothing in it is secret. */
export interface PeerCard {
  readonly institution: InstitutionId
  readonly signing: PublicKey
  readonly receiving: PublicKey
  /** By which the heads of its ledger are known. */
  readonly ledger: PublicKey
  /** By which it is known on a connection. Version 0.1.0 had none. */
  readonly transport?: PublicKey | undefined
}

export function ownCard(institution: InstitutionId, keys: KeyStore): PeerCard {
  return {
    institution,
    signing: keys.publicKey('envelope'),
    receiving: keys.publicKey('receive'),
    ledger: keys.publicKey('ledger'),
    transport: keys.publicKey('transport'),
  }
}

/** Whom one lets in or talks to. */
export interface KnownPeer extends PeerCard {
  /** Keys that it had before and may still use, as it does not know yet that its new ones were taken. */
  readonly older?: readonly PublicKey[] | undefined
}

export interface Peer extends KnownPeer {
  readonly suspended: boolean
}

/** The peer's keys of a purpose that count, the newest first. */
export function keysOf(peer: KnownPeer, purpose: PublicPurpose): readonly PublicKey[] {
  return [...keysOn(peer), ...(peer.older ?? [])].filter(key => key.purpose === purpose)
}

function keysOn({ signing, receiving, ledger, transport }: PeerCard): readonly PublicKey[] {
  return [signing, receiving, ledger, ...(transport ? [transport] : [])]
}

/** 40 digits in groups of five, to be compared aloud: 132 bits of SHA-256 over everything on the card. */
export function fingerprint(card: PeerCard): string {
  const { institution, signing, receiving, ledger, transport } = card
  const content = encodeCanonical([
    'tonebank peer',
    institution,
    signing.keyId,
    signing.bytes,
    receiving.keyId,
    receiving.bytes,
    ledger.keyId,
    ledger.bytes,
    ...(transport ? [transport.keyId, transport.bytes] : []),
  ])
  const hash = createHash('sha256').update(content).digest('hex')
  const digits = (BigInt(`0x${hash}`) % 10n ** 40n).toString().padStart(40, '0')
  return (digits.match(/.{5}/g) ?? []).join(' ')
}

export type Pinning =
  | { readonly outcome: 'pinned' }
  /** The card is not the one whose fingerprint was compared. */
  | { readonly outcome: 'other-fingerprint'; readonly found: string }

/** Believes a card from now on, in place of an earlier one of the same institution. */
export async function pinPeer(
  tx: Tx,
  tenant: InstitutionId,
  card: PeerCard,
  compared: { readonly fingerprint: string; readonly by: Approved; readonly at: number },
): Promise<Pinning> {
  const found = fingerprint(card)
  if (compared.fingerprint !== found) return { outcome: 'other-fingerprint', found }
  await tx.run(
    `INSERT INTO clearing_peer
       (tenant, peer, signing_key_id, signing_key, receiving_key_id, receiving_key, ledger_key_id, ledger_key,
         transport_key_id, transport_key, fingerprint, maker, checker, pinned_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, peer) DO UPDATE SET
       signing_key_id = excluded.signing_key_id, signing_key = excluded.signing_key,
       receiving_key_id = excluded.receiving_key_id, receiving_key = excluded.receiving_key,
       ledger_key_id = excluded.ledger_key_id, ledger_key = excluded.ledger_key,
       transport_key_id = excluded.transport_key_id, transport_key = excluded.transport_key,
       fingerprint = excluded.fingerprint, maker = excluded.maker, checker = excluded.checker,
       pinned_at = excluded.pinned_at`,
    tenant,
    card.institution,
    card.signing.keyId,
    card.signing.bytes,
    card.receiving.keyId,
    card.receiving.bytes,
    card.ledger.keyId,
    card.ledger.bytes,
    card.transport?.keyId ?? null,
    card.transport?.bytes ?? null,
    found,
    compared.by.maker,
    compared.by.checker,
    BigInt(Math.trunc(compared.at)),
  )
  await pinKeys(tx, tenant, card.institution, keysOn(card), compared.at)
  return { outcome: 'pinned' }
}

/** Since when each pinned peer has had its keys of now: in milliseconds since 1970. */
export function pinnings(
  tx: ReadTx,
  tenant: InstitutionId,
): Promise<readonly { readonly peer: InstitutionId; readonly pinnedAt: bigint }[]> {
  return tx.all('SELECT peer, pinned_at AS pinnedAt FROM clearing_peer WHERE tenant = ? ORDER BY peer', tenant)
}

/** Each with its keys of now: as they were pinned, or as its letters have told since. */
export async function pinnedPeers(tx: ReadTx, tenant: InstitutionId): Promise<readonly Peer[]> {
  const rows = await tx.all<{ peer: InstitutionId; suspended: bigint }>(
    'SELECT peer, suspended FROM clearing_peer WHERE tenant = ? ORDER BY peer',
    tenant,
  )
  const known = await livePeerKeys(tx, tenant)
  return rows.map(({ peer, suspended }) => {
    const of = (purpose: PublicPurpose) => known.get(peer)?.of(purpose) ?? []
    const [signing, ...oldSigning] = of('envelope')
    const [receiving] = of('receive')
    const [ledger, ...oldLedger] = of('ledger')
    const [transport, ...oldTransport] = of('transport')
    invariant(signing !== undefined && receiving !== undefined && ledger !== undefined, 'no key is known of', peer)
    const older = [...oldSigning, ...oldLedger, ...oldTransport]
    return { institution: peer, signing, receiving, ledger, transport, older, suspended: suspended === 1n }
  })
}
