/** Writes the configuration of Kamailio, which stands in front of several Asterisk, from the templates of `asterisk-conf/`. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { userAgent } from '../configuration.ts'
import { type AsteriskInstallation, type AsteriskPorts, loopback, networkLoopback } from '../installation.ts'
import { fill } from '../template.ts'
import { type Trunk, trunkLoopback } from '../trunk-edge/trunk.ts'
import { balancerLoopback } from './balancer-place.ts'

export interface KamailioConfiguration {
  readonly installation: AsteriskInstallation
  readonly asterisks: readonly AsteriskPorts[]
  /** Names of the phones on this machine. */
  readonly phones: readonly string[]
  /** Where phones of the network call, and their names. */
  readonly network: { readonly host: string; readonly phones: readonly string[] } | undefined
  readonly trunks: readonly Trunk[]
  /** At the same time: of each account, and at each Asterisk. */
  readonly callsPerPhone: number
  readonly callsPerAsterisk: number
  /** Numbers that are let in however many calls there are. */
  readonly emergencyNumbers: readonly string[]
  /** `asterisk-conf/` of the checkout. */
  readonly templatesFolder: string
  /** Where the files go. */
  readonly folder: string
  /** Its socket lies here, and a socket's name ends at 107 bytes: keep it short. */
  readonly runFolder: string
}

/** Part of what a password's digest is made of. */
const realm = 'tonebank'

/** How Kamailio knows an Asterisk. */
export const destinationOf = ({ sip }: Pick<AsteriskPorts, 'sip'>) => `sip:${loopback}:${sip}`

/** Writes everything, readable by the owner only, and returns the path of kamailio.cfg. */
export function writeKamailioConfiguration(configuration: KamailioConfiguration): string {
  const { folder } = configuration
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const [name, text] of Object.entries(renderKamailioConfiguration(configuration)))
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  return join(folder, 'kamailio.cfg')
}

/** Both files by name. Pure but for reading the templates. */
export function renderKamailioConfiguration(configuration: KamailioConfiguration): Record<string, string> {
  const { installation, asterisks, network, templatesFolder, folder, runFolder } = configuration
  const { callsPerPhone, callsPerAsterisk } = configuration
  const { ports } = installation
  const template = (name: string) => readFileSync(join(templatesFolder, 'templates', name), 'utf8')
  const values = {
    ...{ userAgent: userAgent(installation), realm, balancerLoopback, callsPerPhone, callsPerAsterisk, runFolder },
    ...{ edgeSidePort: ports.asteriskSip, sipPort: ports.sip, dispatcherFile: join(folder, 'dispatcher.list') },
    emergency: `^(${configuration.emergencyNumbers.join('|') || 'none'})$`,
    ...{ networkSidePort: ports.asteriskTls, tlsPort: ports.tls, tlsHost: network?.host ?? '' },
  }
  return {
    'kamailio.cfg': [
      fill(template('kamailio.cfg'), values),
      ...(network ? [fill(template('kamailio-network.cfg'), values)] : []),
      ...accounts(configuration),
    ].join(''),
    'dispatcher.list': asterisks.map(each => `1 ${destinationOf(each)}\n`).join(''),
  }
}

/**
 * What is known when it starts: whose password has which digest, by the address of their edge; and which address is which trunk's, and how many calls
 * that may have; and which Asterisk has which key.
 */
function accounts({ installation, asterisks, phones, network, trunks }: KamailioConfiguration): string[] {
  const { phonePasswords, balancerKeys } = installation
  const passwords = (from: string, users: readonly string[]) =>
    users.map(user => {
      const digest = createHash('md5').update(`${user}:${realm}:${phonePasswords[user]}`).digest('hex')
      return `    $sht(passwords=>${from} ${user}) = "${digest}";\n`
    })
  return [
    '\nevent_route[htable:mod-init] {\n',
    ...asterisks.map((each, index) => `    $sht(keys=>${destinationOf(each)}) = "${balancerKeys?.[index]}";\n`),
    ...passwords(loopback, phones),
    ...passwords(networkLoopback, network?.phones ?? []),
    ...trunks.flatMap(({ name, calls }, index) => [
      `    $sht(trunks=>${trunkLoopback(index)}) = "trunk-${name}";\n`,
      `    $sht(most=>trunk-${name}) = ${calls.mostAtOnce};\n`,
    ]),
    '}\n',
  ]
}
