/** `tonebank card issue` and the others: the cards of a bank. What takes two people is proposed here and approved by another. */

import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { toHex } from '../../src/bytes.ts'
import type { SecureElement } from '../../src/card/apdu/secure-element.ts'
import { CardSession } from '../../src/card/card-session.ts'
import type { SigningAlgorithm } from '../../src/card/cose/signing.ts'
import { parseCardNumber } from '../../src/card/numbers.ts'
import { SoftCard } from '../../src/card/soft/soft-card.ts'
import { parseAccountNumber } from '../../src/ids.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { cardFile, cardFileIn, personalise } from '../../src/operations/card-file.ts'
import { cardSentences } from '../../src/operations/card-sentences.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { insertIntoVpcd } from '../../src/terminal/reader/virtual-card.ts'
import { type AtInstitution, atInstitution, proposeAt, type Signing } from '../at-institution.ts'
import { cardInReader, readersHere } from '../card-reader.ts'
import { shownDate } from '../dates.ts'

export interface Issuing extends Signing {
  /** Where the soft card's memory is kept. */
  readonly to?: string
  /** In place of that the card in a reader: its name, or the only one. */
  readonly reader?: string | true
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
  const blank = options.reader === undefined ? undefined : await cardInReader(options.reader)
  if (blank !== undefined && options.to !== undefined)
    throw new CannotDo('a card is in a reader or in a file, not both')
  if (options.to !== undefined && existsSync(options.to)) throw new CannotDo(`there is a file ${options.to}`)
  if (blank !== undefined) await mustBeBlank(blank)
  const drawn = await at.ask('cards.draw', { account, ...(old !== undefined && { replaces: numberOf(old) }) })
  if (drawn.outcome !== 'drawn') throw new CannotDo(refusals[drawn.outcome])
  const { card } = drawn
  const file = options.to ?? cardFileIn(at.folder, card.number)
  const element = blank ?? (await SoftCard.insert(cardFile(file), length => systemRuntime.random(length)))
  const key = await personalise(element, card, options.algorithm)
  const where = blank === undefined ? `in ${file}` : 'in the reader: take it out now'
  process.stdout.write(
    `card ${card.number} of account ${account}, valid until ${shownDate(card.expiresAt * 1_000)}, ${where}\n` +
      `For the customer alone: PIN ${card.pin.reveal()}, personal password ${card.password.reveal()}, PUK ${card.puk.reveal()}\n`,
  )
  const request = { card: card.number, account, algorithm: key.algorithm, publicKey: key.bytes }
  const replacing = old === undefined ? request : { ...request, replaces: numberOf(old) }
  await proposeAt(at, 'enrol-card', replacing, options)
}

/** Before a number is drawn that would then be no card's. */
async function mustBeBlank(element: SecureElement): Promise<void> {
  const opened = await CardSession.open(element)
  if (opened.outcome === 'removed') throw new CannotDo(cardSentences[opened.why])
  if (opened.outcome !== 'ready') return
  await opened.session.close()
  throw new CannotDo(`the card in this reader is ${opened.session.identity.number} already: put in a new one`)
}

/** `tonebank card readers` */
export async function readers(): Promise<void> {
  const found = await readersHere()
  if (found.length === 0) process.stdout.write(`${cardSentences['no-reader']}.\n`)
  for (const { name, hasCard } of found) process.stdout.write(`${name}: ${hasCard ? 'a card is in' : 'empty'}\n`)
}

/** `tonebank card virtual`: until somebody stops it. */
export async function virtual(path: string, { port }: { readonly port: number }): Promise<void> {
  const element = await SoftCard.insert(cardFile(path), length => systemRuntime.random(length))
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
  } catch {
    throw new CannotDo(
      `there is no virtual reader at port ${port}: install vsmartcard-vpcd, and start pcscd (sudo apt-get install vsmartcard-vpcd)`,
    )
  }
  process.stdout.write(`${path} is in the virtual reader. Ctrl-C takes it out.\n`)
  await insertIntoVpcd(element, socket, socket)
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
