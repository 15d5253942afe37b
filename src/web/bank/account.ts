/** The account at a glance: what is on it, what waits for its holder, and what can be done. */
import { form, grouped } from '../fields.ts'
import { type Html, html } from '../html.ts'
import type { BankSession } from './session.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

export const account: BankPage = signedIn('/account', {
  ask: async (visit, session) => {
    const { bank, passkeys, words } = visit
    const { customer } = session
    const balance = await bank.balance(customer.account)
    const untold = (await bank.vouchers(customer.account)).filter(({ state }) => state === 'unconfirmed')
    const writtenTo = await bank.writtenTo(customer.account)
    const hasPasskey = (await passkeys.list(customer.account)).length > 0
    return {
      title: words.say('page.bank.account.title'),
      body: html`<p class="number">${words.say('sign-in.hello', { customer: customer.name })}</p>
<h1 class="quiet">${words.say('page.bank.balance')}</h1>
<p class="figure">${words.amount(balance)}</p>
<p class="number">${words.say('page.bank.account.number', { number: grouped(customer.account) })}</p>
${cameBack(visit, session)}
${untold.map(
  ({ id, amount, payee }) =>
    html`<p class="notice" role="status">${words.say('page.bank.untold', { amount, payee: payee.name })} <a href="/told?voucher=${id}">${words.say('page.bank.untold.go')}</a></p>`,
)}
${hasPasskey ? html`<p><a class="primary" href="/buy">${words.say('page.bank.buy.title')}</a></p>` : html`<p class="notice">${words.say('page.bank.read-only')}</p><p><a class="primary" href="/passkeys">${words.say('page.bank.passkeys.add')}</a></p>`}
<h2>${words.say('page.bank.more')}</h2>
<ul class="actions">
${hasPasskey ? '' : html`<li><a href="/buy">${words.say('page.bank.buy.title')}</a></li>`}
<li><a href="/transfer">${words.say('page.bank.transfer.title')}</a></li>
<li><a href="/vouchers">${words.say('page.bank.vouchers.title')}</a></li>
<li><a href="/statement">${words.say('page.bank.statement.title')}</a></li>
<li><a href="/paid">${words.say('page.bank.paid.title')}</a></li>
<li><a href="/pin">${words.say('page.bank.pin.title')}</a></li>
<li><a href="/passkeys">${words.say('page.bank.passkeys.title')}</a></li>
<li><a href="/lost">${words.say('page.bank.lost.title')}</a></li>
</ul>
${writtenTo !== undefined && html`<p class="hint">${writtenTo === 'none' ? words.say('page.bank.mail.none') : words.say('page.bank.mail', { address: writtenTo })}</p>`}
${form(visit, '/leave', {}, html`<button class="link">${words.say('page.bank.leave')}</button>`)}`,
    }
  },

  /** What came back, or was lost, has been read: it is shown no more, and not told by telephone. */
  answer: async ({ bank }, session, sent) => {
    const ids = sent.text('ids').split(',')
    await bank.heardOfReturned({ account: session.customer.account, ids })
    session.returned = session.returned.filter(({ id }) => !ids.includes(id))
    return { goTo: '/account' }
  },
})

/** In the words of the telephone, until it was read: afterwards it stands among the transactions. */
function cameBack(visit: BankVisit, { returned }: BankSession): Html | undefined {
  const { bank, words } = visit
  if (returned.length === 0) return undefined
  const ids = returned.map(({ id }) => id).join(',')
  return html`<div class="notice" role="status">${returned.map(({ kind, at, amount, payee }) => {
    const said = words.say(`returned.${kind}`, { date: dateOf(at, bank.timeZone), amount, payee })
    return html`<p>${said}</p>`
  })}
${form(visit, '/account', { ids }, html`<button class="link">${words.say('page.voucher.read')}</button>`)}</div>`
}

/** `2026-11-22`, in the bank's zone. */
const dateOf = (at: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at)
