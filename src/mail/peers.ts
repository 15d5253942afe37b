/**
 * The counterparties whose letters are believed. A peer's keys come on a card (a small public file) and are pinned after
 * two people compared the card's fingerprint with one that the peer told them by another way.
 */

import { createHash } from 'node:crypto'
import { encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import type { Approved } from '../keys/approval.ts'
import type { KeyStore, PublicKey } from '../keys/keys.ts'
import type { ReadTx, Tx } from '../store/store.ts'

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

export interface Peer extends PeerCard {
  readonly suspended: boolean
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
  return { outcome: 'pinned' }
}

/** Since when each pinned peer has had its keys of now: in milliseconds since 1970. */
export function pinnings(
  tx: ReadTx,
  tenant: InstitutionId,
): Promise<readonly { readonly peer: InstitutionId; readonly pinnedAt: bigint }[]> {
  return tx.all('SELECT peer, pinned_at AS pinnedAt FROM clearing_peer WHERE tenant = ? ORDER BY peer', tenant)
}

export async function pinnedPeers(tx: ReadTx, tenant: InstitutionId): Promise<readonly Peer[]> {
  const rows = await tx.all<{
    peer: InstitutionId
    signing_key_id: string
    signing_key: Uint8Array
    receiving_key_id: string
    receiving_key: Uint8Array
    ledger_key_id: string
    ledger_key: Uint8Array
    transport_key_id: string | null
    transport_key: Uint8Array | null
    suspended: bigint
  }>(
    `SELECT peer, signing_key_id, signing_key, receiving_key_id, receiving_key, ledger_key_id, ledger_key,
       transport_key_id, transport_key, suspended
     FROM clearing_peer WHERE tenant = ? ORDER BY peer`,
    tenant,
  )
  return rows.map(row => ({
    institution: row.peer,
    signing: { keyId: row.signing_key_id, purpose: 'envelope', bytes: row.signing_key },
    receiving: { keyId: row.receiving_key_id, purpose: 'receive', bytes: row.receiving_key },
    ledger: { keyId: row.ledger_key_id, purpose: 'ledger', bytes: row.ledger_key },
    transport: transportKeyOf(row.transport_key_id, row.transport_key),
    suspended: row.suspended === 1n,
  }))
}

function transportKeyOf(keyId: string | null, bytes: Uint8Array | null): PublicKey | undefined {
  return keyId === null || bytes === null ? undefined : { keyId, purpose: 'transport', bytes }
}
