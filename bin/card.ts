/** The card that a newcomer gets: what to dial, with whose account, from which phone, and what to try first. */
import { chmodSync, writeFileSync } from 'node:fs'
import type { DemoCard } from '../demo/demo.ts'
import { demoInstitutions } from '../demo/institutions.ts'
import { lines } from '../dialplan/lines.ts'
import { formatMoney } from '../src/money.ts'
import type { Switch } from '../src/switch/switch.ts'

export function cardText(demo: DemoCard, running: Pick<Switch, 'sip' | 'tls' | 'accounts'> | undefined): string {
  return [
    'Dial',
    ...lines.map(({ number, institution }) => `  ${number}  ${nameOf(institution)}`),
    '',
    'Accounts at Harbour Bank (play money)',
    ...demo.customers.map(
      ({ account, pin, name, paidIn }) =>
        `  account ${account}   PIN ${pin.reveal()}   ${name.en}, ${formatMoney(paidIn)} paid in`,
    ),
    '',
    ...(running ? phones(running) : ['From the console: npm run phone -- 9001', '']),
    'Try first: dial 9001, press 1 for English, key in an account and its PIN, press 2 and buy a voucher of 50 at merchant',
    '8001; write down number and password. Then dial 8001, press 1, key both in, and pay.',
    '',
  ].join('\n')
}

function phones({ sip, tls, accounts }: Pick<Switch, 'sip' | 'tls' | 'accounts'>): string[] {
  const here = accounts.filter(({ reach }) => reach === 'this-machine')
  const network = accounts.filter(({ reach }) => reach === 'network')
  const user = ({ user, password }: Switch['accounts'][number]) => `  user ${user}   password ${password.reveal()}`
  return [
    `Softphones on this machine: ${sip.host}:${sip.port}, UDP, DTMF as RFC 2833 / RFC 4733 events`,
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

/** Keeps the card for `tonebank card`. It holds PINs and passwords of the demonstration, so its owner alone may read it. */
export function writeCard(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 })
  chmodSync(file, 0o600)
}

function nameOf(id: string): string {
  const settings = demoInstitutions.find(each => each.settings.id === id)?.settings
  return settings === undefined ? id : `${settings.name.en} ${settings.name.zh}`
}
