/** Each phrase of `prompts/en.yaml` and the values it takes. Written by `npm run phrases`; do not edit. */
import type { SlotValues } from './slot-values.ts'

type S = SlotValues

// biome-ignore lint/complexity/noBannedTypes: {} is "no values", told apart from a phrase with values by its keys.
type None = {}

export interface Phrases {
  'language.choose': None
  'language.choose.again': None
  'language.changed': None
  apology: None
  'unknown-number': None
  emergency: None
  'one-moment': None
  'still-working': None
  'taking-long': None
  'no-answer-yet': None
  goodbye: None
  'goodbye.silence': None
  'goodbye.mistakes': None
  'goodbye.time': None
  'time.one-minute': None
  restarted: None
  'resumed.not-done': None
  'resumed.sold': { readonly amount: S['amount']; readonly payee: S['name'] }
  'resumed.transferred': { readonly amount: S['amount']; readonly payee: S['name']; readonly reference: S['digits'] }
  'resumed.transferred.unnamed': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'resumed.pending-transfer': {
    readonly amount: S['amount']
    readonly bank: S['name']
    readonly reference: S['digits']
  }
  'resumed.blocked': None
  'resumed.pin-changed': None
  'resumed.password-changed': None
  'resumed.ended': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'resumed.listened': { readonly amount: S['amount']; readonly left: S['amount']; readonly reference: S['digits'] }
  'resumed.paid': { readonly amount: S['amount']; readonly left: S['amount']; readonly reference: S['digits'] }
  'resumed.paid-by-card': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'resumed.card-on-its-way': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'restarted.call-again': None
  busy: None
  closing: None
  'phone.no-keys': None
  'silence.1': None
  'silence.no-keys': None
  'silence.2': None
  'wrong-key.1': None
  'wrong-key.2': None
  'too-short.1': None
  'too-short.2': None
  'too-long.1': None
  'too-long.2': None
  cancelled: None
  'try-again-soon': None
  'amount.unreadable': None
  'amount.zero': None
  'menu.repeat': None
  'help.keys': None
  'care.offer': None
  'care.closed': None
  'care.too-often': None
  'care.wait': None
  'care.wait.next': None
  'care.wait.one-ahead': None
  'care.wait.ahead': { readonly ahead: S['number'] }
  'care.nobody': None
  'care.closing': None
  'care.connected': None
  'care.over': None
  'care.call-back': { readonly number: S['digits'] }
  'care.number': None
  'care.call-back.noted': None
  'care.call-back.full': None
  'care.call-back.too-many': None
  'care.account': None
  'care.pin': None
  'care.identified': None
  'care.not-identified': None
  'care.clerk.caller': None
  'care.clerk.caller-of-bank': None
  'care.clerk.keying': None
  'care.clerk.identified': { readonly customer: S['name']; readonly account: S['digits'] }
  'care.clerk.identified.unnamed': { readonly account: S['digits'] }
  'care.clerk.not-identified': None
  'care.clerk.went-back': None
  'card.paying': { readonly amount: S['amount']; readonly payee: S['name'] }
  'card.explained': None
  'card.insert': None
  'card.earlier': None
  'card.nothing-paid': None
  'card.no-terminal': None
  'card.no-answer': None
  'card.by-voice': None
  'card.unsuitable': None
  'card.declined.by-holder': None
  'card.declined.no-card': None
  'card.declined.card-blocked': None
  'card.declined.unfit': None
  'card.refused.unreadable': None
  'card.refused.other-receiver': None
  'card.refused.foreign-nonce': None
  'card.refused.used-nonce': None
  'card.refused.changed-field': None
  'card.refused.late': None
  'card.refused.early': None
  'card.refused.unknown-card': None
  'card.refused.old-counter': None
  'card.refused.bad-signature': None
  'card.refused.blocked': None
  'card.refused.revoked': None
  'card.refused.expired': None
  'card.refused.unknown-payee': None
  'card.refused.payee-name': None
  'card.refused.not-its-payee': None
  'card.refused.password-unopenable': None
  'card.refused.insufficient-funds': None
  'card.refused.limit-exceeded': None
  'card.refused.account-blocked': None
  'card.refused.not-now': None
  'card.refused.wrong-password': None
  'card.refused.wrong-password.left': { readonly tries: S['number'] }
  'card.refused.wrong-password.last': None
  'bank.welcome': { readonly institution: S['name'] }
  'sign-in.account': None
  'sign-in.account.again': None
  'account.check-digits': None
  'sign-in.pin': None
  'sign-in.pin.again': None
  'sign-in.again': None
  'sign-in.again.again': None
  'sign-in.wrong': None
  'sign-in.wrong.last': None
  'sign-in.closed.minute': None
  'sign-in.closed.minutes': { readonly minutes: S['number'] }
  'sign-in.closed.hours': { readonly hours: S['number'] }
  'account.under-review': None
  'sign-in.closed.today': None
  'sign-in.blocked': None
  'sign-in.ended': None
  'sign-in.hello': { readonly customer: S['name'] }
  'sign-in.hello.unnamed': None
  'sign-in.done': None
  'bank.menu': None
  'bank.help': None
  'balance.told': { readonly balance: S['amount'] }
  'paid.offer': None
  'paid.payee': { readonly number: S['digits']; readonly host: S['name']; readonly phone: S['digits'] }
  'paid.stop': None
  'paid.stopped': None
  'paid.asked': None
  'paid.refused': None
  'paid.no-host': None
  'paid.out-of-reach': None
  'buy.payee': None
  'buy.payee.again': None
  'buy.payee.unknown': { readonly number: S['digits'] }
  'buy.payee.is': { readonly payee: S['name'] }
  'buy.again': { readonly amount: S['amount']; readonly payee: S['name'] }
  'buy.amount': None
  'buy.amount.again': None
  'buy.amount.choice': { readonly amounts: S['amounts'] }
  'buy.amount.nearest': { readonly wanted: S['amount']; readonly below: S['amount']; readonly above: S['amount'] }
  'buy.amount.nearest-one': { readonly wanted: S['amount']; readonly nearest: S['amount'] }
  'buy.confirm': { readonly amount: S['amount']; readonly payee: S['name'] }
  'buy.insufficient-funds': { readonly balance: S['amount'] }
  'buy.out-of-stock': { readonly amount: S['amount'] }
  'buy.limit-exceeded': { readonly limit: S['amount'] }
  'buy.payee-ceiling': { readonly payee: S['name'] }
  'buy.payee-out-of-reach': { readonly payee: S['name'] }
  'buy.unavailable': None
  'buy.sold': None
  'buy.pending-first': { readonly amount: S['amount']; readonly payee: S['name'] }
  'voucher.number': { readonly number: S['groups'] }
  'voucher.password': { readonly password: S['groups'] }
  'voucher.written': None
  'voucher.written.again': None
  'voucher.confirmed': None
  'voucher.kept': None
  'transfer.account': None
  'transfer.account.again': None
  'transfer.account.unknown': { readonly account: S['digits'] }
  'transfer.account.own': None
  'transfer.to': { readonly payee: S['name'] }
  'transfer.to.bank': { readonly payee: S['name']; readonly bank: S['name'] }
  'transfer.to.bank.unnamed': { readonly bank: S['name'] }
  'transfer.to.unnamed': None
  'transfer.amount': None
  'transfer.amount.again': None
  'transfer.confirm': { readonly amount: S['amount']; readonly payee: S['name']; readonly account: S['digits'] }
  'transfer.confirm.unnamed': { readonly amount: S['amount']; readonly account: S['digits'] }
  'transfer.done': {
    readonly amount: S['amount']
    readonly payee: S['name']
    readonly reference: S['digits']
    readonly balance: S['amount']
  }
  'transfer.done.unnamed': {
    readonly amount: S['amount']
    readonly reference: S['digits']
    readonly balance: S['amount']
  }
  'transfer.insufficient-funds': { readonly balance: S['amount'] }
  'transfer.limit-exceeded': { readonly limit: S['amount'] }
  'transfer.pending': {
    readonly amount: S['amount']
    readonly bank: S['name']
    readonly reference: S['digits']
    readonly balance: S['amount']
  }
  'transfer.came-back': { readonly bank: S['name']; readonly balance: S['amount'] }
  'transfer.bank-out-of-reach': { readonly bank: S['name'] }
  'transfer.bank-cap': { readonly bank: S['name'] }
  'transfer.news.pending': { readonly amount: S['amount']; readonly bank: S['name']; readonly date: S['date'] }
  'transfer.news.credited': { readonly amount: S['amount']; readonly bank: S['name']; readonly date: S['date'] }
  'transfer.news.came-back': { readonly amount: S['amount']; readonly bank: S['name']; readonly date: S['date'] }
  'large.no-card': None
  'large.other-account': None
  'transfer.refused': None
  'transactions.none': None
  'transactions.intro': None
  'transactions.bought': { readonly date: S['date']; readonly payee: S['name']; readonly amount: S['amount'] }
  'transactions.sent': { readonly date: S['date']; readonly amount: S['amount']; readonly payee: S['name'] }
  'transactions.sent.unnamed': { readonly date: S['date']; readonly amount: S['amount'] }
  'transactions.received': { readonly date: S['date']; readonly amount: S['amount']; readonly payer: S['name'] }
  'transactions.received.unnamed': { readonly date: S['date']; readonly amount: S['amount'] }
  'transactions.came-back': { readonly date: S['date']; readonly amount: S['amount']; readonly payee: S['name'] }
  'transactions.came-back.unnamed': { readonly date: S['date']; readonly amount: S['amount'] }
  'transactions.deposit': { readonly date: S['date']; readonly amount: S['amount'] }
  'transactions.refund': { readonly date: S['date']; readonly amount: S['amount']; readonly payee: S['name'] }
  'transactions.other': { readonly date: S['date']; readonly amount: S['amount'] }
  'transactions.more': None
  'transactions.end': None
  'returned.refund': { readonly payee: S['name']; readonly amount: S['amount']; readonly date: S['date'] }
  'returned.lost': { readonly date: S['date']; readonly payee: S['name']; readonly amount: S['amount'] }
  'returned.remainder': { readonly payee: S['name']; readonly amount: S['amount']; readonly date: S['date'] }
  'vouchers.none': None
  'vouchers.one': None
  'vouchers.count': { readonly count: S['number'] }
  'vouchers.item': { readonly number: S['groups']; readonly payee: S['name']; readonly amount: S['amount'] }
  'vouchers.blocked': None
  'vouchers.ended': None
  'vouchers.unconfirmed': None
  'vouchers.more': None
  'vouchers.last': None
  'backup.intro': None
  'backup.password': { readonly password: S['groups'] }
  'backup.written': None
  'backup.written.again': None
  'backup.gone': None
  'block.menu': None
  'block.help': None
  'block.account': None
  'block.account.done': None
  'block.vouchers': None
  'block.vouchers.done': None
  'block.vouchers.waiting': None
  'block.no-vouchers': None
  'block.telephone': None
  'block.telephone.done': None
  'block.card': None
  'block.card.done': None
  'block.no-card': None
  'account.card-needed': { readonly limit: S['amount'] }
  'account.blocked': None
  'access.menu': None
  'access.help': None
  'telephone.register': None
  'telephone.registered': None
  'telephone.forget': None
  'telephone.forgotten': None
  'telephone.not-attested': None
  'passkey.intro': { readonly minutes: S['number'] }
  'passkey.password': { readonly password: S['groups'] }
  'passkey.written': None
  'passkey.written.again': None
  'pin.new': None
  'pin.new.again': None
  'pin.weak': None
  'pin.repeat': None
  'pin.repeat.again': None
  'pin.different': None
  'pin.changed': None
  'merchant.welcome': { readonly institution: S['name'] }
  'merchant.menu': None
  'merchant.menu.card': None
  'merchant.help': None
  'merchant.help.card': None
  'host.payee': None
  'host.payee.again': None
  'host.payee.unknown': { readonly number: S['digits'] }
  'host.payee.is': { readonly payee: S['name'] }
  'voucher.ask-number': None
  'voucher.ask-number.again': None
  'voucher.bad-check-digit': None
  'voucher.ask-password': None
  'voucher.ask-password.again': None
  'voucher.refused': None
  'voucher.opened': { readonly left: S['amount'] }
  'voucher.menu': None
  'voucher.help': None
  'voucher.under-review': None
  'voucher.terminated': None
  'voucher.exhausted': None
  'pay.amount': None
  'pay.amount.again': None
  'pay.confirm': { readonly amount: S['amount']; readonly payee: S['name'] }
  'pay.done': { readonly amount: S['amount']; readonly left: S['amount']; readonly reference: S['digits'] }
  'pay.done.exhausted': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'pay.too-much': { readonly left: S['amount'] }
  'pay.refused': None
  'card.paid': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'card.on-its-way': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'card.came-back': { readonly amount: S['amount'] }
  'card.unknown': None
  'card.none-taken': None
  'card.became.paid': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'card.became.on-its-way': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'card.became.not-done': None
  'session.ended': None
  'left.told': { readonly left: S['amount'] }
  'payments.none': None
  'payments.intro': None
  'payments.item': {
    readonly date: S['date']
    readonly time: S['time']
    readonly amount: S['amount']
    readonly reference: S['digits']
  }
  'payments.reversal': {
    readonly date: S['date']
    readonly time: S['time']
    readonly amount: S['amount']
    readonly reference: S['digits']
  }
  'given-back': {
    readonly amount: S['amount']
    readonly date: S['date']
    readonly time: S['time']
    readonly reference: S['digits']
  }
  'information.menu': None
  'information.help': None
  'listen.item': { readonly title: S['name'] }
  'listen.next': None
  'listen.last': None
  'listen.confirm.item': { readonly price: S['amount'] }
  'listen.confirm.minute': { readonly price: S['amount'] }
  'listen.confirm.seconds': { readonly price: S['amount']; readonly seconds: S['number'] }
  'listen.begins': None
  'listen.work': { readonly work: S['work'] }
  'listen.almost-over': None
  'listen.money-over': None
  'listen.done': { readonly amount: S['amount']; readonly left: S['amount']; readonly reference: S['digits'] }
  'listen.done.exhausted': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'listen.nothing': None
  'listen.too-little': { readonly left: S['amount']; readonly price: S['amount'] }
  'listen.locked': None
  'end.confirm': { readonly left: S['amount'] }
  'end.done': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'end.not-now': None
  'backup.ask-password': None
  'backup.ask-password.again': None
  'backup.refused': None
  'forgot.password': { readonly password: S['groups'] }
  'forgot.written': None
  'forgot.written.again': None
  'forgot.done': None
  'forgot.locked': None
  'unlock.done': None
  'unlock.not-locked': None
  'password.new': None
  'password.new.again': None
  'password.weak': None
  'password.repeat': None
  'password.repeat.again': None
  'password.different': None
  'password.changed': None
  'card.nothing-done': None
  'resumed.decided': None
  'earlier.acted-on': None
  'earlier.not-done': None
  'securities.menu': None
  'securities.help': None
  'securities.no-cards': None
  'securities.refused': None
  'securities.bank-away': None
  'customer.signing-in': None
  'customer.signed-in': None
  'customer.menu': None
  'customer.help': None
  'prices.intro': None
  'prices.one': { readonly security: S['name']; readonly number: S['digits']; readonly price: S['amount'] }
  'prices.one.unnamed': { readonly number: S['digits']; readonly price: S['amount'] }
  'prices.none': { readonly security: S['name']; readonly number: S['digits'] }
  'prices.none.unnamed': { readonly number: S['digits'] }
  'holdings.cash': { readonly amount: S['amount'] }
  'holdings.cash.reserved': { readonly amount: S['amount'] }
  'holdings.cash.to-come': { readonly amount: S['amount'] }
  'holdings.no-shares': None
  'holdings.shares': { readonly security: S['name']; readonly shares: S['number'] }
  'holdings.shares.unnamed': { readonly shares: S['number'] }
  'holdings.shares.reserved': { readonly shares: S['number'] }
  'holdings.shares.to-come': { readonly shares: S['number'] }
  'trade.security': None
  'trade.security.again': None
  'trade.security.unknown': { readonly number: S['digits'] }
  'trade.security.is': { readonly security: S['name']; readonly price: S['amount'] }
  'trade.security.is.unnamed': { readonly price: S['amount'] }
  'trade.security.is.unpriced': { readonly security: S['name'] }
  'trade.security.is.unpriced.unnamed': None
  'trade.shares': None
  'trade.shares.again': None
  'trade.shares.zero': None
  'trade.price.menu': None
  'trade.price.help': None
  'trade.limit': None
  'trade.limit.again': None
  'trade.buying': { readonly shares: S['number']; readonly security: S['name'] }
  'trade.buying.unnamed': { readonly shares: S['number'] }
  'trade.buying.limit': { readonly limit: S['amount']; readonly shares: S['number']; readonly security: S['name'] }
  'trade.buying.limit.unnamed': { readonly limit: S['amount']; readonly shares: S['number'] }
  'trade.selling': { readonly shares: S['number']; readonly security: S['name'] }
  'trade.selling.unnamed': { readonly shares: S['number'] }
  'trade.selling.limit': { readonly limit: S['amount']; readonly shares: S['number']; readonly security: S['name'] }
  'trade.selling.limit.unnamed': { readonly limit: S['amount']; readonly shares: S['number'] }
  'trade.executed': { readonly number: S['digits']; readonly price: S['amount']; readonly date: S['date'] }
  'trade.taken': { readonly number: S['digits']; readonly date: S['date']; readonly time: S['time'] }
  'trade.insufficient-shares': { readonly shares: S['number'] }
  'trade.market-closed': { readonly date: S['date']; readonly time: S['time'] }
  'trade.no-counterparty': None
  'orders.none': None
  'orders.buy': {
    readonly number: S['digits']
    readonly shares: S['number']
    readonly security: S['name']
    readonly limit: S['amount']
  }
  'orders.buy.unnamed': { readonly number: S['digits']; readonly shares: S['number']; readonly limit: S['amount'] }
  'orders.sell': {
    readonly number: S['digits']
    readonly shares: S['number']
    readonly security: S['name']
    readonly limit: S['amount']
  }
  'orders.sell.unnamed': { readonly number: S['digits']; readonly shares: S['number']; readonly limit: S['amount'] }
  'orders.next.menu': None
  'orders.last.menu': None
  'orders.cancelling': { readonly number: S['digits'] }
  'orders.cancelled': { readonly number: S['digits'] }
  'orders.too-late': None
  'funds.amount': None
  'funds.amount.again': None
  'funds.bringing-in': { readonly amount: S['amount'] }
  'funds.taking-home': { readonly amount: S['amount'] }
  'funds.came-in': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'funds.on-its-way': { readonly amount: S['amount']; readonly reference: S['digits'] }
  'funds.unknown': None
  'funds.sent-home': { readonly amount: S['amount'] }
  'funds.insufficient': { readonly available: S['amount'] }
  'funds.other-bank': None
}

/** Those that are read on pages only. */
export interface PagePhrases {
  'page.skip': None
  'page.strip.payee': None
  'page.strip.amount': None
  'page.foot': None
  'page.continue': None
  'page.wait': None
  'page.show': None
  'page.hide': None
  'page.zone': { readonly zone: S['digits'] }
  'page.reference': { readonly reference: S['digits'] }
  'page.busy': None
  'page.back.voucher': None
  'page.error.summary': None
  'page.error.title': None
  'page.error.not-found': None
  'page.error.too-many': None
  'page.error.old-form': None
  'page.error.request': None
  'page.error.fault': None
  'page.error.start': None
  'page.open.title': None
  'page.open.lead': None
  'page.open.number': None
  'page.open.number.hint': None
  'page.open.number.missing': None
  'page.open.password': None
  'page.open.password.missing': None
  'page.open.go': None
  'page.voucher.title': None
  'page.voucher.left': None
  'page.voucher.number': { readonly number: S['groups'] }
  'page.voucher.pay': None
  'page.voucher.payments': None
  'page.voucher.more': None
  'page.voucher.leave': None
  'page.pay.title': { readonly payee: S['name'] }
  'page.pay.amount': None
  'page.pay.amount.hint': { readonly left: S['amount'] }
  'page.pay.amount.missing': None
  'page.pay.amount.unreadable': None
  'page.confirm.title': None
  'page.confirm.payee': None
  'page.confirm.amount': None
  'page.confirm.voucher': None
  'page.confirm.left': None
  'page.confirm.pay': { readonly amount: S['amount']; readonly payee: S['name'] }
  'page.confirm.change': None
  'page.unknown.title': None
  'page.unknown': None
  'page.unknown.again': None
  'page.paid.title': None
  'page.paid.to': { readonly amount: S['amount']; readonly payee: S['name'] }
  'page.paid.reference': None
  'page.paid.when': None
  'page.paid.left': None
  'page.paid.keep': None
  'page.back': None
  'page.hidden': None
  'page.open.forgot': None
  'page.open.unlock': None
  'page.backup': None
  'page.backup.hint': None
  'page.backup.missing': None
  'page.forgot.title': None
  'page.forgot.lead': None
  'page.forgot.go': None
  'page.forgot.told': None
  'page.forgot.once': None
  'page.forgot.locked': None
  'page.forgot.written': None
  'page.unlock.title': None
  'page.unlock.lead': None
  'page.unlock.go': None
  'page.voucher.password': None
  'page.voucher.end': None
  'page.voucher.given-back': { readonly amount: S['amount'] }
  'page.voucher.read': None
  'page.voucher.reversal': None
  'page.end.title': None
  'page.end.lead': None
  'page.end.left': None
  'page.end.go': None
  'page.end.keep': None
  'page.end.unknown': None
  'page.end.done.title': None
  'page.end.done': { readonly amount: S['amount'] }
  'page.password.title': None
  'page.password.new': None
  'page.password.hint': None
  'page.password.again': None
  'page.password.missing': None
  'page.password.weak': None
  'page.password.different': None
  'page.password.go': None
  'page.order.shop': None
  'page.order.order': None
  'page.order.cancel': None
  'page.order.back': None
  'page.order.other': None
  'page.order.none': None
  'page.order.expired': None
  'page.order.bad': None
  'page.strip.bank': None
  'page.bank.foot': None
  'page.bank.back': None
  'page.bank.cancel': None
  'page.bank.later': None
  'page.bank.again': None
  'page.bank.refused': None
  'page.bank.unknown': None
  'page.bank.read-only': None
  'page.bank.sign-in.title': None
  'page.bank.sign-in.lead': None
  'page.bank.sign-in.go': None
  'page.bank.sign-in.trust': None
  'page.bank.account': None
  'page.bank.account.missing': None
  'page.bank.pin': None
  'page.bank.pin.hint': None
  'page.bank.pin.missing': None
  'page.bank.ended': None
  'page.bank.wrong.last': None
  'page.bank.closed.minutes': { readonly minutes: S['number'] }
  'page.bank.closed.hours': { readonly hours: S['number'] }
  'page.bank.closed.today': None
  'page.bank.account.title': None
  'page.bank.account.number': { readonly number: S['digits'] }
  'page.bank.balance': None
  'page.bank.untold': { readonly amount: S['amount']; readonly payee: S['name'] }
  'page.bank.untold.go': None
  'page.bank.more': None
  'page.bank.leave': None
  'page.bank.buy.title': None
  'page.bank.buy.payee': None
  'page.bank.buy.none': None
  'page.bank.buy.amount': { readonly payee: S['name'] }
  'page.bank.buy.legend': None
  'page.bank.buy.amount.missing': None
  'page.bank.buy.limit': { readonly limit: S['amount'] }
  'page.bank.buy.go': { readonly amount: S['amount']; readonly payee: S['name'] }
  'page.bank.voucher.for': None
  'page.bank.told.title': None
  'page.bank.told.lead': None
  'page.bank.told.go': None
  'page.bank.told.write': { readonly payee: S['name'] }
  'page.bank.told.after': None
  'page.bank.backup.go': None
  'page.bank.vouchers.title': None
  'page.bank.vouchers.back': None
  'page.bank.transfer.title': None
  'page.bank.transfer.account': None
  'page.bank.transfer.account.hint': None
  'page.bank.transfer.account.missing': None
  'page.bank.transfer.limit': { readonly limit: S['amount'] }
  'page.bank.transfer.to': None
  'page.bank.transfer.go': { readonly amount: S['amount']; readonly payee: S['name'] }
  'page.bank.transfer.done': None
  'page.bank.transfer.sent': { readonly amount: S['amount']; readonly payee: S['name'] }
  'page.bank.statement.title': None
  'page.bank.statement.file': None
  'page.bank.statement.at': None
  'page.bank.statement.what': None
  'page.bank.statement.amount': None
  'page.bank.statement.currency': None
  'page.bank.statement.reference': None
  'page.bank.transfer.pending': None
  'page.bank.transfer.pending.said': {
    readonly amount: S['amount']
    readonly bank: S['name']
    readonly reference: S['digits']
  }
  'page.bank.line.came-back': { readonly payee: S['name'] }
  'page.bank.line.voucher': { readonly payee: S['name'] }
  'page.bank.line.sent': { readonly payee: S['name'] }
  'page.bank.line.received': { readonly payee: S['name'] }
  'page.bank.line.refund': { readonly payee: S['name'] }
  'page.bank.line.deposit': None
  'page.bank.line.other': None
  'page.bank.pin.title': None
  'page.bank.pin.new': None
  'page.bank.pin.new.hint': None
  'page.bank.pin.new.missing': None
  'page.bank.pin.weak': None
  'page.bank.pin.go': None
  'page.bank.passkeys.title': None
  'page.bank.passkeys.lead': None
  'page.bank.passkeys.add': None
  'page.bank.passkeys.full': None
  'page.bank.code': None
  'page.bank.code.hint': None
  'page.bank.code.missing': None
  'page.bank.code.wrong': None
  'page.bank.code.over': None
  'page.bank.passkey.name': None
  'page.bank.passkey.name.hint': None
  'page.bank.passkey.unnamed': None
  'page.bank.passkey.make': None
  'page.bank.passkey.make.lead': None
  'page.bank.passkey.made': None
  'page.bank.passkey.removed': None
  'page.bank.passkey.remove': None
  'page.bank.passkey.since': { readonly when: S['digits'] }
  'page.bank.passkey.used': { readonly when: S['digits'] }
  'page.bank.passkey.hint': None
  'page.passkey.none': None
  'page.bank.passkey.none': None
  'page.bank.passkey.refused': None
  'page.bank.passkey.failed': None
  'page.bank.paid.title': None
  'page.bank.paid.lead': None
  'page.bank.paid.go': None
  'page.bank.paid.how': { readonly host: S['name'] }
  'page.bank.paid.number': None
  'page.bank.paid.asked': None
  'page.bank.paid.stop': None
  'page.bank.paid.stop.lead': None
  'page.bank.paid.stop.go': None
  'page.bank.lost.title': None
  'page.bank.lost.lead': None
  'page.bank.lost.what': None
  'page.bank.lost.missing': None
  'page.bank.lost.device': None
  'page.bank.lost.account': None
  'page.bank.lost.account.lead': None
  'page.bank.lost.account.go': None
  'page.bank.lost.vouchers': None
  'page.bank.lost.vouchers.lead': None
  'page.bank.lost.vouchers.go': None
  'page.bank.lost.card': None
  'page.bank.lost.card.lead': None
  'page.bank.lost.card.go': None
  'page.bank.lost.telephone': None
  'page.bank.lost.telephone.lead': None
  'page.bank.lost.telephone.go': None
  'page.bank.lost.telephone.done': None
  'page.bank.lost.done': None
  'page.strip.start': None
  'page.start.title': None
  'page.start.lead': None
  'page.start.dial': None
  'page.start.bank': None
  'page.start.merchant': None
  'page.start.host': None
  'page.start.securities': None
  'page.start.console': None
  'page.start.pages': None
  'page.start.accounts': { readonly institution: S['name'] }
  'page.start.try': None
  'page.start.try.buy': { readonly bank: S['digits']; readonly shop: S['digits'] }
  'page.start.try.pay': { readonly shop: S['digits'] }
  'page.start.try.page': None
  'page.start.softphone': None
  'page.start.softphone.how': None
  'page.start.telephone.title': None
  'page.start.telephone.number': None
  'page.start.telephone.captions': None
  'page.start.telephone.call': None
  'page.start.telephone.hang-up': None
  'page.start.telephone.keys': None
  'page.start.telephone.star': None
  'page.start.telephone.hash': None
  'page.start.telephone.dial': { readonly number: S['digits'] }
  'page.start.telephone.how': None
  'page.start.telephone.sound': None
  'page.start.telephone.microphone': None
  'page.start.telephone.mute': None
  'page.start.telephone.level': None
  'page.start.telephone.pressed': None
  'page.start.telephone.timer': None
  'page.start.telephone.say.idle': None
  'page.start.telephone.say.calling': None
  'page.start.telephone.say.talking': None
  'page.start.telephone.say.ended': None
  'page.start.telephone.say.busy': None
  'page.start.telephone.say.failed': None
  'page.start.telephone.say.no-line': None
  'page.start.telephone.say.no-way': None
  'page.start.telephone.say.microphone': None
  'page.start.telephone.say.no-microphone': None
  'page.start.shops': None
  'page.start.shops.how': None
  'page.start.card.title': None
  'page.start.card.how': None
  'page.start.card.insert': None
  'page.start.card.take-out': None
  'page.start.card.ask': None
  'page.start.card.unlisted': None
  'page.start.card.wrong-pin': None
  'page.start.card.pin': None
  'page.start.card.password': None
  'page.start.card.sign': None
  'page.start.card.refuse': None
  'page.start.card.row.what': None
  'page.start.card.row.amount': None
  'page.start.card.row.limit': None
  'page.start.card.row.trade': None
  'page.start.card.row.payee': None
  'page.start.card.row.account': None
  'page.start.card.row.bank': None
  'page.start.card.row.from': None
  'page.start.card.row.receiver': None
  'page.start.card.what.sign-in': None
  'page.start.card.what.pay': None
  'page.start.card.what.transfer': None
  'page.start.card.what.in': None
  'page.start.card.what.out': None
  'page.start.card.what.buy': None
  'page.start.card.what.sell': None
  'page.start.card.what.cancel': None
  'page.start.card.say.in': None
  'page.start.card.say.out': None
  'page.start.card.say.in-use': None
  'page.start.card.say.unusable': None
  'page.start.card.say.asked': None
  'page.start.card.say.signing': None
  'page.start.card.say.paid': None
  'page.start.card.say.on-its-way': None
  'page.start.card.say.refused': None
  'page.start.card.say.wrong-password': None
  'page.start.card.say.unknown': None
  'page.start.card.say.not-accepted': None
  'page.start.card.say.not-answered': None
  'page.start.card.say.declined-by-holder': None
  'page.start.card.say.declined-no-card': None
  'page.start.card.say.declined-card-blocked': None
  'page.start.card.say.declined-unfit': None
  'page.start.card.open': None
  'page.start.card.its-password': None
  'page.start.foot': None
  'page.start.foot.network': None
  'page.start.elsewhere': None
  'page.strip.operations': None
  'page.operations.title': None
  'page.operations.foot': None
  'page.operations.live': None
  'page.operations.stale': None
  'page.operations.well': None
  'page.operations.wrong': None
  'page.operations.asterisk': None
  'page.operations.asterisk.answers': None
  'page.operations.asterisk.silent': None
  'page.operations.trunk': None
  'page.operations.trunk.registered': None
  'page.operations.trunk.reachable': None
  'page.operations.trunk.refused': None
  'page.operations.trunk.unreachable': None
  'page.operations.trunk.refused.todo': None
  'page.operations.trunk.unreachable.todo': None
  'page.operations.network': None
  'page.operations.network.closed': None
  'page.operations.network.none': None
  'page.operations.network.still': None
  'page.operations.network.since': None
  'page.operations.institutions': None
  'page.operations.asterisk.away': None
  'page.operations.away': None
  'page.operations.no-asterisk': None
  'page.operations.draining': None
  'page.operations.uneven': None
  'page.operations.unwritable': None
  'page.operations.findings': None
  'page.operations.stock.low': None
  'page.operations.breaks': None
  'page.operations.calls': None
  'page.operations.calls.none': None
  'page.operations.begin': None
  'page.operations.at-step': None
  'page.operations.in-call': None
  'page.operations.loss': None
  'page.operations.jitter': None
  'page.operations.left': None
  'page.operations.left.none': None
  'page.operations.times': None
  'page.operations.state': None
  'page.operations.serving': None
  'page.operations.balance': None
  'page.operations.balance.even': None
  'page.operations.balance.uneven': None
  'page.operations.audit': None
  'page.operations.audit.none': None
  'page.operations.audit.right': None
  'page.operations.audit.found': None
  'page.operations.call-backs': None
  'page.operations.call-backs.since': None
  'page.operations.call-records': None
  'page.operations.call-records.days': { readonly days: S['digits'] }
  'page.operations.call-records.oldest': { readonly date: S['digits'] }
  'page.operations.stock': None
  'page.operations.day-end': None
  'page.operations.day-end.none': None
  'page.operations.day-end.breaks': None
  'page.operations.alarms': None
  'page.operations.alarms.none': None
  'page.operations.alarms.then': None
  'page.operations.todo.contradicted': None
  'page.operations.todo.peer-lost': None
  'page.operations.todo.letter': None
  'page.operations.todo.books-went-back': None
  'page.operations.todo.backup': None
  'page.operations.todo.record-keys': None
  'page.operations.todo.mirror': None
  'page.operations.todo.checkpoint': None
  'page.operations.todo.log': None
  'page.operations.todo.certificate': None
  'page.operations.todo.key': None
  'page.operations.todo.order': None
  'page.operations.todo.sale': None
  'page.operations.todo.payout': None
  'page.operations.todo.activation': None
  'page.operations.todo.day-end-refused': None
  'page.operations.todo.day-end-contradicted': None
  'page.operations.todo.day-end-not-booked': None
  'page.operations.todo.day-end-breaks': None
  'page.operations.todo.day-end-lost': None
  'page.operations.todo.day-end-late': None
  'page.operations.todo.banks': None
  'page.operations.todo.settlement': None
  'page.operations.todo.shop': None
  'page.strip.counter': None
  'page.counter.foot': None
  'page.people.sign-in': None
  'page.people.sign-in.lead': None
  'page.people.sign-in.go': None
  'page.people.none': None
  'page.people.refused': None
  'page.people.not-made': None
  'page.people.enrol': None
  'page.people.enrol.lead': None
  'page.people.code': None
  'page.people.code.wrong': None
  'page.people.for': None
  'page.people.made': None
  'page.people.made.lead': None
  'page.counter.title': None
  'page.counter.role.officer': None
  'page.counter.role.teller': None
  'page.counter.find': None
  'page.counter.find.go': None
  'page.counter.unknown-account': None
  'page.counter.unknown-card': None
  'page.counter.unknown-payee': None
  'page.counter.identity': None
  'page.counter.pin': None
  'page.counter.pin.open': None
  'page.counter.pin.closed': None
  'page.counter.card': None
  'page.counter.card.issued': None
  'page.counter.card.active': None
  'page.counter.card.blocked': None
  'page.counter.card.revoked': None
  'page.counter.waiting': None
  'page.counter.waiting.none': None
  'page.counter.propose': None
  'page.counter.propose.lead': None
  'page.counter.open-account': None
  'page.counter.pay-in': None
  'page.counter.pay-out': None
  'page.counter.reset-pin': None
  'page.counter.unblock': None
  'page.counter.lift-block': None
  'page.counter.clear-voucher': None
  'page.counter.enrol-card': None
  'page.counter.block-card': None
  'page.counter.unblock-card': None
  'page.counter.revoke-card': None
  'page.counter.void-file': None
  'page.counter.fact.since': None
  'page.counter.fact.by': None
  'page.counter.fact.times-lost': None
  'page.counter.void.date': None
  'page.counter.void.since': None
  'page.counter.void.lines': None
  'page.counter.void.file': None
  'page.counter.void.told': None
  'page.counter.void.read': None
  'page.counter.void.capture': None
  'page.counter.void.reversal': None
  'page.counter.void.termination': None
  'page.counter.void.refund': None
  'page.counter.void.differs.totals': None
  'page.counter.void.differs.lines': None
  'page.counter.field.account': None
  'page.counter.field.amount': None
  'page.counter.field.voucher': None
  'page.counter.field.card': None
  'page.counter.field.payee': None
  'page.counter.field.what': None
  'page.counter.field.name-en': None
  'page.counter.field.name-zh': None
  'page.counter.name.missing': None
  'page.counter.unseen': None
  'page.counter.business': None
  'page.counter.holder': None
  'page.counter.why': None
  'page.counter.why.hint': None
  'page.counter.why.missing': None
  'page.counter.sign': None
  'page.counter.not-proposed': None
  'page.counter.proposed': None
  'page.counter.done': None
  'page.counter.maker': None
  'page.counter.checker': None
  'page.counter.approve': None
  'page.counter.refused.one-person-only': None
  'page.counter.refused.not-their-role': None
  'page.counter.refused.other': None
  'page.counter.overtaken': None
  'page.counter.impossible': { readonly outcome: S['digits'] }
  'page.counter.withdrawn': None
  'page.counter.not-done': { readonly outcome: S['digits'] }
  'page.why-not.unknown-account': None
  'page.why-not.refused-amount': None
  'page.why-not.insufficient-funds': None
  'page.why-not.unknown-payee': None
  'page.why-not.not-its-account': None
  'page.why-not.no-way-to-its-bank': None
  'page.why-not.waits-in-suspense': None
  'page.why-not.day-end-under-way': None
  'page.why-not.unknown-card': None
  'page.why-not.not-in-use': None
  'page.why-not.not-blocked': None
  'page.why-not.already-revoked': None
  'page.why-not.replaces-another': None
  'page.why-not.already-enrolled': None
  'page.why-not.nothing-to-block': None
  'page.why-not.not-sold-here': None
  'page.why-not.payee-out-of-reach': None
  'page.why-not.taken': None
  'page.why-not.no-result-waits': None
  'page.why-not.another-waits-before': None
  'page.why-not.other-facts': None
  'page.why-not.no-such-file': None
  'page.why-not.nothing-contradicts': None
  'page.why-not.another-difference': None
  'page.why-not.nothing-waits': None
  'page.why-not.not-told-yet': None
  'page.why-not.cannot-be-booked': None
  'page.why-not.busy': None
  'page.counter.new-pin': None
  'page.counter.new-pin.hidden': None
  'page.counter.back': None
  'page.start.counter': { readonly command: S['digits'] }
  'page.strip.office': None
  'page.office.foot': None
  'page.office.rooms': None
  'page.office.desk': None
  'page.office.payments': None
  'page.office.settlement': None
  'page.office.latest': None
  'page.office.none': None
  'page.office.date': None
  'page.office.open-until': { readonly at: S['digits'] }
  'page.office.to-close': None
  'page.office.times': { readonly count: S['digits'] }
  'page.office.bank': None
  'page.office.settled': None
  'page.office.due': None
  'page.office.paid-out': None
  'page.office.unsold': { readonly count: S['digits'] }
  'page.office.low': None
  'page.office.sold': { readonly active: S['digits']; readonly over: S['digits'] }
  'page.office.ordered': { readonly count: S['digits'] }
  'page.office.voucher': None
  'page.office.given-back': { readonly amount: S['amount'] }
  'page.office.kind.payment': None
  'page.office.kind.listening': None
  'page.office.kind.reversal': None
  'page.office.kind.refund': None
  'page.office.kind.termination': None
  'page.office.kind.card-payment': None
  'page.office.kind.card-refund': None
  'page.office.earlier': None
  'page.office.file': None
  'page.office.file.first': None
  'page.office.file.last': None
  'page.office.file.go': None
  'page.office.file.no-date': None
  'page.office.file.backwards': None
  'page.office.file.too-long': None
  'page.office.file.at': None
  'page.office.file.date': None
  'page.office.file.what': None
  'page.office.file.amount': None
  'page.office.file.currency': None
  'page.office.file.reference': None
  'page.office.file.voucher': None
  'page.office.file.bank': None
  'page.office.settlement.none': None
  'page.office.settlement.of': { readonly date: S['digits'] }
  'page.office.state': None
  'page.office.state.closed': None
  'page.office.state.built': None
  'page.office.state.sent': None
  'page.office.state.received': None
  'page.office.state.result': None
  'page.office.state.reconciled': None
  'page.office.state.refused': None
  'page.office.state.void': None
  'page.office.told.capture': None
  'page.office.told.reversal': None
  'page.office.told.termination': None
  'page.office.told.refund': None
  'page.office.cleared': None
  'page.office.fee': None
  'page.office.breaks': None
  'page.office.break.missing-here': None
  'page.office.break.missing-there': None
  'page.office.break.amount': None
  'page.office.break.state': None
  'page.office.break.duplicate': None
  'page.office.break.late': None
  'page.office.break.not-sold': None
  'page.office.break.short': None
  'page.office.break.closed-account': None
  'page.office.report.text': None
  'page.office.report.csv': None
  'page.start.office': { readonly command: S['digits'] }
  'page.office.payment': None
  'page.office.back': None
  'page.office.back.so-far': None
  'page.office.back.reverse': None
  'page.office.back.refund': None
  'page.office.back.sign': { readonly amount: S['amount'] }
  'page.office.back.too-much': { readonly amount: S['amount'] }
  'page.office.back.voucher-dead': None
  'page.office.back.not-now': None
  'page.office.back.unknown': None
  'page.office.back.not-done': None
  'page.office.back.reversed': None
  'page.office.back.refunded': None
  'page.office.shops': None
  'page.office.shops.none': None
  'page.office.shops.since': None
  'page.office.shops.revoked': None
  'page.office.shops.not-told': None
  'page.office.shops.nothing': None
  'page.office.shops.delivered': { readonly count: S['digits'] }
  'page.office.shops.due': { readonly count: S['digits'] }
  'page.office.shops.failing': { readonly count: S['digits'] }
  'page.office.shops.given-up': { readonly count: S['digits'] }
  'page.office.waiting': None
  'page.office.waiting.how': None
  'page.office.card-payment': None
  'page.office.back.refund-card': None
  'page.office.back.refunded-card': None
  'page.office.back.not-paid': None
  'page.office.back.no-day-end': None
  'page.office.decide.accept-result': None
  'page.office.decide.accept-result.lead': None
  'page.office.decide.take-held': None
  'page.office.decide.take-held.lead': None
  'page.office.decide.number': None
  'page.office.decide.missing': None
  'page.office.decide.missing.hint': None
  'page.office.decide.why': None
  'page.office.decide.contradicts': None
  'page.office.decide.payee': None
  'page.office.decide.since': None
  'page.office.decide.files': None
  'page.office.decide.unsigned': None
  'page.office.decide.lines': None
  'page.office.decide.lost': None
  'page.office.decide.owed': None
  'page.office.decide.refunded': None
  'page.office.decide.does': None
  'page.office.decide.does.first': { readonly count: S['number'] }
  'page.office.decide.becomes.stands': None
  'page.office.decide.becomes.again': None
  'page.office.decide.becomes.lost': None
  'page.office.decide.epoch': None
  'page.office.decide.held': None
  'page.office.decide.result': None
  'page.office.decide.terminations': None
  'page.office.decide.refunds': None
  'page.office.decide.undone': None
  'page.office.decide.nothing-wrong': None
  'page.office.decide.unreadable': None
  'page.office.decide.facts.none': None
  'page.office.contradicted': { readonly bank: S['digits']; readonly date: S['digits'] }
  'page.office.held': { readonly bank: S['digits']; readonly count: S['digits'] }
  'page.office.shops.add-key': None
  'page.office.shops.add-key.lead': None
  'page.office.shops.add-key.sign': None
  'page.office.shops.add-key.done': None
  'page.office.shops.name': None
  'page.office.shops.name.missing': None
  'page.office.shops.webhook': None
  'page.office.shops.webhook.hint': None
  'page.office.shops.webhook.wrong': None
  'page.office.shops.key': None
  'page.office.shops.key.once': None
  'page.office.shops.key.api': None
  'page.office.shops.key.signing': None
  'page.office.shops.key.gone': None
  'page.office.shops.revoke-key': None
  'page.office.shops.revoke-key.lead': None
  'page.office.shops.revoke-key.sign': None
  'page.office.shops.revoke-key.done': None
  'page.office.shops.tell-again': None
  'page.office.shops.tell-again.lead': None
  'page.office.shops.tell-again.sign': None
  'page.office.shops.tell-again.done': None
  'page.office.shops.unknown-key': None
  'page.office.shops.nothing-to-tell': None
  'page.mail.sale': { readonly amount: S['amount']; readonly payee: S['name'] }
  'page.mail.sale.subject': None
  'page.mail.transfer-out': { readonly amount: S['amount']; readonly ending: S['digits'] }
  'page.mail.transfer-out.subject': None
  'page.mail.card-payment': { readonly amount: S['amount']; readonly ending: S['digits'] }
  'page.mail.card-payment.subject': None
  'page.mail.transfer-in': { readonly amount: S['amount'] }
  'page.mail.transfer-in.subject': None
  'page.mail.came-back': { readonly amount: S['amount'] }
  'page.mail.came-back.subject': None
  'page.mail.refund': { readonly amount: S['amount']; readonly payee: S['name'] }
  'page.mail.refund.subject': None
  'page.mail.payout': { readonly amount: S['amount'] }
  'page.mail.payout.subject': None
  'page.mail.pin-changed': None
  'page.mail.pin-changed.subject': None
  'page.mail.card-issued': { readonly ending: S['digits'] }
  'page.mail.card-issued.subject': None
  'page.mail.card-blocked': { readonly ending: S['digits'] }
  'page.mail.card-blocked.subject': None
  'page.mail.card-unblocked': { readonly ending: S['digits'] }
  'page.mail.card-unblocked.subject': None
  'page.mail.card-revoked': { readonly ending: S['digits'] }
  'page.mail.card-revoked.subject': None
  'page.mail.account-blocked': None
  'page.mail.account-blocked.subject': None
  'page.mail.telephone-blocked': None
  'page.mail.telephone-blocked.subject': None
  'page.mail.vouchers-blocked': None
  'page.mail.vouchers-blocked.subject': None
  'page.mail.block-lifted': None
  'page.mail.block-lifted.subject': None
  'page.mail.telephone-registered': None
  'page.mail.telephone-registered.subject': None
  'page.mail.passkey-enrolled': None
  'page.mail.passkey-enrolled.subject': None
  'page.mail.account-closed': None
  'page.mail.account-closed.subject': None
  'page.mail.address-left': None
  'page.mail.address-left.subject': None
  'page.mail.address-gone': None
  'page.mail.address-gone.subject': None
  'page.mail.subject': { readonly bank: S['name']; readonly what: S['digits'] }
  'page.mail.collected': None
  'page.mail.collected.lead': None
  'page.mail.collected.more': { readonly count: S['number'] }
  'page.mail.when': { readonly when: S['digits']; readonly zone: S['digits'] }
  'page.mail.account': { readonly ending: S['digits'] }
  'page.mail.reference': { readonly reference: S['digits'] }
  'page.mail.not-you': { readonly telephone: S['digits'] }
  'page.mail.never': None
  'page.mail.change': None
  'page.operations.mail': None
  'page.operations.mail.waiting': None
  'page.operations.mail.since': None
  'page.operations.mail.given-up': None
  'page.operations.todo.mail': None
  'page.counter.set-address': None
  'page.counter.field.address': None
  'page.counter.address.hint': None
  'page.counter.address.none': None
  'page.counter.address.wrong': None
  'page.bank.mail': { readonly address: S['digits'] }
  'page.bank.mail.none': None
}
