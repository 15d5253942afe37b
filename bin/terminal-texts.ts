/** What a payment terminal says to whoever sits at it: what is to be signed, and what became of it. */
import type { CardResult } from '../src/card/messages/result.ts'
import type { Shown } from '../src/card/shown.ts'
import { cardSentences } from '../src/operations/card-sentences.ts'
import type { Paid, ToApprove } from '../src/terminal/payment.ts'

export function shownText({ shown, receiver, isListed, trouble }: ToApprove): string {
  const lines = [
    ...(trouble?.outcome === 'wrong-pin' ? [`The PIN was wrong. Tries left: ${trouble.triesLeft}.`] : []),
    ...(trouble?.outcome === 'wrong-length' ? [`The PIN of this card has ${trouble.pinLength} digits.`] : []),
    `${receiver} asks your card to sign:`,
    ...matterOf(shown).map(line => `  ${line}`),
    ...(isListed || shown.payee === undefined ? [] : ['  (The payee is not in your directory: compare the name.)']),
  ]
  return lines.join('\n')
}

function matterOf({ type, amount, payee, from, way, limit, trade }: Shown): readonly string[] {
  switch (type) {
    case 'sign-in':
      return [`that you sign in, with your account ${from}`]
    case 'trade':
      return [`${way} ${amount}, ${limit === undefined ? 'at the price of now' : `at ${limit} or better`}`]
    case 'cancel':
      return [`that order ${trade} is taken back`]
    case 'pay':
    case 'transfer':
    case 'fund':
      return [`${amount} to ${payee?.name}, account ${payee?.account} at ${payee?.bank}`, ...source(way, from)]
  }
}

/** What a firm pays out comes from it. */
function source(way: string | undefined, from: string): readonly string[] {
  return way === 'out' ? [] : [`from your account ${from}`]
}

/** `done`: of what is no payment. */
export function told(paid: Paid, done?: (reference: string) => string): string {
  switch (paid.outcome) {
    case 'result':
      return paid.result.outcome === 'paid' && done ? done(paid.result.reference) : resultText(paid.result)
    case 'declined':
      return declinedText(paid)
    case 'not-asked':
      return 'Nobody asked for a signature: was what was keyed right? Nothing was paid.'
    case 'not-answered':
      return 'The call was over before anything was sent. Nothing was paid.'
    case 'unknown':
      return `Signature ${paid.signature.counter} was sent, and its result was not heard. Phone again and pay: the card asks first.`
  }
}

function declinedText({ why, absence }: Extract<Paid, { outcome: 'declined' }>): string {
  if (absence !== undefined) return `Nothing was paid: ${cardSentences[absence]}. You may pay again.`
  switch (why) {
    case 'by-holder':
      return 'You did not sign. Nothing was paid.'
    case 'no-card':
      return 'There was no card that could sign. Nothing was paid.'
    case 'card-blocked':
      return 'The card takes no more PINs: the branch unblocks it with the PUK. Nothing was paid.'
    case 'unfit':
      return 'What was asked for is not what was keyed, or cannot be signed here. Nothing was paid.'
  }
}

export function resultText(result: CardResult): string {
  switch (result.outcome) {
    case 'paid':
      return `Paid. Reference ${result.reference}.`
    case 'on-its-way':
      return `It has left the account and is on its way.${result.reference && ` Reference ${result.reference}.`}`
    case 'refused': {
      const tries = result.triesLeft === undefined ? '' : `, tries left: ${result.triesLeft}`
      return `Refused (${result.reason}${tries}). Nothing was paid.`
    }
    case 'unknown':
      return 'Not known yet: ask again later.'
    case 'not-accepted':
      return 'It was not accepted. Nothing was paid.'
  }
}
