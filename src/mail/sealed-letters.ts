/**
 * Letters that carry secrets. Their bodies are sealed under a key of their own before the command that writes them, so that
 * neither the database nor its change log ever holds them open; the courier opens them just before they leave. Once the
 * receipt is committed the key is destroyed, and what is left everywhere tells nothing.
 *
 *     ──1──▶ key made ──2 command──▶ letter written ──3 courier──▶ delivered ──4 commit──▶ receipt noted
 *     receipt noted ──5──▶ key destroyed ──6 commit──▶ its destruction noted
 *
 * A process that dies in between leaves a key too many: the next start destroys those that no waiting letter needs.
 */

import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import type { RecordKeys } from '../keys/record-keys.ts'
import { type Runtime, randomId } from '../runtime.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import { traceIdIn } from '../trace.ts'
import { nextPlace } from './epochs.ts'
import { digestOf, encodeContent } from './letter.ts'
import { carriesSecrets, type Letter, type SecretLetterType } from './messages.ts'
import { insertLetter, type WaitingLetter } from './outbox.ts'
import type { Place } from './streams.ts'
import { traceTold } from './told-trace.ts'

/** A letter's body, sealed for one attempt to write it. */
export interface SealedBody<T extends SecretLetterType> {
  readonly from: InstitutionId
  readonly to: InstitutionId
  readonly type: T
  readonly body: Letter<T>
  readonly key: string
  readonly sealed: Uint8Array
}

/** Keys of letters share their store with others. */
const keyPrefix = 'letter '

/** Before the command, which may run more than once or never. */
export async function sealBody<T extends SecretLetterType>(
  { recordKeys, runtime }: { readonly recordKeys: RecordKeys; readonly runtime: Runtime },
  letter: { readonly from: InstitutionId; readonly to: InstitutionId; readonly type: T; readonly body: Letter<T> },
): Promise<SealedBody<T>> {
  const key = `${keyPrefix}${letter.type} ${randomId(runtime)}`
  const plain = encodeCanonical(letter.body)
  const [sealed] = await recordKeys.seal([{ record: key, context: contextOf(letter), plain }])
  if (sealed === undefined) throw new Error('a letter was not sealed')
  runtime.reached(`${letter.type}.sealed`)
  return { ...letter, key, sealed: sealed.sealed }
}

/** As `writeLetter`, for a letter that carries secrets. @throws LetterTooLarge, ClosedToPeer */
export async function writeSealedLetter<T extends SecretLetterType>(tx: Tx, letter: SealedBody<T>): Promise<Place> {
  const { from, to, type, body, key, sealed } = letter
  const place = await nextPlace(tx, from, to)
  const told = traceTold(tx, { from, to, ...place })
  const content = encodeContent({ kind: 'letter', from, to, ...place, type, body, ...told })
  await insertLetter(tx, { from, to, type, place, content: sealed, size: content.length })
  await tx.run(
    'INSERT INTO sealed_letter (tenant, peer, epoch, sequence, key, digest) VALUES (?, ?, ?, ?, ?, ?)',
    from,
    to,
    place.epoch,
    place.sequence,
    key,
    digestOf(content),
  )
  return place
}

export interface Opened {
  /** In order, ready to leave. */
  readonly letters: readonly WaitingLetter[]
  /** The letter behind them, if its key is lost, as in a restored backup: it can never leave. */
  readonly lost: WaitingLetter | undefined
}

interface Sealing {
  readonly institution: InstitutionId
  readonly store: Store
  readonly recordKeys: RecordKeys
}

/** Opens what is sealed among a peer's next letters. */
export async function openWaiting(
  { institution: tenant, store, recordKeys }: Sealing,
  peer: InstitutionId,
  waiting: readonly WaitingLetter[],
): Promise<Opened> {
  const letters: WaitingLetter[] = []
  for (const letter of waiting) {
    const { epoch, sequence, type } = letter
    const isSealed = carriesSecrets(type) && letter.replaced === null
    const row = isSealed ? await store.read(tx => sealedLetter(tx, tenant, peer, letter)) : undefined
    if (row === undefined) {
      letters.push(letter)
      continue
    }
    const context = contextOf({ from: tenant, to: peer, type })
    const plain = await recordKeys.open({ record: row.key, context, sealed: letter.content })
    if (plain === undefined) return { letters, lost: { ...letter, digest: row.digest } }
    const body = decodeCanonical(plain)
    const place = { from: tenant, to: peer, epoch, sequence }
    const told = traceTold({ trace: traceIdIn(row.trace) }, place)
    const content = encodeContent({ kind: 'letter', ...place, type, body, ...told })
    letters.push({ ...letter, content })
  }
  return { letters, lost: undefined }
}

/**
 * After a commit that noted receipts, and at start: destroys the keys of letters that have one. At start also those of
 * letters that were never written, and of those whose destruction is noted; no letter may be under way then.
 */
export async function destroyLetterKeys(sealing: Sealing & { readonly runtime: Runtime }, when: 'receipt' | 'start') {
  const { institution: tenant, store, recordKeys, runtime } = sealing
  const done = await store.read(tx =>
    tx.all<{ peer: string; epoch: bigint; sequence: bigint; type: string; key: string }>(
      // Of a bank's million letters none is sealed, and of a payee's few are not finished: left to itself it reads all letters.
      `SELECT peer, epoch, sequence, type, key FROM sealed_letter INDEXED BY sealed_letter_to_finish
         CROSS JOIN clearing_outbox USING (tenant, peer, epoch, sequence)
       WHERE sealed_letter.tenant = ? AND key_destroyed = 0 AND outcome IS NOT NULL`,
      tenant,
    ),
  )
  const orphans = when === 'start' ? await neededByNone(sealing) : []
  if (done.length + orphans.length > 0) await recordKeys.destroy([...done.map(({ key }) => key), ...orphans])
  if (done.length === 0) return
  for (const { type } of done) runtime.reached(`${type}.key-destroyed`)
  await store.execute(async tx => {
    for (const { peer, epoch, sequence } of done) {
      const noted = await tx.run(
        'UPDATE sealed_letter SET key_destroyed = 1 WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ?',
        tenant,
        peer,
        epoch,
        sequence,
      )
      steppedOnce(noted, 'the key of a letter was destroyed that is not there', sequence)
    }
  })
}

/** Keys of letters that were never written, or whose destruction is noted. */
async function neededByNone({ store, recordKeys }: Sealing): Promise<readonly string[]> {
  const keys = await recordKeys.all(keyPrefix)
  const wanted = await wantedLetterKeys(store, keys)
  return keys.filter(key => !wanted.has(key))
}

/** Those of `keys` that a letter in the outbox is sealed under. */
export function wantedLetterKeys(store: Store, keys: readonly string[]): Promise<ReadonlySet<string>> {
  return store.read(async tx => {
    const wanted = new Set<string>()
    for (const key of keys) {
      const found = await tx.one('SELECT 1 AS found FROM sealed_letter WHERE key = ? AND key_destroyed = 0', key)
      if (found !== undefined) wanted.add(key)
    }
    return wanted
  })
}

function sealedLetter(tx: ReadTx, tenant: InstitutionId, peer: InstitutionId, { epoch, sequence }: Place) {
  return tx.one<{ key: string; digest: Uint8Array; trace: Uint8Array | null }>(
    `SELECT key, digest, trace FROM sealed_letter JOIN clearing_outbox USING (tenant, peer, epoch, sequence)
     WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ?`,
    tenant,
    peer,
    epoch,
    sequence,
  )
}

function contextOf({ from, to, type }: { readonly from: string; readonly to: string; readonly type: string }): string {
  return ['letter', from, to, type].join(' ')
}
