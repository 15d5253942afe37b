/**
 * Keys of shops' programs. A key is drawn where the person is who makes it, and only a hash of its secret part comes here:
 * whoever reads the books cannot redeem with it. One person's signature makes and revokes it, as it opens no customer's money:
 * each voucher still needs its password.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { encodeCanonical } from '../../canonical.ts'
import type { InstitutionId } from '../../ids.ts'
import { isSigned, liveOf, people } from '../../keys/people.ts'
import type { Signer } from '../../keys/person-key.ts'
import type { Runtime } from '../../runtime.ts'
import { Secret } from '../../secret.ts'
import type { ReadTx, Store, Tx } from '../../store/store.ts'
import type { Shop } from '../shop.ts'
import type { ApiKey } from './till.ts'

/** What makes a key known: nothing in it is secret. */
export interface NewApiKey {
  readonly id: string
  readonly name: string
  readonly verifier: Uint8Array
  readonly webhook: string | undefined
}

/** Who signed, by a passkey of theirs, and when: by the act in the office that is kept under this digest. */
export interface ByAct {
  readonly signer: string
  readonly at: number
  readonly act: string
}

/** What a person signed, and when. */
export interface SignedBy {
  readonly signer: string
  readonly at: number
  readonly signature: Uint8Array
}

const secretBytes = 32
const form = /^tb_([0-9a-f]{16})_([\w-]{43})$/

/** A fresh key: the text that the program presents, and what is to be known of it. */
export function drawApiKey(
  runtime: Runtime,
  named: { readonly name: string; readonly webhook: string | undefined },
): { readonly presented: Secret; readonly key: NewApiKey } {
  const id = Buffer.from(runtime.random(8)).toString('hex')
  const secret = Buffer.from(runtime.random(secretBytes)).toString('base64url')
  return { presented: new Secret(`tb_${id}_${secret}`), key: { id, ...named, verifier: hashOf(secret) } }
}

const hashOf = (secret: string): Buffer => hash('sha256', secret, 'buffer')

export function signNewKey(signer: Signer, tenant: InstitutionId, key: NewApiKey, at: number): SignedBy {
  return { signer: signer.keyId, at, signature: signer.sign(addedMessage(tenant, key, at)) }
}

export function signRevocation(signer: Signer, tenant: InstitutionId, id: string, at: number): SignedBy {
  return { signer: signer.keyId, at, signature: signer.sign(revokedMessage(tenant, id, at)) }
}

const addedMessage = (tenant: InstitutionId, { id, name, verifier, webhook }: NewApiKey, at: number) =>
  encodeCanonical(['tonebank: I add this API key', tenant, id, name, verifier, webhook ?? null, BigInt(at)])
const revokedMessage = (tenant: InstitutionId, id: string, at: number) =>
  encodeCanonical(['tonebank: I revoke this API key', tenant, id, BigInt(at)])

export type KeyAdded = { readonly outcome: 'added' | 'known' | 'unknown-person' | 'bad-signature' }

async function addApiKey(tx: Tx, tenant: InstitutionId, key: NewApiKey, by: SignedBy): Promise<KeyAdded> {
  const person = liveOf(await people(tx, tenant), by.signer)
  if (person === undefined) return { outcome: 'unknown-person' }
  if (!isSigned(person, addedMessage(tenant, key, by.at), by.signature)) return { outcome: 'bad-signature' }
  return { outcome: (await keepKey(tx, tenant, key, by)) ? 'added' : 'known' }
}

/** False: it is known. */
export async function keepKey(tx: Tx, tenant: InstitutionId, key: NewApiKey, by: SignedBy | ByAct): Promise<boolean> {
  const added = await tx.run(
    `INSERT INTO api_key (tenant, id, name, verifier, webhook, added_at, added_by, added_signature, added_act)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, id) DO NOTHING`,
    ...[tenant, key.id, key.name, key.verifier, key.webhook ?? null, ...signedColumns(by)],
  )
  return added === 1n
}

/** When, who, by their own key, or by an act of the office. */
const signedColumns = (by: SignedBy | ByAct) =>
  [BigInt(by.at), by.signer, 'signature' in by ? by.signature : null, 'act' in by ? by.act : null] as const

export type KeyRevoked = { readonly outcome: 'revoked' | 'unknown-key' | 'unknown-person' | 'bad-signature' }

async function revokeApiKey(tx: Tx, tenant: InstitutionId, id: string, by: SignedBy): Promise<KeyRevoked> {
  const person = liveOf(await people(tx, tenant), by.signer)
  if (person === undefined) return { outcome: 'unknown-person' }
  if (!isSigned(person, revokedMessage(tenant, id, by.at), by.signature)) return { outcome: 'bad-signature' }
  return { outcome: (await endKey(tx, tenant, id, by)) ? 'revoked' : 'unknown-key' }
}

/** Its shop is told nothing more. False: it may not be used anyway. */
export async function endKey(tx: Tx, tenant: InstitutionId, id: string, by: SignedBy | ByAct): Promise<boolean> {
  const revoked = await tx.run(
    `UPDATE api_key SET revoked_at = ?, revoked_by = ?, revoked_signature = ?, revoked_act = ?
     WHERE tenant = ? AND id = ? AND revoked_at IS NULL`,
    ...[...signedColumns(by), tenant, id],
  )
  await tx.run(
    'UPDATE notice SET due_at = NULL WHERE tenant = ? AND api_key = ? AND due_at IS NOT NULL AND ? = 1',
    ...[tenant, id, revoked],
  )
  return revoked === 1n
}

export interface ListedApiKey extends ApiKey {
  readonly addedAt: number
  readonly revokedAt: number | undefined
}

type Row = {
  readonly id: string
  readonly name: string
  readonly webhook: string | null
  readonly verifier: Uint8Array
  readonly added_at: bigint
  readonly revoked_at: bigint | null
  readonly added_act: string | null
}

const select = 'SELECT id, name, webhook, verifier, added_at, revoked_at, added_act FROM api_key WHERE tenant = ?'

/** Oldest first, revoked ones too. */
async function apiKeys(tx: ReadTx, tenant: InstitutionId): Promise<readonly ListedApiKey[]> {
  const rows = await tx.all<Row>(`${select} ORDER BY added_at, id`, tenant)
  return rows.map(row => ({
    ...keyOf(row),
    addedAt: Number(row.added_at),
    revokedAt: row.revoked_at === null ? undefined : Number(row.revoked_at),
  }))
}

/** One that may be used. */
export async function liveKey(tx: ReadTx, tenant: InstitutionId, id: string): Promise<ApiKey | undefined> {
  const row = await tx.one<Row>(`${select} AND id = ? AND revoked_at IS NULL`, tenant, id)
  return row && keyOf(row)
}

/** A key that was revoked between its request and the command that would do what it asks: the command is undone. */
export class RevokedMeanwhile extends Error {}

/** In each command that does something in a key's name. @throws RevokedMeanwhile */
export async function expectLive(tx: ReadTx, tenant: InstitutionId, { id }: Pick<ApiKey, 'id'>): Promise<void> {
  if ((await liveKey(tx, tenant, id)) === undefined) throw new RevokedMeanwhile(`key ${id} is revoked`)
}

/** Of any that ever was. `isByCommand`: whoever made it was at this machine. @throws Error when there was none. */
export async function apiKeyOf(
  tx: ReadTx,
  tenant: InstitutionId,
  id: string,
): Promise<ApiKey & { readonly isByCommand: boolean }> {
  const row = await tx.one<Row>(`${select} AND id = ?`, tenant, id)
  if (row === undefined) throw new Error(`no API key ${id}`)
  return { ...keyOf(row), isByCommand: row.added_act === null }
}

/**
 * Whose key is presented. Keys that were used stay in memory, until one is revoked: a request of a program that comes a thousand
 * times a second would read the same row each time.
 */
export class KnownKeys {
  readonly #store: Store
  readonly #tenant: InstitutionId
  #rows = new Map<string, Row>()

  constructor(store: Store, tenant: InstitutionId) {
    this.#store = store
    this.#tenant = tenant
  }

  async identify(presented: Secret): Promise<ApiKey | undefined> {
    const [, id, secret] = form.exec(presented.reveal()) ?? []
    if (id === undefined || secret === undefined) return undefined
    const row = this.#rows.get(id) ?? (await this.#read(id))
    if (row === undefined || !timingSafeEqual(hashOf(secret), row.verifier)) return undefined
    return keyOf(row)
  }

  /** From now on each is read again; what is being read meanwhile is not kept. */
  forget(): void {
    this.#rows = new Map()
  }

  async #read(id: string): Promise<Row | undefined> {
    const rows = this.#rows
    const row = await this.#store.read(tx =>
      tx.one<Row>(`${select} AND id = ? AND revoked_at IS NULL`, this.#tenant, id),
    )
    if (row !== undefined) rows.set(id, row)
    return row
  }
}

const keyOf = ({ id, name, webhook }: Row): ApiKey => ({ id, name, webhook: webhook ?? undefined })

/** For the people who make them. */
export interface ApiKeys {
  list(): Promise<readonly ListedApiKey[]>
  /** `signingSecret`: shown once to whoever added it. */
  add(key: NewApiKey, by: SignedBy): Promise<KeyAdded & { readonly signingSecret?: Secret }>
  revoke(id: string, by: SignedBy): Promise<KeyRevoked>
}

export function apiKeysOf({ store, config, signingSecret }: Shop, known: Pick<KnownKeys, 'forget'>): ApiKeys {
  return {
    list: () => store.read(tx => apiKeys(tx, config.id)),
    add: async (key, by) => {
      const added = await store.execute(tx => addApiKey(tx, config.id, key, by))
      return added.outcome === 'added' ? { ...added, signingSecret: await signingSecret(key.id) } : added
    },
    revoke: async (id, by) => {
      try {
        return await store.execute(tx => revokeApiKey(tx, config.id, id, by))
      } finally {
        // Whatever is known of the outcome.
        known.forget()
      }
    },
  }
}
