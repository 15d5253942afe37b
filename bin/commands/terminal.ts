/**
 * `tonebank terminal`: phones a bank or a payee, keys what its caller wants, and pays with a soft card. PINs and passwords are typed, never given as
 * arguments; what is shown before the card's PIN is read out of the very bytes that it signs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fromHex } from '../../src/bytes.ts'
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
import { type Errand, errandAt, type Wanted } from '../terminal-errand.ts'
import { openTypist, type Typist } from '../typist.ts'
import { unsettledFile } from '../unsettled-file.ts'

interface Options extends Where, Wanted {
  readonly card: string
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
  const directory = await directoryOf(options)
  if (!existsSync(options.card)) throw new CannotDo(`there is no card ${options.card}`)
  const card = await SoftCard.insert(cardFile(options.card), length => systemRuntime.random(length))
  const opened = await CardSession.open(card)
  if (opened.outcome !== 'ready') throw new CannotDo(`${options.card} is no card that can sign (${opened.outcome})`)
  const typist = openTypist()
  try {
    const account = options.account ?? opened.session.identity.account
    const errand = await errandAt(number, directory, { ...options, account }, typist)
    const call = await telephone.open(number)
    if (call.outcome !== 'open') throw new CannotDo(`nobody answers at ${number}: ${whyNot(call)}`)
    const { line } = call
    const paying = payInCall(line, {
      card,
      directory,
      hands: handsOf(typist, errand),
      unsettled: unsettledFile(`${options.card}.unsettled.json`),
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
      return `Nothing was signed (${paid.why}). Nothing was paid.`
    case 'not-asked':
      return 'Nobody asked for a signature: was what was keyed right? Nothing was paid.'
    case 'not-answered':
      return 'The call was over before anything was sent. Nothing was paid.'
    case 'unknown':
      return `Signature ${paid.signature.counter} was sent, and its result was not heard. Phone again and pay: the card asks first.`
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

async function directoryOf({ card, directory, directoryKey }: Options): Promise<Directory> {
  const [file, keyFile] = [
    directory ?? beside(card, 'directory.cose'),
    directoryKey ?? beside(card, 'directory-key.txt'),
  ]
  for (const path of [file, keyFile]) if (!existsSync(path)) throw new CannotDo(`there is no ${path}: see --directory`)
  const key = fromHex(readFileSync(keyFile, 'utf8').trim())
  const read = await Directory.read({ algorithm: 'Ed25519', bytes: key }, new Uint8Array(readFileSync(file)))
  if (read === undefined) throw new CannotDo(`${file} is not signed by the key in ${keyFile}`)
  return read
}

const beside = (card: string, name: string) => join(dirname(card), name)

function whyNot(opened: NotOpened): string {
  if (opened.outcome === 'refused') return `refused with ${opened.status} ${opened.reason}`
  return 'why' in opened ? `${opened.outcome}, ${opened.why}` : opened.outcome
}
