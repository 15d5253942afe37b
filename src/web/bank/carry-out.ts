/** Does what was read back and signed, once, and says what became of it. */
import type { BeingPaid, Blocking, PinChange, Sale, Transfer } from '../../bank/bank.ts'
import { html } from '../html.ts'
import type { Answer, Shown } from '../page.ts'
import { untilKnown } from '../until-known.ts'
import { ascending, askDenomination, back } from './buy.ts'
import type { BankSession, Done, Order, Pending } from './session.ts'
import type { BankVisit } from './visit.ts'

const over = (answer: Answer): Done => ({ answer, isOver: true })

/** `response`: of the passkey, as the browser sent it. */
export async function carryOut(
  visit: BankVisit,
  session: BankSession,
  pending: Pending,
  response: string,
): Promise<Done> {
  const { bank, passkeys, site, origin } = visit
  const { order, intent, challenge } = pending
  const { account } = session.customer
  // Blocking shows nothing and moves nothing: who lost the device with the passkey must be able to.
  if (order.kind !== 'block') {
    const { outcome } = await passkeys.prove({ account, challenge, site, response })
    if (outcome === 'refused') return { answer: 'not-signed', isOver: false }
  }
  switch (order.kind) {
    case 'sale': {
      const { payee, amount } = order
      const sale = { intent, buyer: account, payee: payee.id, amount, channel: 'page' } as const
      return sold(visit, session, pending, order, await untilKnown(() => bank.sellVoucher(sale)))
    }
    case 'transfer': {
      const { to, amount } = order
      const transfer = { intent, from: account, to: to.account, amount, channel: 'page' } as const
      return transferred(visit, pending, await untilKnown(() => bank.transfer(transfer)))
    }
    case 'pin': {
      const { next } = order
      const changed = await session.changePin(signedIn =>
        untilKnown(() => bank.changePin({ intent, session: signedIn, next, origin })),
      )
      return pinChanged(visit, pending, changed.outcome)
    }
    case 'block': {
      const { what } = order
      const blocked = await untilKnown(() => bank.block({ intent, account, what, channel: 'page' }))
      if (blocked.outcome === 'unknown') return notKnownYet(visit, pending)
      if (blocked.outcome !== 'nothing-to-block') return over(blockDone(visit, order, blocked.outcome))
      return over(refused(visit, visit.words.say(what === 'card' ? 'block.no-card' : 'block.no-vouchers'), '/lost'))
    }
    case 'be-paid': {
      const asked = await untilKnown(() => bank.becomePayee(account))
      return beingPaid(visit, pending, asked, 'paid.refused')
    }
    case 'stop-being-paid':
      return beingPaid(visit, pending, await untilKnown(() => bank.stopBeingPaid(account)), undefined)
    case 'told':
    case 'backup':
      session.mayNowSee(`${order.kind} ${order.voucher.id}`)
      return over({ goTo: `/${order.kind}?voucher=${order.voucher.id}` })
  }
}

async function sold(
  visit: BankVisit,
  session: BankSession,
  pending: Pending,
  { payee, amount }: Order & { kind: 'sale' },
  sale: Sale | { readonly outcome: 'unknown' },
): Promise<Done> {
  const { words } = visit
  switch (sale.outcome) {
    case 'sold':
      session.mayNowSee(`told ${sale.voucher.id}`)
      return over({ goTo: `/told?voucher=${sale.voucher.id}` })
    case 'already-confirmed':
      return over({ goTo: '/vouchers' })
    case 'insufficient-funds':
      return over(refused(visit, words.say('buy.insufficient-funds', { balance: sale.balance }), '/buy'))
    case 'limit-exceeded':
      return over(refused(visit, words.say('page.bank.buy.limit', { limit: sale.limit }), '/buy'))
    case 'card-needed':
      return over(refused(visit, words.say('account.card-needed', { limit: sale.limit }), '/buy'))
    case 'account-blocked':
      return over(refused(visit, words.say('account.blocked'), '/account'))
    case 'payee-ceiling':
      return over(refused(visit, words.say('buy.payee-ceiling', { payee: payee.name }), '/buy'))
    case 'payee-out-of-reach':
      return over(refused(visit, words.say('buy.payee-out-of-reach', { payee: payee.name }), '/buy'))
    case 'under-review':
      return over(refused(visit, words.say('account.under-review'), '/account'))
    case 'out-of-stock': {
      const trouble = { field: 'amount', message: words.say('buy.out-of-stock', { amount }) }
      return over(await askDenomination(visit, payee, [trouble], ascending(sale.nearest)))
    }
    case 'refused-amount':
    case 'intent-reused':
      return over(refused(visit, words.say('buy.unavailable'), '/buy'))
    case 'unknown':
      return notKnownYet(visit, pending)
  }
}

function pinChanged(
  visit: BankVisit,
  pending: Pending,
  outcome: (PinChange | { outcome: 'unknown' })['outcome'],
): Done {
  switch (outcome) {
    case 'changed':
      return over(done(pending))
    case 'too-easy':
      return over(refused(visit, visit.words.say('pin.weak'), '/pin'))
    case 'session-ended':
      // The next request finds that out, and says so.
      return over({ goTo: '/account' })
    case 'unknown':
      return notKnownYet(visit, pending)
  }
}

async function transferred(
  visit: BankVisit,
  pending: Pending,
  transfer: Transfer | { readonly outcome: 'unknown' },
): Promise<Done> {
  const { words } = visit
  switch (transfer.outcome) {
    case 'transferred':
    case 'pending':
      return over(done(pending))
    case 'came-back': {
      const { bank, balance } = transfer
      return over(refused(visit, words.say('transfer.came-back', { bank, balance }), '/transfer'))
    }
    case 'bank-out-of-reach':
      return over(refused(visit, words.say('transfer.bank-out-of-reach', { bank: transfer.bank }), '/transfer'))
    case 'bank-cap':
      return over(refused(visit, words.say('transfer.bank-cap', { bank: transfer.bank }), '/transfer'))
    case 'insufficient-funds':
      return over(refused(visit, words.say('transfer.insufficient-funds', { balance: transfer.balance }), '/transfer'))
    case 'limit-exceeded':
      return over(refused(visit, words.say('page.bank.transfer.limit', { limit: transfer.limit }), '/transfer'))
    case 'card-needed':
      return over(refused(visit, words.say('account.card-needed', { limit: transfer.limit }), '/transfer'))
    case 'account-blocked':
      return over(refused(visit, words.say('account.blocked'), '/account'))
    case 'same-account':
      return over(refused(visit, words.say('transfer.account.own'), '/transfer'))
    case 'under-review':
      return over(refused(visit, words.say('account.under-review'), '/account'))
    case 'unknown-account':
    case 'refused-amount':
    case 'intent-reused':
      return over(refused(visit, words.say('transfer.refused'), '/transfer'))
    case 'unknown':
      return notKnownYet(visit, pending)
  }
}

const done = ({ intent }: Pending): Answer => ({ goTo: `/done?intent=${intent}` })

/** Nothing was done, why, and how to go on. */
function refused({ words }: BankVisit, why: string, goOn: string): Shown {
  const title = words.say('page.bank.refused')
  return {
    status: 422,
    title,
    body: html`<h1>${title}</h1>
<p class="notice" role="status">${why}</p>
${goOn === '/account' ? '' : html`<p><a class="primary" href="${goOn}">${words.say('page.bank.again')}</a></p>`}
${back(words.say('page.bank.back'))}`,
  }
}

function blockDone(
  { words }: BankVisit,
  { what }: Order & { kind: 'block' },
  outcome: Exclude<Blocking['outcome'], 'nothing-to-block'>,
): Shown {
  const title = words.say('page.bank.lost.done')
  const said =
    outcome === 'blocked-once-in-reach'
      ? words.say('block.vouchers.waiting')
      : what === 'telephone'
        ? words.say('page.bank.lost.telephone.done')
        : words.say(`block.${what}.done` as const)
  return {
    title,
    body: html`<h1>${title}</h1>
<p class="notice" role="status">${said}</p>
${back(words.say('page.bank.back'))}`,
  }
}

/** The page that shows what holds now says the rest. `refusal`: what it means that the customer is no payee. */
function beingPaid(
  visit: BankVisit,
  pending: Pending,
  now: BeingPaid | { readonly outcome: 'unknown' },
  refusal: 'paid.refused' | undefined,
): Done {
  const { words } = visit
  switch (now.outcome) {
    case 'payee':
    case 'asked':
      return over({ goTo: '/paid' })
    case 'no-payee':
      return over(refusal === undefined ? { goTo: '/paid' } : refused(visit, words.say(refusal), '/paid'))
    case 'no-host':
      return over(refused(visit, words.say('paid.no-host'), '/account'))
    case 'account-blocked':
      return over(refused(visit, words.say('account.blocked'), '/account'))
    case 'out-of-reach':
      return over(refused(visit, words.say('paid.out-of-reach'), '/paid'))
    case 'unknown':
      return notKnownYet(visit, pending)
  }
}

/** It may have been done or not: confirmed again under the same id, it is done once. */
function notKnownYet({ words }: BankVisit, { intent }: Pending): Done {
  return {
    isOver: false,
    answer: {
      status: 503,
      title: words.say('page.unknown.title'),
      body: html`<h1>${words.say('page.unknown.title')}</h1>
<p>${words.say('page.bank.unknown')}</p>
<p><a class="primary" href="/confirm?intent=${intent}">${words.say('page.unknown.again')}</a></p>`,
    },
  }
}
