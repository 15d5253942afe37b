/** What three wrong tries do to a voucher: of its password, of its backup password, and whatever came first. */
import type { VoucherNumber } from '../ids.ts'
import type { Tx } from '../store/store.ts'
import type { Shop } from './shop.ts'

/**
 * After the last wrong password. The sessions that are open go on: who opened them knew the password. Where the backup
 * password has run out of tries too, nothing is left that could unlock the voucher by telephone.
 */
export async function lockAfterLastPassword(
  tx: Tx,
  shop: Shop,
  number: VoucherNumber,
  triesLeft: number,
): Promise<void> {
  if (triesLeft > 0) return
  const state = (await shop.backupTries.isLocked(tx, number)) ? 'identity required' : 'locked'
  await tx.run(
    `UPDATE voucher SET state = ? WHERE tenant = ? AND number = ? AND state = 'active'`,
    state,
    shop.config.id,
    number,
  )
}

/** After the last wrong backup password: a locked voucher needs its holder's identity; an active one goes on. */
export async function closeAfterLastBackup(
  tx: Tx,
  shop: Shop,
  number: VoucherNumber,
  triesLeft: number,
): Promise<void> {
  if (triesLeft > 0) return
  await tx.run(
    `UPDATE voucher SET state = 'identity required' WHERE tenant = ? AND number = ? AND state = 'locked'`,
    shop.config.id,
    number,
  )
}

/** At start: a process that died between a third slot and its result left a voucher without slots: it is locked. */
export async function lockWhatRanOut({ store, config }: Shop): Promise<void> {
  const ranOut = (secret: 'password' | 'backup') => `EXISTS (SELECT 1 FROM tries
    WHERE tries.tenant = voucher.tenant AND secret = '${secret}' AND subject = number AND used >= 3)`
  await store.execute(async tx => {
    await tx.run(
      `UPDATE voucher SET state = 'locked' WHERE tenant = ? AND state = 'active' AND ${ranOut('password')}`,
      config.id,
    )
    await tx.run(
      `UPDATE voucher SET state = 'identity required' WHERE tenant = ? AND state = 'locked' AND ${ranOut('backup')}`,
      config.id,
    )
  })
}
