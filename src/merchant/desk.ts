/** What a payee does for whoever calls it or comes to its page, put together from its parts. */
import { backupDesk } from './backup-password.ts'
import { cardDesk, receiverOf } from './by-card.ts'
import { frontDoor } from './front-door.ts'
import { heardOf } from './given-back.ts'
import type { Merchant } from './merchant.ts'
import { openingDesk } from './opening.ts'
import { changePassword, judgePassword } from './password.ts'
import { balance, findPayment, isOpen, lastPayments, pay } from './payment.ts'
import { resolve } from './resolution.ts'
import type { Shop } from './shop.ts'
import { endVoucher } from './termination.ts'
import { findOrder, payOrder } from './till/orders.ts'

/** `door`: payees of one host share theirs, so that nobody knocks at each of them in turn. */
export function desk(shop: Shop, door = frontDoor(shop)): Merchant {
  const backups = backupDesk(shop, door)
  return {
    id: shop.config.id,
    name: shop.config.name,
    timeZone: shop.config.timeZone,
    numbers: shop.config.numbers,
    takesCards: shop.config.cards !== undefined,
    openVoucher: openingDesk(shop, door),
    revealPassword: backups.reveal,
    unlock: backups.unlock,
    judgePassword: async request => judgePassword(request),
    changePassword: request => changePassword(shop, request),
    pay: request => pay(shop, request),
    balance: session => balance(shop, session),
    isOpen: session => isOpen(shop, session),
    heardOf: request => heardOf(shop, request),
    endVoucher: request => endVoucher(shop, request),
    lastPayments: (session, limit) => lastPayments(shop, session, limit),
    findPayment: request => findPayment(shop, request),
    findOrder: presented => findOrder(shop, presented),
    payOrder: request => payOrder(shop, request),
    ...cardDesk(receiverOf(shop)),
    resolve: request => resolve(shop, request),
  }
}
