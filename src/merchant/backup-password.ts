/**
 * What the backup password is for, which the bank tells to the buying account: it reveals the payment password to whoever
 * forgot it, and unlocks a voucher after three wrong ones (patent rows P9 and P10). Both share its three tries, and refuse
 * as alike as `opening.ts` does.
 */
import type { VoucherNumber } from '../ids.ts'
import { InvariantBroken, steppedOnce } from '../invariant.ts'
import type { Elsewhere } from '../keys/fixed-answer.ts'
import type { Comparison } from '../keys/tries.ts'
import type { Secret } from '../secret.ts'
import type { Tx } from '../store/store.ts'
import { askItsBank } from './ask-its-bank.ts'
import type { FrontDoor } from './front-door.ts'
import { closeAfterLastBackup } from './locks.ts'
import type { BackupRequest, Dead, Revealing, Unlocking } from './merchant.ts'
import { deadAs, type Registered, registered } from './register.ts'
import { backupOwner, type Shop } from './shop.ts'

export interface BackupDesk {
  reveal(request: BackupRequest): Promise<Revealing>
  unlock(request: BackupRequest): Promise<Unlocking>
}

export function backupDesk(shop: Shop, door: FrontDoor): BackupDesk {
  return {
    reveal: request => door.admit<Revealing>(request, isRefused, elsewhere => reveal(shop, request, elsewhere)),
    unlock: request => door.admit<Unlocking>(request, isRefused, elsewhere => unlock(shop, request, elsewhere)),
  }
}

function isRefused({ outcome }: { readonly outcome: string }): boolean {
  return outcome === 'refused' || outcome === 'busy' || outcome === 'bad-number'
}

async function reveal(shop: Shop, request: BackupRequest, elsewhere: Elsewhere): Promise<Revealing> {
  const { number, backup } = request
  const proved = await prove(shop, request, elsewhere, async (_tx, record) => record)
  if ('outcome' in proved) return proved
  // Slow, so after the command, and with the row that it read: a password that is changed meanwhile ends this one.
  const revealed = await shop.reveals.reveal(proved.reveal, proved.revealable, backup, number)
  switch (revealed.outcome) {
    case 'revealed':
      return { outcome: 'revealed', password: revealed.password, isLocked: proved.state === 'locked' }
    case 'busy':
      return { outcome: 'busy' }
    case 'wrong':
      throw new InvariantBroken('a backup password is right, and reveals nothing', number)
  }
}

function unlock(shop: Shop, request: BackupRequest, elsewhere: Elsewhere): Promise<Unlocking> {
  const { number } = request
  return prove<Unlocking>(shop, request, elsewhere, async (tx, { state }) => {
    await shop.passwordTries.clear(tx, number)
    if (state !== 'locked') return { outcome: 'not-locked' }
    const unlocked = await tx.run(
      `UPDATE voucher SET state = 'active' WHERE tenant = ? AND number = ? AND state = 'locked'`,
      shop.config.id,
      number,
    )
    steppedOnce(unlocked, 'a voucher was unlocked that is not locked', number)
    return { outcome: 'unlocked' }
  })
}

type Unproved = Dead | { readonly outcome: 'refused' } | { readonly outcome: 'busy' }

/** One try of the backup password. `then` runs in the command that notes that it was right. */
async function prove<T extends object>(
  shop: Shop,
  { number, backup }: BackupRequest,
  elsewhere: Elsewhere,
  then: (tx: Tx, record: Registered) => Promise<T>,
): Promise<T | Unproved> {
  const tried = await shop.backupTries.attempt<T | Dead | undefined>(
    number,
    () => compare(shop, number, backup, elsewhere),
    async (tx, comparison, triesLeft) => {
      if (comparison === 'wrong') {
        await closeAfterLastBackup(tx, shop, number, triesLeft)
        return undefined
      }
      const record = await registered(tx, shop.config.id, number)
      if (record === undefined) return undefined
      const isLive = record.state === 'active' || record.state === 'locked'
      return isLive ? then(tx, record) : deadAs(record.state)
    },
  )
  if (tried.outcome === 'busy') return { outcome: 'busy' }
  return tried.outcome === 'right' && tried.value !== undefined ? tried.value : { outcome: 'refused' }
}

/** Right only when the backup password is right and the voucher is sold, whoever has to be asked. */
async function compare(shop: Shop, number: VoucherNumber, backup: Secret, elsewhere: Elsewhere): Promise<Comparison> {
  const { store, verifiers, config } = shop
  const record = await store.read(tx => registered(tx, config.id, number))
  const verified = await verifiers.verify(record?.backup, backup, backupOwner(number))
  if (verified === 'busy') return 'undecided'
  if (verified === 'wrong' || record === undefined) return 'wrong'
  return record.state === 'issued' ? askItsBank(shop, record, elsewhere) : 'right'
}
