/**
 * `tonebank terminal`: phones a bank or a payee, keys what its caller wants, and pays with the card in a reader, or one in software. PINs and passwords are typed, never given as
 * arguments; what is shown before the card's PIN is read out of the very bytes that it signs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fromHex } from '../../src/bytes.ts'
import type { CardIdentity } from '../../src/card/apdu/identity.ts'
import type { SecureElement } from '../../src/card/apdu/secure-element.ts'
import { CardSession } from '../../src/card/card-session.ts'
import { Directory } from '../../src/card/directory.ts'
import type { CardResult } from '../../src/card/messages/result.ts'
import { SoftCard } from '../../src/card/soft/soft-card.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { cardFile } from '../../src/operations/card-file.ts'
import { fileOf, type Where } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import { phoneIn } from '../../src/switch/installation.ts'
import type { NotOpened } from '../../src/terminal/line.ts'
import { type Hands, type Paid, payInCall, type ToApprove } from '../../src/terminal/payment.ts'
import { SipPhone, type SipPhoneOptions } from '../../src/terminal/sip/phone.ts'
import { cardInReader, cardSentences } from '../card-reader.ts'
import { type Errand, errandAt, type Wanted } from '../terminal-errand.ts'
import { openTypist, type Typist } from '../typist.ts'
import { unsettledFile } from '../unsettled-file.ts'

interface Options extends Where, Wanted {
  /** The file of one in software. */
  readonly card?: string
  /** The name of a reader, or the only one. */
  readonly reader?: string | true
  readonly directory?: string
  readonly directoryKey?: string
  readonly exchange?: string
  readonly fingerprint?: string
  readonly user: string
  readonly passwordFile?: string
}

const say = (text: string) => void process.stdout.write(`${text}\n`)

export async function terminal(number: string, options: Options): Promise<void> {
  const telephone = new SipPhone(telephoneOf(options), systemRuntime)
  const card = await cardOf(options)
  const identity = await identityOf(card)
  const directory = await directoryOf(options, identity)
  const typist = openTypist()
  try {
    const account = options.account ?? identity.account
    const errand = await errandAt(number, directory, { ...options, account }, typist)
    const call = await telephone.open(number)
    if (call.outcome !== 'open') throw new CannotDo(`nobody answers at ${number}: ${whyNot(call)}`)
    const { line } = call
    const paying = payInCall(line, {
      card,
      directory,
      hands: handsOf(typist, errand),
      unsettled: unsettledFile(unsettledOf(options)),
      ...(errand.wish && { wish: errand.wish }),
      runtime: systemRuntime,
    })
    say(`${number} has answered. ${errand.keyed} keyed.`)
    await errand.keys(line)
    const paid = await paying
    await line.hangUp()
    say(told(paid))
    process.exitCode = paid.outcome === 'result' && paid.result.outcome !== 'refused' ? 0 : 1
  } finally {
    typist.close()
  }
}

async function cardOf({ card, reader }: Options): Promise<SecureElement> {
  if ((card === undefined) === (reader === undefined))
    throw new CannotDo('say where the card is: --reader for one in a reader, or --card FILE for one in software')
  if (reader !== undefined) return cardInReader(reader)
  if (card === undefined || !existsSync(card)) throw new CannotDo(`there is no card ${card}`)
  return SoftCard.insert(cardFile(card), length => systemRuntime.random(length))
}

async function identityOf(card: SecureElement): Promise<CardIdentity> {
  const opened = await CardSession.open(card)
  switch (opened.outcome) {
    case 'ready':
      await opened.session.close()
      return opened.session.identity
    case 'removed':
      throw new CannotDo(cardSentences[opened.why])
    case 'terminated':
      throw new CannotDo('this card is of no more use, after too many wrong PUKs: the bank replaces it')
    case 'not-ours':
      throw new CannotDo('this is another kind of card, or one that no bank has issued yet: see tonebank card issue')
    case 'failed':
      throw new CannotDo('this card answers as none of ours does: its bank replaces it')
  }
}

function handsOf(typist: Typist, { isWanted }: Errand): Hands {
  return {
    approve: async asked => {
      if (!isWanted(asked.shown)) {
        say('This is not what was keyed, and is not signed.')
        return 'no'
      }
      say(shownText(asked))
      const pin = await typist.askSecret(`PIN of the card, ${asked.pinLength} digits (nothing: do not sign): `)
      if (pin.length === 0) return 'no'
      const password = await typist.askSecret('Personal password of the card: ')
      return /^\d{4,12}$/.test(password.reveal()) ? { pin, password } : 'no'
    },
    onResult: () => {},
    onSettled: ({ counter }, result) =>
      say(`Signature ${counter}, whose result was never heard: ${resultText(result)}`),
  }
}

function shownText({ shown, receiver, isListed, trouble }: ToApprove): string {
  const lines = [
    ...(trouble?.outcome === 'wrong-pin' ? [`The PIN was wrong. Tries left: ${trouble.triesLeft}.`] : []),
    ...(trouble?.outcome === 'wrong-length' ? [`The PIN of this card has ${trouble.pinLength} digits.`] : []),
    `${receiver} asks your card to sign:`,
    `  ${shown.amount} to ${shown.payee?.name}, account ${shown.payee?.account} at ${shown.payee?.bank}`,
    `  from your account ${shown.from}`,
    ...(isListed ? [] : ['  (The payee is not in your directory: compare the name.)']),
  ]
  return lines.join('\n')
}

function told(paid: Paid): string {
  switch (paid.outcome) {
    case 'result':
      return resultText(paid.result)
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

function resultText(result: CardResult): string {
  switch (result.outcome) {
    case 'paid':
      return `Paid. Reference ${result.reference}.`
    case 'on-its-way':
      return `It has left your account and is on its way. Reference ${result.reference}.`
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

function telephoneOf({ exchange, fingerprint, user, passwordFile, ...where }: Options): SipPhoneOptions {
  const given =
    passwordFile === undefined ? undefined : new Secret(readFileSync(passwordFile, 'utf8').split(/\r?\n/)[0] ?? '')
  if (exchange === undefined) {
    const folder = dirname(fileOf(where))
    const phone = phoneIn(folder, user)
    if (phone === undefined)
      throw new CannotDo(`there is no SIP user ${user} in ${folder}: start it first, or give --exchange`)
    const { port, password } = phone
    return { exchange: { host: '127.0.0.1', port, transport: 'udp' }, account: { user, password: given ?? password } }
  }
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(exchange) ?? []
  if (host === undefined) throw new CannotDo(`${exchange} is no host and port, such as bank.example:5061`)
  if (given === undefined) throw new CannotDo('give --password-file for another exchange')
  const transport = fingerprint === undefined ? ('udp' as const) : { tls: { fingerprint } }
  return { exchange: { host, port: Number(port), transport }, account: { user, password: given } }
}

/** Without a word about it: beside the card in software; of one in a reader where the demonstration's bank puts it. */
async function directoryOf(options: Options, { issuer }: CardIdentity): Promise<Directory> {
  const { card, directory, directoryKey } = options
  const folder = card === undefined ? join(dirname(fileOf(options)), 'institutions', issuer, 'cards') : dirname(card)
  const [file, keyFile] = [
    directory ?? join(folder, 'directory.cose'),
    directoryKey ?? join(folder, 'directory-key.txt'),
  ]
  for (const path of [file, keyFile]) if (!existsSync(path)) throw new CannotDo(`there is no ${path}: see --directory`)
  const key = fromHex(readFileSync(keyFile, 'utf8').trim())
  const read = await Directory.read({ algorithm: 'Ed25519', bytes: key }, new Uint8Array(readFileSync(file)))
  if (read === undefined) throw new CannotDo(`${file} is not signed by the key in ${keyFile}`)
  return read
}

/** Beside the card in software; for all those in readers beside the installation's file, as this is the terminal. */
function unsettledOf(options: Options): string {
  if (options.card !== undefined) return `${options.card}.unsettled.json`
  return join(dirname(fileOf(options)), 'terminal.unsettled.json')
}

function whyNot(opened: NotOpened): string {
  if (opened.outcome === 'refused') return `refused with ${opened.status} ${opened.reason}`
  return 'why' in opened ? `${opened.outcome}, ${opened.why}` : opened.outcome
}
