/**
 * `tonebank terminal`: phones a bank, a payee or a securities firm, keys what its caller wants, and has it signed by the card in a reader, or one in software. PINs and passwords are typed, never given as
 * arguments; what is shown before the card's PIN is read out of the very bytes that it signs.
 */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fromHex } from '../../src/bytes.ts'
import type { CardIdentity } from '../../src/card/apdu/identity.ts'
import type { SecureElement } from '../../src/card/apdu/secure-element.ts'
import { CardSession } from '../../src/card/card-session.ts'
import { Directory } from '../../src/card/directory.ts'
import { SoftCard } from '../../src/card/soft/soft-card.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { cardFile } from '../../src/operations/card-file.ts'
import { cardSentences } from '../../src/operations/card-sentences.ts'
import { fileOf, type Where } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import { phoneIn } from '../../src/switch/installation.ts'
import type { NotOpened } from '../../src/terminal/line.ts'
import { type Hands, payInCall } from '../../src/terminal/payment.ts'
import { SipPhone, type SipPhoneOptions } from '../../src/terminal/sip/phone.ts'
import { cardInReader } from '../card-reader.ts'
import type { Errand } from '../errand.ts'
import { RecordedLine } from '../recorded-line.ts'
import { errandsAt, type Wanted } from '../terminal-errand.ts'
import { resultText, shownText, told } from '../terminal-texts.ts'
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
  /** Where it is kept what the other end said. */
  readonly record?: string
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
    const holder = { bank: identity.issuer, account: identity.account }
    const errands = errandsAt(number, directory, { ...options, account }, holder, typist)
    let next = await errands.next()
    const call = await telephone.open(number)
    if (call.outcome !== 'open') throw new CannotDo(`nobody answers at ${number}: ${whyNot(call)}`)
    const line = new RecordedLine(call.line, systemRuntime)
    say(`${number} has answered.`)
    try {
      for (; !next.done; next = await errands.next()) {
        const errand = next.value
        if (!('isWanted' in errand)) {
          await errand.keys(line)
          say(`${errand.keyed} keyed.`)
          await line.silence()
          continue
        }
        const paying = payInCall(line, {
          ...{ card, directory, hands: handsOf(typist, errand), runtime: systemRuntime },
          unsettled: unsettledFile(unsettledOf(options)),
          ...(errand.wish && { wish: errand.wish }),
        })
        say(`${errand.keyed} keyed.`)
        await errand.keys(line)
        const paid = await paying
        say(told(paid, errand.done))
        process.exitCode = paid.outcome === 'result' && paid.result.outcome !== 'refused' ? 0 : 1
        // Who keeps what is said wants to hear the result, too.
        if (options.record !== undefined) await line.silence()
        if (process.exitCode !== 0) break
      }
    } finally {
      await line.hangUp()
      if (options.record !== undefined) line.keep(options.record)
    }
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
