/** The vouchers of a customer: told once, listed for ever, and the backup password of each to whoever signs for it. */
import type { BoughtVoucher } from '../../bank/bank.ts'
import { button, form, grouped } from '../fields.ts'
import { html } from '../html.ts'
import type { Answer } from '../page.ts'
import { untilKnown } from '../until-known.ts'
import { back } from './buy.ts'
import type { BankSession } from './session.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

export const vouchers: BankPage = signedIn('/vouchers', {
  ask: async (visit, { customer }) => {
    const { bank, words } = visit
    const bought = await bank.vouchers(customer.account)
    const title = words.say('page.bank.vouchers.title')
    return {
      title,
      body: html`<h1>${title}</h1>
${visit.query.text('done') === 'written' && html`<p class="notice" role="status">${words.say('voucher.confirmed')}</p>`}
${
  bought.length === 0
    ? html`<p>${words.say('vouchers.none')}</p>`
    : html`<ul class="payments">${bought.map(
        ({ id, number, payee, amount, soldAt, state, isBlocked }) => html`
<li><span><strong>${words.name(payee.name)}</strong> <span class="reference">${grouped(number)}</span> <span class="reference">${words.instant(soldAt)}</span>
${isBlocked && html`<span class="reference">${words.say('vouchers.blocked')}</span>`}</span> <strong>${words.amount(amount)}</strong>
<span class="whole"><a href="/${state === 'unconfirmed' ? 'told' : 'backup'}?voucher=${id}">${words.say(state === 'unconfirmed' ? 'page.bank.untold.go' : 'page.backup')} <span class="away">${grouped(number)}</span></a></span></li>`,
      )}</ul>
<p class="hint">${words.say('page.zone', { zone: words.zone(bought[0]?.soldAt ?? 0) })}</p>`
}
${back(words.say('page.bank.back'))}`,
    }
  },
})

/** Number and password, until they are written down. Then the bank knows the password no more. */
export const told: BankPage = signedIn('/told', {
  ask: async (visit, session) => {
    const { words } = visit
    const voucher = await voucherIn(visit, session)
    if (voucher === undefined || voucher.state === 'confirmed') return { goTo: '/vouchers' }
    if (!session.maySee(`told ${voucher.id}`)) return confirmFirst(visit, session, { kind: 'told', voucher })
    const { number, password, payee, amount, id } = voucher
    const title = words.say('page.bank.told.title')
    return {
      title,
      amount,
      payee: payee.name,
      body: html`<h1>${title}</h1>
<p class="lead">${words.say('page.bank.told.write', { payee: payee.name })}</p>
<h2>${words.say('page.open.number')}</h2>
<p class="told long">${grouped(number)}</p>
<h2>${words.say('page.open.password')}</h2>
<p class="told" data-hidden="${words.say('page.hidden')}">${grouped(password.reveal())}</p>
${form(visit, '/told', { voucher: id }, button(words, words.say('page.forgot.written')))}
<p class="hint">${words.say('page.bank.told.after')}</p>
${back(words.say('page.bank.later'))}`,
    }
  },

  answer: async (visit, session, sent) => {
    const { bank } = visit
    const voucher = sent.text('voucher')
    // Only what was seen can be written down.
    if (!session.maySee(`told ${voucher}`)) return { goTo: `/told?${new URLSearchParams({ voucher })}` }
    const buyer = session.customer.account
    const { outcome } = await untilKnown(() => bank.confirmHeard({ buyer, voucher }))
    if (outcome !== 'confirmed') return { goTo: `/told?${new URLSearchParams({ voucher })}` }
    session.seeNoMore(`told ${voucher}`)
    return { goTo: '/vouchers?done=written' }
  },
})

export const backup: BankPage = signedIn('/backup', {
  ask: async (visit, session) => {
    const { words, bank } = visit
    const voucher = await voucherIn(visit, session)
    if (voucher === undefined) return { goTo: '/vouchers' }
    if (!session.maySee(`backup ${voucher.id}`)) return confirmFirst(visit, session, { kind: 'backup', voucher })
    const answer = await bank.backupPassword({ buyer: session.customer.account, voucher: voucher.id })
    const title = words.say('page.backup')
    const body =
      answer.outcome === 'told'
        ? html`<p class="told long" data-hidden="${words.say('page.hidden')}">${grouped(answer.backup.reveal())}</p>
<p>${words.say('backup.intro')}</p>`
        : html`<p class="notice" role="status">${words.say('backup.gone')}</p>`
    return {
      title,
      body: html`<h1>${title}</h1>
<p class="number">${words.say('page.voucher.number', { number: voucher.number })}</p>
${body}
<p><a class="primary" href="/vouchers">${words.say('page.bank.vouchers.back')}</a></p>`,
    }
  },
})

async function voucherIn({ bank, query }: BankVisit, { customer }: BankSession): Promise<BoughtVoucher | undefined> {
  const asked = query.text('voucher')
  return (await bank.vouchers(customer.account)).find(({ id }) => id === asked)
}

function confirmFirst(
  visit: BankVisit,
  session: BankSession,
  order: { readonly kind: 'told' | 'backup'; readonly voucher: BoughtVoucher },
): Answer {
  const { intent } = session.hold(visit.drawIntent(), order)
  return { goTo: `/confirm?intent=${intent}` }
}
