/**
 * In which choices of the first menu a world differs from those before it. By day only these are walked there; by night all are, so that
 * whatever shows there something of its own is found, and is put down here. A world that is not named is walked whole.
 */
import type { Answer } from './path.ts'

const branches: Readonly<Record<string, string>> = {
  'one voucher': '2458',
  'a clerk': '28',
  'nobody answers': '',
  'no clerks now': '',
  'too many call-backs': '',
  'drains meanwhile': '',
  'a merchant out of reach': '458',
  'backup gone': '5',
  'spoke English': '',
  'near the limit': '234',
  'registered telephone': '7',
  'registered telephone, in Mandarin': '7',
  'telephone that nobody vouches for': '7',
  'PIN changed before the telephone': '7',
  'PIN changed meanwhile': '2356',
  'sold out': '2',
  'at the ceiling': '2',
  'payee away': '2',
  'under review since': '23',
  'card needed': '23',
  'has a card': '68',
  'card: wrong personal password': '68',
  'card: last personal password': '6',
  'card: an answer of noise': '6',
  'card: a signature that was used': '6',
  'card: asks first': '6',
  'card: asks about another account’s': '6',
  'account closed': '3',
  'other bank': '36',
  'other bank away': '36',
  'other bank away since': '3',
  'other bank refuses': '3',
  'other bank at its cap': '3',
  'asks for many': '36',
  'sent money': '4',
  'money came back': '4',
  'may be paid': '7',
  'is paid': '7',
  'is paid, host away': '7',
  'host away': '7',
  'host slow': '7',
  'host slow since': '7',
  'host refuses': '7',
  'blocked since': '7',
  statement: '4',
  blocked: '23458',
  'voucher ended': '45',
  penniless: '2345',
  'last try': '4',
}

/** Whether this answer leads where the world is as any other. */
export function isAsElsewhere(scenario: string, { step, answer }: Answer): boolean {
  const differing = branches[scenario]
  const [, choice] = /^key-(\d)$/.exec(answer) ?? []
  return step === 'bank.menu' && differing !== undefined && choice !== undefined && !differing.includes(choice)
}
