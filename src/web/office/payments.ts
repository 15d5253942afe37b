/** Everything that happened, newest first, page by page, and as a file for a range of dates. */
import { isDate } from '../../ledger/cut-off.ts'
import { asked } from '../asked.ts'
import { csvOf, csvType, localTime } from '../csv.ts'
import { button, type Trouble, textField } from '../fields.ts'
import type { Form } from '../form.ts'
import { html } from '../html.ts'
import type { Answer } from '../page.ts'
import { amountAndCurrency, isEarned, listed, masked } from './said.ts'
import { atOffice, type Colleague, inOffice, type OfficePage, type OfficeVisit } from './visit.ts'

const mostOnPage = 25
/** Of rows in one file: some ten megabytes. */
const mostInFile = 100_000

export const payments: OfficePage = atOffice('/payments', { ask: (visit, person) => shown(visit, person) })

async function shown(
  visit: OfficeVisit,
  person: Colleague,
  sent?: Form,
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words, office, query } = visit
  const typed = query.digits('before')
  const before = /^\d{1,18}$/.test(typed) ? BigInt(typed) : undefined
  const rows = await office.latest({ before, limit: mostOnPage + 1 })
  const date = await office.date()
  const last = rows[mostOnPage - 1]
  const title = words.say('page.office.payments')
  const dateField = (name: 'first' | 'last') =>
    textField({
      name,
      label: words.say(`page.office.file.${name}`),
      value: sent?.text(name) || date,
      inputmode: 'text',
      autocomplete: 'off',
      maxlength: 10,
      troubles,
    })
  return asked(
    words,
    { title, troubles },
    html`${rows.length === 0 ? html`<p>${words.say('page.office.none')}</p>` : html`<ol class="payments">${rows.slice(0, mostOnPage).map(each => listed(words, each))}</ol>`}
${rows.length > mostOnPage && last !== undefined && html`<p><a href="/payments?before=${`${last.seq}`}">${words.say('page.office.earlier')}</a></p>`}
<h2>${words.say('page.office.file')}</h2>
<form method="get" action="/payments.csv" novalidate>
${dateField('first')}
${dateField('last')}
${button(words, words.say('page.office.file.go'))}
</form>
<p class="hint">${words.say('page.zone', { zone: words.zone(visit.runtime.wallNow()) })}</p>`,
    content => inOffice(visit, person, content),
  )
}

const columns = ['at', 'date', 'what', 'amount', 'currency', 'reference', 'voucher', 'bank'] as const

export const paymentsFile: OfficePage = atOffice('/payments.csv', {
  ask: async (visit, person) => {
    const { words, office, query, timeZone, tenant } = visit
    const [first, last] = [query.text('first'), query.text('last')]
    const wrong = (field: 'first' | 'last', message: string) => shown(visit, person, query, [{ field, message }])
    if (!isDate(first)) return wrong('first', words.say('page.office.file.no-date'))
    if (!isDate(last)) return wrong('last', words.say('page.office.file.no-date'))
    if (last < first) return wrong('last', words.say('page.office.file.backwards'))
    const rows: string[][] = [columns.map(column => words.say(`page.office.file.${column}`))]
    for await (const each of office.happenedOn({ first, last })) {
      if (rows.length > mostInFile) return wrong('last', words.say('page.office.file.too-long'))
      const [amount, currency] = amountAndCurrency(each.amount)
      rows.push([
        ...[localTime(each.at, timeZone), each.businessDate, words.say(`page.office.kind.${each.kind}`)],
        ...[`${isEarned(each) ? '' : '-'}${amount}`, currency, each.reference],
        ...[each.voucher === undefined ? '' : masked(each.voucher), each.bank ?? ''],
      ])
    }
    return { file: `${tenant}-${first}-${last}.csv`, type: csvType, content: csvOf(rows) }
  },
})
