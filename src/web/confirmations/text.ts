/**
 * What a customer reads, in their language, or in both where they have not chosen one: what happened, when, how much, to whom and by which
 * reference, and what to do if it was not them. A subject says no amount, as telephones show it to whoever looks at them.
 */
import type { Mailing } from '../../bank/confirmations/outbox.ts'
import { type Confirmation, endingOf } from '../../bank/confirmations/write.ts'
import { languages, type SpokenName } from '../../languages.ts'
import type { Words } from '../words.ts'

export interface Writer {
  /** Of the bank. */
  readonly name: SpokenName
  /** What customers dial when something was not done by them. */
  readonly telephone: string
  readonly words: Readonly<Record<'en' | 'zh', Words>>
}

export interface Written {
  readonly subject: string
  readonly text: string
}

export function written(mailing: Mailing, writer: Writer): Written {
  const { language, confirmations } = mailing
  const inWords = (language === undefined ? languages : [language]).map(each => writer.words[each])
  const [first] = confirmations
  const subjects = inWords.map(words =>
    confirmations.length === 1 && first
      ? words.say(`page.mail.${first.kind}.subject`)
      : words.say('page.mail.collected'),
  )
  const [words] = inWords
  if (words === undefined) throw new Error('a mail is written in some language')
  return {
    subject: words.say('page.mail.subject', { bank: writer.name, what: subjects.join(' / ') }),
    text: inWords.map(each => textIn(each, mailing, writer)).join('\n\n* * *\n\n'),
  }
}

function textIn(words: Words, { account, confirmations, ids }: Mailing, { name, telephone }: Writer): string {
  const more = ids.length - confirmations.length
  return [
    words.name(name),
    ...(ids.length > 1 ? [words.say('page.mail.collected.lead')] : []),
    ...confirmations.map(each => paragraph(words, each)),
    ...(more > 0 ? [words.say('page.mail.collected.more', { count: more })] : []),
    words.say('page.mail.account', { ending: endingOf(account) }),
    words.say('page.mail.not-you', { telephone }),
    `${words.say('page.mail.never')}\n${words.say('page.mail.change')}`,
  ].join('\n\n')
}

function paragraph(words: Words, confirmation: Confirmation): string {
  const { at, reference } = confirmation
  return [
    sentence(words, confirmation),
    words.say('page.mail.when', { when: words.instant(at), zone: words.zone(at) }),
    ...(reference === undefined ? [] : [words.say('page.mail.reference', { reference })]),
  ].join('\n')
}

function sentence(words: Words, { kind, amount, payee, ending }: Confirmation): string {
  switch (kind) {
    case 'sale':
    case 'refund':
      return words.say(`page.mail.${kind}`, { amount: wanted(amount), payee: wanted(payee) })
    case 'transfer-out':
    case 'card-payment':
      return words.say(`page.mail.${kind}`, { amount: wanted(amount), ending: wanted(ending) })
    case 'transfer-in':
    case 'came-back':
    case 'payout':
      return words.say(`page.mail.${kind}`, { amount: wanted(amount) })
    case 'card-issued':
    case 'card-blocked':
    case 'card-unblocked':
    case 'card-revoked':
      return words.say(`page.mail.${kind}`, { ending: wanted(ending) })
    default:
      return words.say(`page.mail.${kind}`)
  }
}

function wanted<T>(fact: T | undefined): T {
  if (fact === undefined) throw new Error('a confirmation lacks a fact that its sentence says')
  return fact
}
