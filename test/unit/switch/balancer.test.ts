/** What Kamailio and several Asterisk are told of each other. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { renderKamailioConfiguration } from '../../../src/switch/balancer/kamailio-configuration.ts'
import { renderConfiguration } from '../../../src/switch/configuration.ts'
import type { Trunk } from '../../../src/switch/trunk-edge/trunk.ts'

const templatesFolder = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'asterisk-conf')

const first = { sip: 5071, ari: 8088, manager: 5038, rtpFirst: 12000, rtpLast: 13999 }
const second = { sip: 5072, ari: 8089, manager: 5039, rtpFirst: 14000, rtpLast: 15999 }
const installation = {
  id: 'abcdefgh',
  ports: {
    ...{ sip: 5060, asteriskSip: 5070, tls: 5061, asteriskTls: 5075 },
    ...{ ari: 8088, manager: 5038, rtpFirst: 12000, rtpLast: 13999 },
  },
  asterisks: [first, second],
  balancerKeys: ['another-key', 'the-key'],
  managerPassword: 'manager-password',
  ariPasswords: {},
  phonePasswords: { desk1: 'desk-password', room1: 'room-password', 'web-1': 'browser-password' },
}
const trunk: Trunk = {
  ...{ name: 'town', addresses: [], register: undefined, numbers: { 123: '9001' }, attested: true, key: 'abc' },
  provider: { host: '192.0.2.9', port: 5060, transport: 'udp' },
  own: { address: '192.0.2.1', port: 5080 },
  calls: { mostAtOnce: 1, rate: { burst: 1, perMinute: 1 } },
}

const kamailio = (network: { host: string; phones: string[] } | undefined) =>
  renderKamailioConfiguration({
    ...{ installation, asterisks: [first, second], phones: ['desk1'], network, trunks: [trunk], templatesFolder },
    ...{
      callsPerPhone: 4,
      callsPerAsterisk: 150,
      emergencyNumbers: ['112', '999'],
      folder: '/data/switch/kamailio',
      runFolder: '/tmp/run',
    },
  })

const asterisk = renderConfiguration({
  ...{ installation, asterisk: second, balancer: { key: 'the-key' }, dialplan: '', phones: ['desk1'] },
  ...{ browsers: ['web-1'], trunks: [trunk], publishedAddress: undefined },
  network: {
    ...{ host: '192.0.2.1', phones: ['room1'] },
    certificate: { certificateFile: '/data/c.pem', privateKeyFile: '/data/k.pem', fingerprint: '' },
  },
  places: {
    ...{ templatesFolder, switchFolder: '/data/switch/asterisk-2', runFolder: '/tmp/run' },
    ...{ modulesFolder: '/modules', shippedFolder: '/shipped', soundsFolder: '/sounds' },
  },
})

/** The settings of a section of pjsip.conf, of one type where several have its name. */
function section(header: string, type?: string): string[] {
  const sections = (asterisk['pjsip.conf'] ?? '').split(/^(?=\[)/m)
  const found = sections.filter(text => text.startsWith(`[${header}]`) && (!type || text.includes(`type = ${type}\n`)))
  expect(found).toHaveLength(1)
  const lines = found[0]?.split('\n').slice(1) ?? []
  return lines.filter(line => line !== '' && !line.startsWith(';'))
}

test('Kamailio knows each password by its digest, at the door that the account is for, and no password', () => {
  const { 'kamailio.cfg': text = '' } = kamailio({ host: '192.0.2.1', phones: ['room1'] })
  // echo -n desk1:tonebank:desk-password | md5sum
  expect(text).toContain('$sht(passwords=>127.0.0.1 desk1) = "4729cdce7e84700ae3fade459f7a4f30";')
  expect(text).toMatch(/\$sht\(passwords=>127\.0\.0\.3 room1\) = "[0-9a-f]{32}";/)
  expect(text).not.toMatch(/-password|127\.0\.0\.3 desk1|127\.0\.0\.1 room1|web-1/)
  expect(text).toContain('$sht(trunks=>127.0.1.1) = "trunk-town";')
  expect(text).toContain('listen = tcp:127.0.0.1:5075 advertise 192.0.2.1:5061')
  expect(text).not.toMatch(/\{\{|\}\}/)
  expect(text).toContain('$sht(keys=>sip:127.0.0.1:5071) = "another-key";')
  expect(text).toContain('$sht(keys=>sip:127.0.0.1:5072) = "the-key";')
  expect(text).toContain('$sht(most=>trunk-town) = 1;')
  expect(text).toContain('if ($rU =~ "^(112|999)$")')
})

test('it listens on the loopback alone, and knows of the network only where that is let in', () => {
  const { 'kamailio.cfg': text = '', 'dispatcher.list': list } = kamailio(undefined)
  const listening = text.split('\n').filter(line => line.startsWith('listen'))
  expect(listening).toEqual([
    'listen = udp:127.0.0.1:5070 advertise 127.0.0.1:5060',
    'listen = tcp:127.0.0.1:5070 advertise 127.0.0.1:5060',
    'listen = udp:127.0.0.4:5070',
  ])
  expect(list).toBe('1 sip:127.0.0.1:5071\n1 sip:127.0.0.1:5072\n')
})

test('each Asterisk has ports and folders of its own, and serves Kamailio alone, by a header with a key', () => {
  expect(section('behind-balancer')).toEqual(['type = transport', 'protocol = udp', 'bind = 127.0.0.1:5072'])
  expect(asterisk['http.conf']).toContain('bindport = 8089')
  expect(asterisk['manager.conf']).toContain('port = 5039')
  expect(asterisk['rtp.conf']).toContain('rtpstart = 14000\nrtpend = 15999')
  expect(asterisk['asterisk.conf']).toContain('/data/switch/asterisk-2/')
  expect(asterisk['pjsip.conf']).toContain('endpoint_identifier_order = header,username')
  expect(asterisk['pjsip.conf']).toContain(
    '[balanced](!,phone)\ndeny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.4/255.255.255.255\nidentify_by = header\n',
  )
  for (const name of ['desk1', 'room1', 'trunk-town']) {
    expect(section(name, 'identify')).toContain(`match_header = X-Tonebank-Account: the-key ${name}`)
  }
  // No password of a telephone that Kamailio asks is here; a page's Asterisk asks itself.
  expect(asterisk['pjsip.conf']).not.toMatch(/desk-password|room-password/)
  expect(asterisk['pjsip.conf']).toContain('browser-password')
})
