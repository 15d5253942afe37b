/** Writes pjsip.conf: who may call Asterisk, and how: by the edges alone, or by Kamailio, where that stands in front of several. */
import { balancerLoopback } from './balancer/balancer-place.ts'
import type { Certificate } from './certificate.ts'
import type { AsteriskInstallation } from './installation.ts'
import { fill } from './template.ts'
import { type Trunk, trunkLoopback } from './trunk-edge/trunk.ts'

export interface Network {
  readonly host: string
  readonly certificate: Certificate
  /** Names of the phones that may call from the network. */
  readonly phones: readonly string[]
}

/** Who may call. */
export interface Callers {
  readonly installation: AsteriskInstallation
  /** Kamailio stands in front of it, and has this key for the header that says whose call it is. */
  readonly balancer?: { readonly key: string } | undefined
  /** Names of the phones on this machine. */
  readonly phones: readonly string[]
  readonly network: Network | undefined
  /** Names of the accounts that are lent to pages. */
  readonly browsers: readonly string[]
  readonly trunks?: readonly Trunk[]
  /** Address to offer for media in place of the loopback: for containers with published ports only. */
  readonly publishedAddress: string | undefined
}

type Template = (name: string) => string
type Values = Readonly<Record<string, string | number>>

/** @param values of the whole configuration */
export function pjsipConf(callers: Callers, template: Template, values: Values): string {
  const { installation, balancer, browsers } = callers
  const identifiers = balancer ? 'header,username' : 'username,ip'
  const browser = (phone: string) => phoneConf(template, installation, phone, 'browser')
  return [
    fill(template('pjsip.conf'), { ...values, identifiers }),
    ...(browsers.length > 0 ? [template('pjsip-browser.conf')] : []),
    ...browsers.map(browser),
    ...(balancer ? balanced(callers, balancer, template, values) : behindEdges(callers, template, values)),
  ].join('')
}

function behindEdges(
  { installation, phones, network, publishedAddress, trunks = [] }: Callers,
  template: Template,
  values: Values,
): string[] {
  const reach = publishedAddress ? 'published' : 'this-machine'
  return [
    fill(template('pjsip-behind-edge.conf'), values),
    ...(network ? [fill(template('pjsip-network.conf'), { ...values, tlsHost: network.host })] : []),
    ...(publishedAddress ? [fill(template('pjsip-published.conf'), { publishedAddress })] : []),
    ...phones.map(phone => phoneConf(template, installation, phone, reach)),
    ...(network?.phones ?? []).map(phone => phoneConf(template, installation, phone, 'network')),
    ...trunks.map((trunk, index) =>
      fill(template('pjsip-trunk.conf'), { ...trunkValues(trunk), from: trunkLoopback(index) }),
    ),
  ]
}

function balanced(
  { installation, phones, network, trunks = [] }: Callers,
  { key }: NonNullable<Callers['balancer']>,
  template: Template,
  values: Values,
): string[] {
  const of = { ...values, key, balancerLoopback, balancerPort: installation.ports.asteriskSip }
  const phoneOf = (reach: string) => (phone: string) =>
    fill(template('pjsip-balanced-phone.conf'), { ...of, phone, reach })
  return [
    fill(template('pjsip-behind-balancer.conf'), of),
    ...(network ? [fill(template('pjsip-balanced-network.conf'), { tlsHost: network.host })] : []),
    ...phones.map(phoneOf('this-machine')),
    ...(network?.phones ?? []).map(phoneOf('network')),
    ...trunks.map(trunk => fill(template('pjsip-balanced-trunk.conf'), { ...of, ...trunkValues(trunk) })),
  ]
}

const trunkValues = ({ name, provider, own }: Trunk) => ({
  ...{ trunk: name, own: own.address },
  encryption: provider.transport === 'tls' ? 'sdes' : 'no',
})

function phoneConf(
  template: Template,
  installation: AsteriskInstallation,
  phone: string,
  reach: 'this-machine' | 'published' | 'network' | 'browser',
): string {
  const password = installation.phonePasswords[phone]
  if (password === undefined) throw new Error(`the phone ${phone} has no password`)
  return fill(template('pjsip-phone.conf'), { phone, reach, password })
}
