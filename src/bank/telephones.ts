/**
 * Telephones that stand for an account: from one that its customer has registered, `#` alone is the account number. The PIN is asked for as
 * always. Only where the network proves whose telephone it is; from any other, `#` is an account that does not exist, so that nobody
 * learns which telephones are registered.
 *
 *     1 registered      nothing, another account ──▶ this account
 *     2 taken back      this account ──▶ nothing
 *     3 third wrong PIN after `#`    ──▶ nothing
 */
import type { AccountNumber } from '../ids.ts'
import type { Language } from '../languages.ts'
import { type Origin, originKey, whoOf } from '../origin.ts'
import { now } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Migration } from '../store/migrations.ts'
import type { SignedIn, TelephoneRegistration, TelephoneStanding } from './bank.ts'
import type { Branch } from './branch.ts'
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
        PRIMARY KEY (tenant, telephone),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account)
      ) STRICT, WITHOUT ROWID`,
  },
]

/** Undefined: the network does not vouch for it. */
async function fingerprintOf({ keys }: Branch, origin: Origin): Promise<string | undefined> {
  const isProved = origin.channel === 'telephone' && origin.attested === true && whoOf(origin) !== undefined
  return isProved ? keys.fingerprint(new Secret(`registered ${originKey(origin)}`)) : undefined
}

/** For which account `#` stands there, if for any. */
export async function accountOfTelephone(branch: Branch, origin: Origin): Promise<AccountNumber | undefined> {
  const telephone = await fingerprintOf(branch, origin)
  if (telephone === undefined) return undefined
  const row = await branch.store.read(tx =>
    tx.one<{ account: AccountNumber }>(
      'SELECT account FROM registered_telephone WHERE tenant = ? AND telephone = ?',
      branch.config.id,
      telephone,
    ),
  )
  return row?.account
}

export async function languageAt(branch: Branch, origin: Origin): Promise<Language | undefined> {
  const account = await accountOfTelephone(branch, origin)
  return account && (await branch.store.read(tx => customerOf(tx, branch.config.id, account)))?.language
}

export async function telephoneStanding(
  branch: Branch,
  { account, origin }: { account: AccountNumber; origin: Origin },
): Promise<TelephoneStanding> {
  if ((await fingerprintOf(branch, origin)) === undefined) return 'not-attested'
  return (await accountOfTelephone(branch, origin)) === account ? 'registered' : 'not-registered'
}

/** Whoever registers it last has it: one telephone stands for one account. */
export async function registerTelephone(
  branch: Branch,
  { session, origin }: { session: SignedIn; origin: Origin },
): Promise<TelephoneRegistration> {
  const telephone = await fingerprintOf(branch, origin)
  if (telephone === undefined) return { outcome: 'not-attested' }
  const at = now(branch)
  return branch.store.execute(async tx => {
    if (!(await isSignedIn(tx, branch, session))) return { outcome: 'session-ended' }
    await tx.run(
      `INSERT INTO registered_telephone (tenant, telephone, account, registered_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (tenant, telephone) DO UPDATE SET account = excluded.account, registered_at = excluded.registered_at
       WHERE account <> excluded.account`,
      ...[branch.config.id, telephone, session.account, BigInt(at)],
    )
    return { outcome: 'registered' }
  })
}

/** Where it stands for another account, or for none, nothing changes. */
export async function forgetTelephone(
  branch: Branch,
  { account, origin }: { account: AccountNumber; origin: Origin },
): Promise<void> {
  const telephone = await fingerprintOf(branch, origin)
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
