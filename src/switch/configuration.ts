/**
 * Writes Asterisk's configuration into a folder of ours, from the templates of `asterisk-conf/`, and lays out the folders
 * that it points to. The same for an Asterisk that we start and for one in a container beside us.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AsteriskInstallation, type AsteriskPorts, loopback, networkLoopback } from './installation.ts'
import { type Callers, pjsipConf } from './pjsip.ts'
import { fill } from './template.ts'

export interface Places {
  /** `asterisk-conf/` of the checkout. */
  readonly templatesFolder: string
  /** Where the files go: `<data>/switch`. */
  readonly switchFolder: string
  /** Sockets lie here, and a socket's name ends at 107 bytes: keep it short. */
  readonly runFolder: string
  /** Asterisk's loadable modules. */
  readonly modulesFolder: string
  /** What Asterisk's package ships to be read: holds `documentation` and `rest-api`. */
  readonly shippedFolder: string
  /** Rendered prompts, as `<language>/<clip>.alaw`. Asterisk plays them as `tonebank/<language>/<clip>`; undefined: as it did before. */
  readonly soundsFolder: string | undefined
}

export interface Configuration extends Callers {
  /** Of the Asterisk that it is for. */
  readonly asterisk: AsteriskPorts
  readonly places: Places
  /** The whole of extensions.conf. */
  readonly dialplan: string
}

/** Asterisk logs an error for each of these that is missing, and an error in the log should mean something. */
const unused = [
  ...['acl.conf', 'ccss.conf', 'chan_websocket.conf', 'features.conf', 'pjproject.conf'],
  ...['udptl.conf', 'websocket_client.conf'],
]

/** The name that our SIP port gives, and that no other program's would. */
export const userAgent = (installation: AsteriskInstallation) => `Tonebank ${installation.id}`

/** Writes everything and returns the path of asterisk.conf. */
export function writeConfiguration(configuration: Configuration): string {
  const { places } = configuration
  const confFolder = join(places.switchFolder, 'conf')
  for (const folder of ['conf', 'state', 'state/keys', 'log', 'share', 'share/sounds']) {
    mkdirSync(join(places.switchFolder, folder), { recursive: true, mode: 0o700 })
  }
  for (const [name, text] of Object.entries(renderConfiguration(configuration))) {
    const path = join(confFolder, name)
    writeFileSync(path, text, { mode: 0o600 })
    // The mode above holds for new files only.
    chmodSync(path, 0o600)
  }
  linkShare(places)
  return join(confFolder, 'asterisk.conf')
}

/** Every configuration file by name. Pure but for reading the templates. */
export function renderConfiguration(configuration: Configuration): Record<string, string> {
  const { installation, asterisk, places, dialplan, publishedAddress } = configuration
  const { ports } = installation
  const template = (name: string) => readFileSync(join(places.templatesFolder, 'templates', name), 'utf8')
  const values = {
    installationId: installation.id,
    userAgent: userAgent(installation),
    confFolder: join(places.switchFolder, 'conf'),
    stateFolder: join(places.switchFolder, 'state'),
    shareFolder: join(places.switchFolder, 'share'),
    logFolder: join(places.switchFolder, 'log'),
    modulesFolder: places.modulesFolder,
    runFolder: places.runFolder,
    edgeAddress: publishedAddress ?? loopback,
    edgePort: ports.sip,
    sipPort: asterisk.sip,
    tlsPort: ports.tls,
    asteriskTlsPort: ports.asteriskTls,
    networkLoopback,
    ariPort: asterisk.ari,
    managerPort: asterisk.manager,
    managerPassword: installation.managerPassword,
    rtpFirst: asterisk.rtpFirst,
    rtpLast: asterisk.rtpLast,
  }
  const whole = [
    'logger.conf',
    'cdr.conf',
    'cel.conf',
    'stasis.conf',
    'manager.conf',
    'http.conf',
    'rtp.conf',
    'indications.conf',
  ]
  const institutions = Object.entries(installation.ariPasswords).map(([institution, password]) =>
    fill(template('ari-institution.conf'), { institution, password }),
  )
  return {
    ...Object.fromEntries(whole.map(name => [name, fill(template(name), values)])),
    'modules.conf': modulesConf(readFileSync(join(places.templatesFolder, 'modules.list'), 'utf8')),
    'ari.conf': [template('ari.conf'), ...institutions].join(''),
    'pjsip.conf': pjsipConf(configuration, template, values),
    'extensions.conf': dialplan,
    ...Object.fromEntries(unused.map(name => [name, ''])),
    // Last: an Asterisk in a container of its own starts when it sees this one.
    'asterisk.conf': fill(template('asterisk.conf'), values),
  }
}

/** `require`, not `load`: an Asterisk that lacks a module would start and then fail in the middle of a call. */
function modulesConf(list: string): string {
  const modules = list
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  return ['[modules]', 'autoload = no', ...modules.map(name => `require = ${name}.so`), ''].join('\n')
}

/** Asterisk looks for its own texts and for sounds below one data folder; ours is made of links. */
function linkShare(places: Places): void {
  const share = join(places.switchFolder, 'share')
  const english = ['sounds-en', 'sounds/en']
    .map(name => join(places.shippedFolder, name))
    .find(path => existsSync(path))
  const links: [target: string | undefined, name: string][] = [
    [join(places.shippedFolder, 'documentation'), 'documentation'],
    [join(places.shippedFolder, 'rest-api'), 'rest-api'],
    [english, 'sounds/en'],
  ]
  if (places.soundsFolder !== undefined) links.push([places.soundsFolder, 'sounds/tonebank'])
  for (const [target, name] of links) {
    if (!target) {
      rmSync(join(share, name), { force: true })
      continue
    }
    // In one step: a prompt that is playing looks for its next clip at any moment.
    rmSync(join(share, `${name}.new`), { force: true })
    symlinkSync(target, join(share, `${name}.new`))
    renameSync(join(share, `${name}.new`), join(share, name))
  }
}
