import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { demoLines as lines } from '../../../demo/institutions.ts'
import { extensionsConf } from '../../../dialplan/extensions.ts'
import { type Configuration, renderConfiguration, writeConfiguration } from '../../../src/switch/configuration.ts'
import type { Trunk } from '../../../src/switch/trunk-edge/trunk.ts'

const templatesFolder = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'asterisk-conf')

const configuration: Configuration = {
  installation: {
    id: 'abcdefgh',
    ports: {
      ...{ sip: 5060, asteriskSip: 5070, tls: 5061, asteriskTls: 5071 },
      ...{ ari: 8088, manager: 5038, rtpFirst: 12000, rtpLast: 13999 },
    },
    managerPassword: 'manager-password',
    ariPasswords: { harbour: 'harbour-password', lantern: 'lantern-password' },
    phonePasswords: { desk1: 'desk-password', room1: 'room-password', 'browser-1': 'browser-password' },
  },
  asterisk: { sip: 5070, ari: 8088, manager: 5038, rtpFirst: 12000, rtpLast: 13999 },
  places: {
    templatesFolder,
    switchFolder: '/data/switch',
    runFolder: '/tmp/run',
    modulesFolder: '/modules',
    shippedFolder: '/shipped',
    soundsFolder: '/sounds',
  },
  dialplan: extensionsConf(lines),
  phones: ['desk1'],
  browsers: ['browser-1'],
  network: {
    host: '192.0.2.1',
    phones: ['room1'],
    certificate: { certificateFile: '/data/c.pem', privateKeyFile: '/data/k.pem', fingerprint: '' },
  },
  publishedAddress: undefined,
}

const files = renderConfiguration(configuration)

/** What Asterisk reads of a file: its lines without comments, spaces around `=` taken away. */
function settings(name: string, from: Record<string, string> = files): string[] {
  return (from[name] ?? '')
    .split('\n')
    .map(line =>
      line
        .replace(/;.*/, '')
        .trim()
        .replace(/\s*=>?\s*/, '='),
    )
    .filter(line => line !== '')
}

/** The settings of one `[section]`. */
function section(name: string, header: string, from: Record<string, string> = files): string[] {
  const all = settings(name, from)
  const start = all.findIndex(line => line.startsWith(`[${header}`))
  const length = all.slice(start + 1).findIndex(line => line.startsWith('['))
  return all.slice(start + 1, length < 0 ? undefined : start + 1 + length)
}

describe('what would give a secret away is off', () => {
  test('no log file takes more than errors, and verbosity stays below 3', () => {
    for (const line of section('logger.conf', 'logfiles')) {
      expect(line.split('=')[1]?.split(',')).toEqual(['error'])
    }
    const verbose = section('asterisk.conf', 'options').find(line => line.startsWith('verbose='))
    expect(Number(verbose?.split('=')[1])).toBeLessThan(3)
    expect(section('asterisk.conf', 'options')).toContain('debug=0')
  })

  test('no call records and no event records', () => {
    expect(section('cdr.conf', 'general')).toContain('enable=no')
    expect(section('cel.conf', 'general')).toContain('enable=no')
  })

  test('no manager account has the class dtmf or all, and none sees the events of calls', () => {
    const grants = settings('manager.conf').filter(line => /^(read|write)=/.test(line))
    expect(grants).toEqual(['read=system', 'write=system,call'])
  })

  test('A-law files are the only ones that Asterisk looks for', () => {
    const formats = settings('modules.conf').filter(line => line.includes('format_') && !line.includes('format_attr'))
    expect(formats).toEqual(['require=format_pcm.so'])
  })

  test('no module records calls or opens a shell', () => {
    const modules = settings('modules.conf').join('\n')
    for (const module of ['app_mixmonitor', 'app_record', 'app_system', 'func_shell', 'app_verbose', 'cdr_', 'cel_']) {
      expect(modules).not.toContain(module)
    }
  })
})

describe('what may be reached from where', () => {
  test('ARI, AMI, plain SIP and plain media listen on the loopback only', () => {
    expect(section('http.conf', 'general')).toContain('bindaddr=127.0.0.1')
    expect(section('manager.conf', 'general')).toContain('bindaddr=127.0.0.1')
    expect(settings('pjsip.conf')).toEqual(expect.arrayContaining(['[plain](behind-edge)', '[plain-tcp](behind-edge)']))
    expect(section('pjsip.conf', 'behind-edge')).toEqual([
      'type=transport',
      'bind=127.0.0.1:5070',
      'external_signaling_address=127.0.0.1',
      'external_signaling_port=5060',
    ])
    expect(settings('pjsip.conf')).toContain('[this-machine](!,edge-phone,own-account)')
    expect(section('pjsip.conf', 'edge-phone')).toEqual(['deny=0.0.0.0/0.0.0.0', 'permit=127.0.0.1/255.255.255.255'])
    expect(section('pjsip.conf', 'this-machine')).toEqual(['media_address=127.0.0.1', 'bind_rtp_to_media_address=yes'])
  })

  test('the dialplan is told of whom an account’s password proves who they are, and nothing of whoever a page lent one', () => {
    expect(section('pjsip.conf', 'own-account')).toEqual(['set_var=ATTESTED=own'])
    expect(settings('pjsip.conf').filter(line => line.includes('own-account'))).toEqual([
      '[own-account](!)',
      '[this-machine](!,edge-phone,own-account)',
      '[network](!,phone,own-account)',
    ])
  })

  test('a phone of the network must encrypt, and is served to the edge of the network alone', () => {
    expect(section('pjsip.conf', 'behind-tls-edge')).toEqual([
      ...['type=transport', 'protocol=tcp', 'bind=127.0.0.1:5071'],
      ...['external_signaling_address=192.0.2.1', 'external_signaling_port=5061'],
      'external_media_address=192.0.2.1',
    ])
    expect(section('pjsip.conf', 'network')).toEqual([
      ...['deny=0.0.0.0/0.0.0.0', 'permit=127.0.0.3/255.255.255.255'],
      ...['media_address=192.0.2.1', 'bind_rtp_to_media_address=yes'],
      'media_encryption=sdes',
      'media_encryption_optimistic=no',
    ])
    expect(settings('pjsip.conf')).toContain('[room1](network)')
    expect(settings('pjsip.conf')).toContain('[desk1](this-machine)')
  })

  test('an account of a page is of use with DTLS-SRTP on the loopback alone', () => {
    const browser = section('pjsip.conf', 'browser](')
    for (const setting of [
      ...['media_encryption=dtls', 'dtls_verify=fingerprint', 'rtcp_mux=yes', 'dtmf_mode=rfc4733', 'allow=!all,alaw'],
      ...['media_address=127.0.0.1', 'bind_rtp_to_media_address=yes'],
    ])
      expect(browser).toContain(setting)
    expect(settings('pjsip.conf')).toContain('[browser-1](browser)')
    expect(settings('pjsip.conf')).toContain('password=browser-password')
    expect(settings('pjsip.conf', renderConfiguration({ ...configuration, browsers: [] })).join()).not.toContain('dtls')
  })

  test('a trunk is served to its edge alone, has no address to call, and its calls arrive where nothing but its numbers is', () => {
    const trunk = (transport: 'udp' | 'tls', attested: boolean): Trunk => ({
      ...{ name: transport, addresses: [], register: undefined, numbers: { 123: '9001' }, attested, key: 'abc' },
      provider: { host: '192.0.2.9', port: 5060, transport },
      own: { address: '192.0.2.1', port: 5080 },
      calls: { mostAtOnce: 1, rate: { burst: 1, perMinute: 1 } },
    })
    const with2 = renderConfiguration({ ...configuration, trunks: [trunk('udp', true), trunk('tls', false)] })
    expect(section('pjsip.conf', 'trunk-udp](', with2)).toEqual([
      ...['context=trunks', 'deny=0.0.0.0/0.0.0.0', 'permit=127.0.1.1/255.255.255.255', 'media_address=192.0.2.1'],
      ...[
        'bind_rtp_to_media_address=yes',
        'outbound_proxy=sip:127.0.0.1:9\\',
        'media_encryption=no',
        'trust_id_inbound=yes',
        'trust_connected_line=no',
      ],
    ])
    const whole = settings('pjsip.conf', with2).join('\n')
    expect(whole).toContain('[trunk-tls]\ntype=identify\nendpoint=trunk-tls\nmatch=127.0.1.2/32')
    expect(whole.slice(whole.indexOf('[trunk-udp]'))).not.toMatch(/aors|auth=/)
  })

  test('without the network nobody calls by its edge, and there is no account for it', () => {
    const alone = renderConfiguration({ ...configuration, network: undefined })
    expect(alone['pjsip.conf']).not.toMatch(/behind-tls-edge|room1/)
  })

  test('a line is A-law or µ-law if the phone can, keys are events if it knows them, and it ends when the phone vanishes', () => {
    expect(section('pjsip.conf', 'phone')).toEqual(
      expect.arrayContaining([
        'disallow=all',
        'allow=alaw,ulaw,g722,opus',
        'codec_prefs_incoming_offer=prefer:configured,operation:intersect,keep:all,transcode:allow',
        'dtmf_mode=auto',
        'rtp_timeout=60',
        'rtp_timeout_hold=300',
      ]),
    )
  })
})

test('modules load by name, in the order of the list, and every one is required', () => {
  const modules = section('modules.conf', 'modules')
  expect(modules[0]).toBe('autoload=no')
  expect(modules.slice(1).every(line => /^require=\w+\.so$/.test(line))).toBe(true)
  const at = (name: string) => modules.indexOf(`require=${name}.so`)
  expect(at('res_rtp_multicast')).toBeGreaterThan(0)
  expect(at('res_rtp_multicast')).toBeLessThan(at('chan_rtp'))
})

test('no file keeps a placeholder, and every template is used', () => {
  for (const [name, text] of Object.entries(files)) expect(text, name).not.toMatch(/\{\{|\}\}/)
  const whole = readdirSync(join(templatesFolder, 'templates'))
  const parts = [
    'ari-institution.conf',
    'kamailio-network.cfg',
    'kamailio.cfg',
    'pjsip-balanced-network.conf',
    'pjsip-balanced-phone.conf',
    'pjsip-balanced-trunk.conf',
    'pjsip-behind-balancer.conf',
    'pjsip-behind-edge.conf',
    'pjsip-browser.conf',
    'pjsip-network.conf',
    'pjsip-phone.conf',
    'pjsip-published.conf',
    'pjsip-trunk.conf',
  ]
  expect(whole.filter(name => !parts.includes(name) && files[name] === undefined)).toEqual([])
})

test('a password stands only where Asterisk asks for it', () => {
  const holders = (word: string) => Object.keys(files).filter(name => files[name]?.includes(word))
  expect(holders('manager-password')).toEqual(['manager.conf'])
  expect(holders('harbour-password')).toEqual(['ari.conf'])
  expect(holders('desk-password')).toEqual(['pjsip.conf'])
})

test('the committed templates hold no password of their own', () => {
  for (const name of readdirSync(join(templatesFolder, 'templates'))) {
    const text = readFileSync(join(templatesFolder, 'templates', name), 'utf8')
    for (const [, value] of text.matchAll(/^(?:secret|password)\s*=\s*(.*)$/gm))
      expect(value, name).toMatch(/^\{\{\w+\}\}$/)
  }
})

test('where ports are published, callers are told the published address, for signalling and for speech', () => {
  const published = renderConfiguration({ ...configuration, network: undefined, publishedAddress: '192.0.2.7' })
  expect(section('pjsip.conf', 'behind-edge', published)).toContain('external_signaling_address=192.0.2.7')
  for (const transport of ['plain](+', 'plain-tcp](+'])
    expect(section('pjsip.conf', transport, published)).toEqual(['external_media_address=192.0.2.7'])
  expect(settings('pjsip.conf', published)).toContain('[desk1](published)')
  expect(section('http.conf', 'general', published)).toContain('bindaddr=127.0.0.1')
})

test('asterisk.conf is written last: a container waits for it', () => {
  expect(Object.keys(files).at(-1)).toBe('asterisk.conf')
})

test('while prompts are made, those of the last start are played', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-configuration-'))
  try {
    const switchFolder = join(folder, 'switch')
    const shippedFolder = join(folder, 'shipped')
    mkdirSync(shippedFolder)
    const write = (soundsFolder: string | undefined) =>
      writeConfiguration({
        ...configuration,
        places: { ...configuration.places, switchFolder, shippedFolder, soundsFolder },
      })
    const played = () => readlinkSync(join(switchFolder, 'share/sounds/tonebank'))
    write(undefined)
    expect(played).toThrow('ENOENT')
    write('/sounds/old')
    write(undefined)
    expect(played()).toBe('/sounds/old')
    write('/sounds/new')
    expect(played()).toBe('/sounds/new')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
