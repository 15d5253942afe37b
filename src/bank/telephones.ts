/**
 * Telephones that stand for an account: from one that its customer has registered, `#` alone is the account number. The PIN is asked for as
 * always. Only where the network proves whose telephone it is; from any other, `#` is an account that does not exist, so that nobody
 * learns which telephones are registered.
 *
 *     1 registered      nothing, another account ──▶ this account
 *     2 taken back      this account ──▶ nothing
 *     3 third wrong PIN after `#`    this account ──▶ ended: asked and refused as where there is none, until it is registered again
 *     4 another PIN     this account ──▶ nothing       but for the telephone that changed it
 */
import type { AccountNumber, InstitutionId } from '../ids.ts'
import type { Language } from '../languages.ts'
import { type Origin, originKey, whoOf } from '../origin.ts'
import { now } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { SignedIn, TelephoneRegistration, TelephoneStanding } from './bank.ts'
import type { Branch } from './branch.ts'
import { confirmInWriting } from './confirmations/write.ts'
import { customerOf } from './customers.ts'
import { isSignedIn } from './signed-in.ts'

export const telephoneMigrations: readonly Migration[] = [
  {
    room: 'bank-telephones',
    number: 1,
    sql: `
      CREATE TABLE registered_telephone (
        tenant TEXT NOT NULL,
        -- A fingerprint under a key that is not in the database.
        telephone TEXT NOT NULL,
        account TEXT NOT NULL,
        registered_at INTEGER NOT NULL,
        -- By wrong PINs.
        ended_at INTEGER,
        PRIMARY KEY (tenant, telephone),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX registered_telephone_of_account ON registered_telephone (tenant, account, registered_at)`,
  },
]

/** At home, at work, in the pocket. The one that was registered first gives way. */
const mostOfAccount = 5

/** Its fingerprint. Undefined: the network does not vouch for it. */
export async function telephoneOf({ keys }: Branch, origin: Origin): Promise<string | undefined> {
  const isProved = origin.channel === 'telephone' && origin.attested === true && whoOf(origin) !== undefined
  return isProved ? keys.fingerprint(new Secret(`registered ${originKey(origin)}`)) : undefined
}

export interface Registration {
  readonly account: AccountNumber
  readonly isEnded: boolean
}

/** Undefined: nobody's. One that is ended stands for nobody any more. */
export async function registrationOf(branch: Branch, origin: Origin): Promise<Registration | undefined> {
  const telephone = await telephoneOf(branch, origin)
  return telephone === undefined ? undefined : branch.store.read(tx => registered(tx, branch, telephone))
}

async function registered(tx: ReadTx, { config }: Branch, telephone: string): Promise<Registration | undefined> {
  const row = await tx.one<{ account: AccountNumber; ended_at: bigint | null }>(
    'SELECT account, ended_at FROM registered_telephone WHERE tenant = ? AND telephone = ?',
    config.id,
    telephone,
  )
  return row && { account: row.account, isEnded: row.ended_at !== null }
}

/** Before the first word of a call: one query. */
export async function languageAt(branch: Branch, origin: Origin): Promise<Language | undefined> {
  const telephone = await telephoneOf(branch, origin)
  if (telephone === undefined) return undefined
  return branch.store.read(async tx => {
    const registration = await registered(tx, branch, telephone)
    if (registration === undefined || registration.isEnded) return undefined
    return (await customerOf(tx, branch.config.id, registration.account))?.language
  })
}

export async function telephoneStanding(
  branch: Branch,
  { account, origin }: { account: AccountNumber; origin: Origin },
): Promise<TelephoneStanding> {
  const telephone = await telephoneOf(branch, origin)
  if (telephone === undefined) return 'not-attested'
  const registration = await branch.store.read(tx => registered(tx, branch, telephone))
  return registration?.isEnded === false && registration.account === account ? 'registered' : 'not-registered'
}

/** Whoever registers it last has it: one telephone stands for one account. */
export async function registerTelephone(
  branch: Branch,
  { session, origin }: { session: SignedIn; origin: Origin },
): Promise<TelephoneRegistration> {
  const telephone = await telephoneOf(branch, origin)
  if (telephone === undefined) return { outcome: 'not-attested' }
  const at = now(branch)
  return branch.store.execute(async tx => {
    if (!(await isSignedIn(tx, branch, session))) return { outcome: 'session-ended' }
    const registered = await tx.run(
      `INSERT INTO registered_telephone (tenant, telephone, account, registered_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (tenant, telephone) DO UPDATE
         SET account = excluded.account, registered_at = excluded.registered_at, ended_at = NULL
       WHERE account <> excluded.account OR ended_at IS NOT NULL`,
      ...[branch.config.id, telephone, session.account, BigInt(at)],
    )
    await tx.run(
      `DELETE FROM registered_telephone WHERE tenant = ? AND account = ? AND telephone IN (
         SELECT telephone FROM registered_telephone WHERE tenant = ? AND account = ?
         ORDER BY registered_at DESC, telephone LIMIT -1 OFFSET ?)`,
      ...[branch.config.id, session.account, branch.config.id, session.account, BigInt(mostOfAccount)],
    )
    // Once more for the same account it says nothing new.
    if (registered > 0n) {
      const told = { account: session.account, kind: 'telephone-registered', at } as const
      await confirmInWriting(tx, branch, { ...told, id: `telephone ${telephone} ${at}` })
    }
    return { outcome: 'registered' }
  })
}

/** Where it stands for another account, or for none, nothing changes. */
export async function forgetTelephone(
  branch: Branch,
  { account, origin }: { account: AccountNumber; origin: Origin },
): Promise<void> {
  const telephone = await telephoneOf(branch, origin)
  if (telephone === undefined) return
  await branch.store.execute(async tx => {
    await tx.run(
      'DELETE FROM registered_telephone WHERE tenant = ? AND telephone = ? AND account = ?',
      branch.config.id,
      telephone,
      account,
    )
  })
}

/** After the third wrong PIN. */
export async function endRegistration(branch: Branch, origin: Origin): Promise<void> {
  const telephone = await telephoneOf(branch, origin)
  if (telephone === undefined) return
  const at = BigInt(now(branch))
  await branch.store.execute(async tx => {
    await tx.run(
      'UPDATE registered_telephone SET ended_at = ? WHERE tenant = ? AND telephone = ? AND ended_at IS NULL',
      at,
      branch.config.id,
      telephone,
    )
  })
}

/** The PIN is another one now: telephones that an earlier one registered are strangers again. `but`: the one that changed it. */
export async function forgetTelephonesOf(
  tx: Tx,
  tenant: InstitutionId,
  account: AccountNumber,
  but: string | undefined,
): Promise<void> {
  await tx.run(
    'DELETE FROM registered_telephone WHERE tenant = ? AND account = ? AND telephone <> ?',
    tenant,
    account,
    but ?? '',
  )
}
