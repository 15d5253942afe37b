/** What a switch is made of, from the options that it is started with. */
import { join } from 'node:path'
import type { Runtime } from '../runtime.ts'
import { Balancer } from './balancer/balancer.ts'
import { openCertificate } from './certificate.ts'
import type { SwitchOptions } from './contract.ts'
import { type AsteriskInstallation, asteriskPortsOf, type InstallationWishes } from './installation.ts'
import { OneAsterisk, type SharedConfiguration } from './one-asterisk.ts'
import type { Network } from './pjsip.ts'
import type { Priority } from './program-process.ts'
import { SwitchFailed } from './switch-failed.ts'

const switchFolderOf = (options: SwitchOptions) => join(options.dataFolder, 'switch')

export function wishesOf(options: SwitchOptions): InstallationWishes {
  return {
    dataFolder: options.dataFolder,
    institutions: options.institutions,
    phones: [...options.phones, ...(options.network?.phones ?? []), ...browsersOf(options)],
    asterisks: options.asterisks?.count ?? 1,
    ports: options.ports ?? {},
    tlsHost: options.network?.host,
    customaryPorts: options.customaryPorts ?? false,
    trustKeptPorts: options.process?.where === 'elsewhere',
    onPortMoved: (what, from, to) =>
      options.log(`${what}: port ${from} is in use by another program; using ${to} from now on`),
  }
}

/** Names that no file of an installation gives to a phone; a line knows a browser by it. */
export const browsersOf = ({ browsers = 0 }: SwitchOptions): string[] =>
  Array.from({ length: browsers }, (_, i) => `web-${i + 1}`)

export async function openNetwork({ network, tools, ...options }: SwitchOptions): Promise<Network | undefined> {
  if (!network) return undefined
  const folder = join(options.dataFolder, 'switch/certificate')
  return { ...network, certificate: await openCertificate(folder, network.host, tools.openssl) }
}

export function openAsterisks(
  options: SwitchOptions,
  installation: AsteriskInstallation,
  priority: Priority | 'elsewhere',
  runtime: Runtime,
): OneAsterisk[] {
  const all = asteriskPortsOf(installation)
  const isOneOfSeveral = all.length > 1
  if (isOneOfSeveral && (priority === 'elsewhere' || options.publishedAddress !== undefined))
    throw new SwitchFailed('several Asterisk run beside the process that starts them only, and not in containers')
  const { process: told, tools, log } = options
  const place = told?.where === 'elsewhere' ? told : { where: 'here' as const, priority: priority as Priority }
  return all.map((ports, index) => {
    const name = `${index + 1}`
    const folder = join(switchFolderOf(options), index === 0 ? '' : `asterisk-${name}`)
    const balancerKey = isOneOfSeveral ? installation.balancerKeys?.[index] : undefined
    return new OneAsterisk(
      { ...{ name, isOneOfSeveral, balancerKey, ports, folder, place, log }, program: tools.asterisk },
      installation,
      runtime,
    )
  })
}

export function openBalancer(
  options: SwitchOptions,
  installation: AsteriskInstallation,
  runtime: Runtime,
): Balancer | undefined {
  const { asterisks: wished, phones, network, trunks = [], templatesFolder, log } = options
  if (wished === undefined || installation.asterisks === undefined) return undefined
  const { callsPerPhone, callsEach: callsPerAsterisk, emergencyNumbers } = wished
  const folder = join(switchFolderOf(options), 'kamailio')
  return new Balancer(
    {
      ...{ installation, asterisks: installation.asterisks, phones, network, trunks, templatesFolder, folder, log },
      ...{ callsPerPhone, callsPerAsterisk, emergencyNumbers },
    },
    runtime,
  )
}

export function sharedConfiguration(
  options: SwitchOptions,
  installation: AsteriskInstallation,
  network: Network | undefined,
): SharedConfiguration {
  const { dialplan, phones, trunks = [], publishedAddress, templatesFolder, soundsFolder, tools } = options
  return {
    ...{ installation, dialplan, phones, browsers: browsersOf(options), network, trunks, publishedAddress },
    places: {
      ...{ templatesFolder, soundsFolder, modulesFolder: tools.asteriskModules, shippedFolder: tools.asteriskShare },
    },
  }
}
