/** The latest transactions, to be read, and as a file for a spreadsheet. */
import type { PastTransaction } from '../../bank/bank.ts'
import { formatMoney } from '../../money.ts'
import { csvOf, csvType, localTime } from '../csv.ts'
import { html } from '../html.ts'
import type { Words } from '../words.ts'
import { back } from './buy.ts'
import { type BankPage, signedIn } from './visit.ts'

const mostOnPage = 50
const mostInFile = 2_000

export const statement: BankPage = signedIn('/statement', {
  ask: async ({ bank, words }, { customer }) => {
    const lines = await bank.recentTransactions(customer.account, mostOnPage)
    const title = words.say('page.bank.statement.title')
    return {
      title,
      body: html`<h1>${title}</h1>
${
  lines.length === 0
    ? html`<p>${words.say('transactions.none')}</p>`
    : html`<ol class="payments">${lines.map(
        line => html`
<li><span>${saidOf(words, line)} <span class="reference">${words.instant(line.at)}</span>${line.reference !== '' && html` <span class="reference">${words.say('page.reference', { reference: line.reference })}</span>`}</span> <strong>${signed(words, line)}</strong></li>`,
      )}</ol>
<p class="hint">${words.say('page.zone', { zone: words.zone(lines[0]?.at ?? 0) })}</p>
<p><a href="/statement.csv">${words.say('page.bank.statement.file')}</a></p>`
}
${back(words.say('page.bank.back'))}`,
    }
  },
})

export const statementFile: BankPage = signedIn('/statement.csv', {
  ask: async ({ bank, words }, { customer }) => {
    const lines = await bank.recentTransactions(customer.account, mostInFile)
    const head = (['at', 'what', 'amount', 'currency', 'reference'] as const).map(column =>
      words.say(`page.bank.statement.${column}`),
    )
    const rows = lines.map(line => {
      const [amount = '', currency = ''] = formatMoney(line.amount).split(' ')
      return [localTime(line.at, bank.timeZone), saidOf(words, line), amount, currency, line.reference]
    })
    return { file: `statement-${customer.account}.csv`, type: csvType, content: csvOf([head, ...rows]) }
  },
})

function saidOf(words: Words, { kind, counterparty }: PastTransaction): string {
  if (counterparty === undefined)
    return words.say(kind === 'deposit' ? 'page.bank.line.deposit' : 'page.bank.line.other')
  const payee = counterparty
  switch (kind) {
    case 'voucher':
      return words.say('page.bank.line.voucher', { payee })
    case 'transfer-out':
      return words.say('page.bank.line.sent', { payee })
    case 'transfer-in':
      return words.say('page.bank.line.received', { payee })
    case 'transfer-back':
      return words.say('page.bank.line.came-back', { payee })
    case 'refund':
      return words.say('page.bank.line.refund', { payee })
    case 'deposit':
      return words.say('page.bank.line.deposit')
    case 'correction':
    case 'recovery-loss':
      return words.say('page.bank.line.other')
  }
}

const signed = (words: Words, { amount }: PastTransaction): string =>
  `${amount.minor > 0n ? '+' : ''}${words.amount(amount)}`
