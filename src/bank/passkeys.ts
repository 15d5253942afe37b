/**
 * What a customer needs besides account and PIN to move money, or to be shown a secret, by the bank's page: a passkey of
 * their own. It is enrolled with a one-use code that the bank line speaks to whoever has signed in there, so that a PIN that
 * was spied out on a screen makes none.
 *
 *     1 code asked for    ──▶ open       by telephone; one that is open ends
 *     2 third wrong try   open  ──▶ over
 *     3 its time is over  open  ──▶ over  after 15 minutes, without a row being written
 *     4 enrolled          open  ──▶ over  and the passkey names it
 *     5 removed           passkey ──▶ removed, for ever
 */
import type { AccountNumber } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import { madePasskey, type PasskeySite, passkeyNamedIn, passkeySigned } from '../keys/passkey.ts'
import { now, randomDigits, randomId } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx } from '../store/store.ts'
import type { PasskeyCode } from './bank.ts'
import type { Branch } from './branch.ts'
import { confirmInWriting } from './confirmations/write.ts'

export const passkeyMigrations: readonly Migration[] = [
  {
    room: 'bank-passkeys',
    number: 1,
    sql: `
      CREATE TABLE passkey_code (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        account TEXT NOT NULL,
        -- Of the code and its account, under a key that is not in the database.
        fingerprint TEXT NOT NULL,
        asked_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL CHECK (expires_at > asked_at),
        wrong INTEGER NOT NULL DEFAULT 0 CHECK (wrong BETWEEN 0 AND 3),
        over_at INTEGER,
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account),
        CHECK (wrong < 3 OR over_at IS NOT NULL)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX passkey_code_open ON passkey_code (tenant, account) WHERE over_at IS NULL;
      CREATE TRIGGER passkey_code_stands_for_ever BEFORE DELETE ON passkey_code
        BEGIN SELECT RAISE(ABORT, 'a code stands for ever'); END;

      CREATE TABLE passkey (
        tenant TEXT NOT NULL,
        -- Base64url, as its authenticator chose it.
        id TEXT NOT NULL,
        account TEXT NOT NULL,
        -- COSE_Key.
        public_key BLOB NOT NULL,
        counter INTEGER NOT NULL CHECK (counter >= 0),
        -- As its holder calls the device.
        name TEXT NOT NULL,
        code TEXT NOT NULL,
        enrolled_at INTEGER NOT NULL,
        used_at INTEGER,
        removed_at INTEGER,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, code),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account),
        FOREIGN KEY (tenant, code) REFERENCES passkey_code (tenant, id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX passkey_of_account ON passkey (tenant, account, enrolled_at);
      CREATE TRIGGER passkey_stands_for_ever BEFORE DELETE ON passkey
        BEGIN SELECT RAISE(ABORT, 'a passkey stands for ever'); END`,
  },
]

const codeDigits = 8
const codeLifeMs = 15 * 60_000
const mostWrong = 3
/** As many devices as one person signs with. */
const mostPasskeys = 8
const longestName = 40

/** A customer's passkeys, as the bank's page sees them. `account`: has signed in. */
export interface PasskeyDesk {
  /** Those in use, the oldest first. */
  list(account: AccountNumber): Promise<readonly Passkey[]>
  /** How an authenticator knows its holder: 64 hexadecimal digits that say nothing about them. */
  holder(account: AccountNumber): Promise<string>
  /** One try at the code that the line spoke. When it is right, a passkey may be enrolled under it while it lasts. */
  tryCode(request: { account: AccountNumber; code: Secret }): Promise<CodeTry>
  enrol(request: Enrolment): Promise<Enrolled>
  /** Whether a passkey of the account's signed the challenge, which names what is asked for. Each answer counts once. */
  prove(request: Proof): Promise<{ readonly outcome: 'proven' | 'refused' }>
  /** From now on it proves nothing. Whoever lost a device may do so with the PIN alone. */
  remove(request: { account: AccountNumber; passkey: string }): Promise<{ readonly outcome: 'removed' | 'unknown' }>
}

export interface Passkey {
  readonly id: string
  readonly name: string
  readonly enrolledAt: number
  readonly usedAt: number | undefined
}

export type CodeTry =
  | { readonly outcome: 'right'; readonly enrolment: string }
  | { readonly outcome: 'wrong'; readonly triesLeft: number }
  /** None was asked for, it is over, or this was the third wrong try. */
  | { readonly outcome: 'over' }
  | { readonly outcome: 'too-many-passkeys' }

export interface Enrolment {
  readonly account: AccountNumber
  /** As a right code was answered. */
  readonly enrolment: string
  readonly name: string
  /** Base64url. */
  readonly challenge: string
  readonly site: PasskeySite
  /** JSON, as the browser sent it. */
  readonly response: string
}

export type Enrolled =
  | { readonly outcome: 'enrolled' }
  /** It is not an answer to this challenge, or its user was not verified. */
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'over' }

export interface Proof {
  readonly account: AccountNumber
  readonly challenge: string
  readonly site: PasskeySite
  readonly response: string
}

/** A new code, for a caller who has signed in by telephone. One that was open is over. */
export async function passkeyCode(branch: Branch, account: AccountNumber): Promise<PasskeyCode> {
  const { store, runtime, config } = branch
  const code = new Secret(randomDigits(runtime, codeDigits))
  const [id, at, fingerprint] = [randomId(runtime), now(branch), await fingerprintOf(branch, account, code)]
  await store.execute(async tx => {
    await tx.run(
      'UPDATE passkey_code SET over_at = ? WHERE tenant = ? AND account = ? AND over_at IS NULL',
      ...[BigInt(at), config.id, account],
    )
    await tx.run(
      'INSERT INTO passkey_code (tenant, id, account, fingerprint, asked_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
      ...[config.id, id, account, fingerprint, BigInt(at), BigInt(at + codeLifeMs)],
    )
  })
  return { code, forMs: codeLifeMs }
}

export function passkeyDesk(branch: Branch): PasskeyDesk {
  return {
    list: account => branch.store.read(tx => passkeysOf(tx, branch, account)),
    holder: account => branch.keys.fingerprint(new Secret(`passkey holder ${account}`)),
    tryCode: request => tryCode(branch, request),
    enrol: request => enrol(branch, request),
    prove: request => prove(branch, request),
    remove: ({ account, passkey }) => remove(branch, account, passkey),
  }
}

async function tryCode(branch: Branch, { account, code }: { account: AccountNumber; code: Secret }): Promise<CodeTry> {
  const { store, config } = branch
  const [at, tried] = [now(branch), await fingerprintOf(branch, account, code)]
  return store.execute(async tx => {
    const open = await openCode(tx, branch, account, at)
    if (open === undefined) return { outcome: 'over' }
    if ((await passkeysOf(tx, branch, account)).length >= mostPasskeys) return { outcome: 'too-many-passkeys' }
    if (open.fingerprint === tried) return { outcome: 'right', enrolment: open.id }
    const wrong = Number(open.wrong) + 1
    const isOver = wrong >= mostWrong
    await tx.run(
      'UPDATE passkey_code SET wrong = ?, over_at = ? WHERE tenant = ? AND id = ?',
      ...[BigInt(wrong), isOver ? BigInt(at) : null, config.id, open.id],
    )
    return isOver ? { outcome: 'over' } : { outcome: 'wrong', triesLeft: mostWrong - wrong }
  })
}

async function enrol(branch: Branch, request: Enrolment): Promise<Enrolled> {
  const { store, config, runtime } = branch
  const { account, enrolment, challenge, site, response } = request
  const made = await runtime.offThread(madePasskey(response, challenge, site))
  if (made === undefined) return { outcome: 'refused' }
  const at = now(branch)
  return store.execute(async tx => {
    if ((await openCode(tx, branch, account, at))?.id !== enrolment) return { outcome: 'over' }
    const isNew = await tx.run(
      `INSERT INTO passkey (tenant, id, account, public_key, counter, name, code, enrolled_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, id) DO NOTHING`,
      ...[config.id, made.id, account, made.publicKey, BigInt(made.counter), request.name.slice(0, longestName)],
      ...[enrolment, BigInt(at)],
    )
    // An authenticator never draws one id twice: it is somebody else's, or was removed.
    if (isNew === 0n) return { outcome: 'refused' }
    const used = await tx.run(
      'UPDATE passkey_code SET over_at = ? WHERE tenant = ? AND id = ? AND over_at IS NULL',
      ...[BigInt(at), config.id, enrolment],
    )
    steppedOnce(used, 'a passkey was enrolled by a code that is over', enrolment)
    await confirmInWriting(tx, branch, { id: `passkey ${enrolment}`, account, kind: 'passkey-enrolled', at })
    return { outcome: 'enrolled' }
  })
}

async function prove(branch: Branch, request: Proof): Promise<{ readonly outcome: 'proven' | 'refused' }> {
  const { store, config, runtime } = branch
  const { account, challenge, site, response } = request
  const id = passkeyNamedIn(response)
  if (id === undefined) return { outcome: 'refused' }
  const row = await store.read(tx =>
    tx.one<{ public_key: Uint8Array; counter: bigint }>(
      'SELECT public_key, counter FROM passkey WHERE tenant = ? AND id = ? AND account = ? AND removed_at IS NULL',
      ...[config.id, id, account],
    ),
  )
  if (row === undefined) return { outcome: 'refused' }
  const key = { id, publicKey: row.public_key, counter: Number(row.counter) }
  const counter = await runtime.offThread(passkeySigned(response, challenge, site, key))
  if (counter === undefined) return { outcome: 'refused' }
  const at = now(branch)
  // A counter that stands still is a copy's, or an answer that was sent before. Those that never count say zero.
  const noted = await store.execute(tx =>
    tx.run(
      `UPDATE passkey SET counter = ?, used_at = ? WHERE tenant = ? AND id = ? AND account = ? AND removed_at IS NULL
       AND (counter < ? OR (counter = 0 AND ? = 0))`,
      ...[BigInt(counter), BigInt(at), config.id, id, account, BigInt(counter), BigInt(counter)],
    ),
  )
  return { outcome: noted === 1n ? 'proven' : 'refused' }
}

async function remove(branch: Branch, account: AccountNumber, passkey: string) {
  const at = now(branch)
  const removed = await branch.store.execute(tx =>
    tx.run(
      'UPDATE passkey SET removed_at = ? WHERE tenant = ? AND id = ? AND account = ? AND removed_at IS NULL',
      ...[BigInt(at), branch.config.id, passkey, account],
    ),
  )
  return { outcome: removed === 1n ? ('removed' as const) : ('unknown' as const) }
}

async function passkeysOf(tx: ReadTx, { config }: Branch, account: AccountNumber): Promise<readonly Passkey[]> {
  const rows = await tx.all<{ id: string; name: string; enrolled_at: bigint; used_at: bigint | null }>(
    `SELECT id, name, enrolled_at, used_at FROM passkey
     WHERE tenant = ? AND account = ? AND removed_at IS NULL ORDER BY enrolled_at, id`,
    ...[config.id, account],
  )
  return rows.map(({ id, name, enrolled_at: enrolledAt, used_at: usedAt }) => ({
    ...{ id, name },
    enrolledAt: Number(enrolledAt),
    usedAt: usedAt === null ? undefined : Number(usedAt),
  }))
}

function openCode(tx: ReadTx, { config }: Branch, account: AccountNumber, at: number) {
  return tx.one<{ id: string; fingerprint: string; wrong: bigint }>(
    `SELECT id, fingerprint, wrong FROM passkey_code
     WHERE tenant = ? AND account = ? AND over_at IS NULL AND expires_at > ?`,
    ...[config.id, account, BigInt(at)],
  )
}

/** Another one for each account: equal codes of two customers are not seen to be equal. */
const fingerprintOf = ({ keys }: Branch, account: AccountNumber, code: Secret): Promise<string> =>
  keys.fingerprint(new Secret(`passkey code ${code.reveal()} of ${account}`))
