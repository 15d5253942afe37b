/** `tonebank card issue` and the others: the cards of a bank. What takes two people is proposed here and approved by another. */
import { existsSync, writeFileSync } from 'node:fs'
import { toHex } from '../../src/bytes.ts'
import type { SigningAlgorithm } from '../../src/card/cose/signing.ts'
import { parseCardNumber } from '../../src/card/numbers.ts'
import { SoftCard } from '../../src/card/soft/soft-card.ts'
import { parseAccountNumber } from '../../src/ids.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { cardFile, cardFileIn, personalise } from '../../src/operations/card-file.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { type AtInstitution, atInstitution, proposeAt, type Signing } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

export interface Issuing extends Signing {
  /** Where the soft card's memory is kept. */
  readonly to?: string
  readonly algorithm: SigningAlgorithm
}

export async function issue(id: string, account: string, options: Issuing): Promise<void> {
  await make(atInstitution(id, options), account, undefined, options)
}

/** For the account of a card that is lost or expires: the old one is revoked when the new one is enrolled. */
export async function replace(id: string, card: string, options: Issuing): Promise<void> {
  const at = atInstitution(id, options)
  const old = (await at.ask('cards.list', {})).find(({ number }) => number === card)
  if (old === undefined) throw new CannotDo(`${id} has issued no card ${card}`)
  await make(at, old.account, card, options)
}

async function make(at: AtInstitution, to: string, old: string | undefined, options: Issuing): Promise<void> {
  const account = parseAccountNumber(to)
  if (account === undefined) throw new CannotDo(`${to} is no account number`)
  if (options.to !== undefined && existsSync(options.to)) throw new CannotDo(`there is a file ${options.to}`)
  const drawn = await at.ask('cards.draw', { account, ...(old !== undefined && { replaces: numberOf(old) }) })
  if (drawn.outcome !== 'drawn') throw new CannotDo(refusals[drawn.outcome])
  const { card } = drawn
  const file = options.to ?? cardFileIn(at.folder, card.number)
  const element = await SoftCard.insert(cardFile(file), length => systemRuntime.random(length))
  const key = await personalise(element, card, options.algorithm)
  process.stdout.write(
    `card ${card.number} of account ${account}, valid until ${shownDate(card.expiresAt * 1_000)}, in ${file}\n` +
      `For the customer alone: PIN ${card.pin.reveal()}, personal password ${card.password.reveal()}, PUK ${card.puk.reveal()}\n`,
  )
  const request = { card: card.number, account, algorithm: key.algorithm, publicKey: key.bytes }
  const replacing = old === undefined ? request : { ...request, replaces: numberOf(old) }
  await proposeAt(at, 'enrol-card', replacing, options)
}

const refusals = {
  'no-cards': 'this bank issues no cards: its configuration has no `cards`',
  'unknown-account': 'it has no such account, or it is closed',
  'unknown-card': 'the account has no such card',
} as const

export async function list(id: string, where: Where): Promise<void> {
  const cards = await atInstitution(id, where).ask('cards.list', {})
  if (cards.length === 0) process.stdout.write(`${id} has issued no cards.\n`)
  for (const { number, account, state, expiresAt, counter, replaces } of cards) {
    const instead = replaces === undefined ? '' : `, instead of ${replaces}`
    const paid = counter === 0 ? 'has not paid yet' : `paid last with its signature ${counter}`
    process.stdout.write(`${number}, account ${account}, ${state}, until ${shownDate(expiresAt)}, ${paid}${instead}\n`)
  }
}

/** `kind`: what two people decide about it. */
export async function decide(
  kind: 'block-card' | 'unblock-card' | 'revoke-card',
  id: string,
  card: string,
  options: Signing,
): Promise<void> {
  await proposeAt(atInstitution(id, options), kind, { card: numberOf(card) }, options)
}

/** Who may collect by the bank's cards, and for which payee: itself, at its own account. */
export async function admit(
  id: string,
  { receiver, account, name }: { readonly receiver: string; readonly account: string; readonly name: string },
  options: Signing & { readonly at?: string },
): Promise<void> {
  if (parseAccountNumber(account) === undefined) throw new CannotDo(`${account} is no account number`)
  const request = { receiver, bank: options.at ?? id, account, name }
  await proposeAt(atInstitution(id, options), 'admit-receiver', request, options)
}

export async function dismiss(id: string, receiver: string, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'dismiss-receiver', { receiver }, options)
}

/** What a terminal carries, signed by the bank. Its key is compared when the terminal is set up. */
export async function directory(id: string, options: Where & { readonly to: string }): Promise<void> {
  const signed = await atInstitution(id, options).ask('cards.directory', {})
  if (signed.outcome === 'no-cards') throw new CannotDo(refusals[signed.outcome])
  writeFileSync(options.to, signed.message)
  process.stdout.write(`${options.to}: ${id} and ${signed.payees} payees, signed by the key\n${toHex(signed.key)}\n`)
}

function numberOf(text: string) {
  const number = parseCardNumber(text)
  if (number === undefined) throw new CannotDo(`${text} is no card number`)
  return number
}
