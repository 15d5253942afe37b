/** The card that a newcomer gets: what to dial, with whose account, from which phone, and what to try first. */
import { chmodSync, writeFileSync } from 'node:fs'
import type { CardNumber } from '../card/numbers.ts'
import type { AccountNumber } from '../ids.ts'
import { formatMoney, type Money } from '../money.ts'
import type { Secret } from '../secret.ts'
import type { SpokenName } from '../speech/speech.ts'
import { type Installation, linesOf } from './installation/file.ts'

/** Who banks in the demonstration. */
export interface KnownCustomer {
  /** Id of the bank that has the account. */
  readonly bank: string
  readonly account: AccountNumber
  readonly pin: Secret
  readonly name: SpokenName
  readonly paidIn: Money
  /** Of a customer who has one. */
  readonly card?: KnownCard | undefined
}

/** A card in software that lies openly, and all that its holder keeps to themselves. */
export interface KnownCard {
  readonly number: CardNumber
  readonly pin: Secret
  readonly password: Secret
  readonly puk: Secret
  /** From the installation's folder. */
  readonly file: string
}

/** Where softphones call, as the switch says. */
export interface PhoneAccess {
  readonly sip: { readonly host: string; readonly port: number }
  readonly tls: { readonly host: string; readonly port: number; readonly fingerprint: string } | undefined
  readonly accounts: readonly {
    readonly user: string
    readonly password: Secret
    readonly reach: 'this-machine' | 'network'
  }[]
}

/** `customers`: of the demonstration; nobody else's PINs are on a card. */
export function cardText(
  installation: Installation,
  customers: readonly KnownCustomer[],
  phones: PhoneAccess | undefined,
  pages: ReadonlyMap<string, string> = new Map(),
  desks: ReadonlyMap<string, string> = new Map(),
): string {
  const { institutions } = installation
  const [firstLine] = linesOf(installation)
  return [
    'Dial',
    ...linesOf(installation).map(({ number, institution }) => `  ${number}  ${nameOf(installation, institution)}`),
    '',
    ...(pages.size > 0
      ? ['By computer', ...[...pages].map(([id, url]) => `  ${url}  ${nameOf(installation, id)}`), '']
      : []),
    ...(desks.size > 0
      ? [
          "For a bank's clerks, and a payee's people",
          ...[...desks].flatMap(([id, url]) => [
            `  ${url}  ${nameOf(installation, id)}`,
            `    a passkey for it: node bin/tonebank.mjs people passkey ${id} --as ${installation.demonstration ? "'Sun Mei'" : 'NAME'}`,
          ]),
          '',
        ]
      : []),
    ...institutions.flatMap(bank => accountsAt(bank, customers)),
    ...(phones ? softphones(phones) : [`From the console: npm run phone -- ${firstLine?.number ?? 'NUMBER'}`, '']),
    ...(installation.demonstration
      ? [
          'Try first: dial 9001, press 1 for English, key in an account and its PIN, press 2 and buy a voucher of 50 at merchant',
          '8001; write down number and password. Then dial 8001, press 1, key both in, and pay.',
          '',
          'Two people decide at each institution, Sun Mei and Peter Hall. Their keys lie open in its folder `people`, and their',
          'passphrase is: play money',
          '',
        ]
      : []),
  ].join('\n')
}

function accountsAt({ id, name }: Installation['institutions'][number], all: readonly KnownCustomer[]): string[] {
  const customers = all.filter(({ bank }) => bank === id)
  if (customers.length === 0) return []
  return [
    `Accounts at ${name.en} (play money)`,
    ...customers.flatMap(({ account, pin, name, paidIn, card }) => [
      `  account ${account}   PIN ${pin.reveal()}   ${name.en}, ${formatMoney(paidIn)} paid in`,
      ...(card ? [cardOf(card)] : []),
    ]),
    '',
  ]
}

function cardOf({ number, pin, password, puk, file }: KnownCard): string {
  const secrets = `PIN ${pin.reveal()}   personal password ${password.reveal()}   PUK ${puk.reveal()}`
  return `    card ${number}   ${secrets}   in ${file}`
}

function softphones({ sip, tls, accounts }: PhoneAccess): string[] {
  const here = accounts.filter(({ reach }) => reach === 'this-machine')
  const network = accounts.filter(({ reach }) => reach === 'network')
  const user = ({ user, password }: PhoneAccess['accounts'][number]) => `  user ${user}   password ${password.reveal()}`
  return [
    `Softphones on this machine: ${sip.host}:${sip.port}, UDP or TCP, DTMF as RFC 2833 / RFC 4733 events`,
    ...here.map(user),
    '',
    ...(tls
      ? [
          `Softphones of the network: ${tls.host}:${tls.port}, TLS with mandatory SRTP`,
          `  certificate SHA-256 ${tls.fingerprint}`,
          ...network.map(user),
          '',
        ]
      : []),
  ]
}

/** Keeps the card for `tonebank card`. It holds passwords, so its owner alone may read it. */
export function writeCard(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 })
  chmodSync(file, 0o600)
}

function nameOf({ institutions }: Installation, id: string): string {
  const found = institutions.find(each => each.id === id)
  return found === undefined ? id : `${found.name.en} ${found.name.zh}`
}
