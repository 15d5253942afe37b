/** An installation's file: what is wrong is said with its line and field, and the demonstration's own is right. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scripts } from '../../../bin/scripts.ts'
import { demoText } from '../../../demo/institutions.ts'
import { folderOf, institutionOf, linesOf, parseInstallation } from '../../../src/operations/installation/file.ts'
import { haveScripts } from '../../../src/operations/open-institution.ts'

const parse = (text: string) => parseInstallation('/srv/bank/tonebank.yaml', text)

/** The demonstration's file with one text in it replaced, and the line where that stands. */
function changed(from: string, to: string): { text: string; line: number } {
  const at = demoText.indexOf(from)
  if (at < 0) throw new Error(`not in the file: ${from}`)
  return { text: demoText.replace(from, to), line: demoText.slice(0, at).split('\n').length }
}

describe('the demonstration', () => {
  const demo = parse(demoText)

  it('says which number rings whom', () => {
    expect(linesOf(demo)).toEqual([
      { number: '9001', institution: 'harbour', line: 'bank' },
      { number: '9002', institution: 'garden', line: 'bank' },
      { number: '8001', institution: 'lantern', line: 'merchant' },
      { number: '1680', institution: 'talent', line: 'information' },
      { number: '8888', institution: 'neighbours', line: 'host' },
      { number: '7001', institution: 'pine', line: 'securities' },
    ])
  })

  it('has other lines where it is told to, of those that somebody has written', () => {
    const { text, line } = changed('rings: ["9001"]', 'rings: ["9001"]\n    lines: { balance: ["9003", "9004"] }')
    const more = parse(text)
    expect(linesOf(more).filter(({ institution }) => institution === 'harbour')).toEqual([
      { number: '9001', institution: 'harbour', line: 'bank' },
      { number: '9003', institution: 'harbour', line: 'balance' },
      { number: '9004', institution: 'harbour', line: 'balance' },
    ])
    expect(() => haveScripts(more, scripts)).toThrow(
      `/srv/bank/tonebank.yaml:${line + 1}: institutions.0.lines.balance: harbour has no line balance; it has bank`,
    )
    const balance = async () => {}
    expect(() => haveScripts(more, { ...scripts, bank: { ...scripts.bank, balance } })).not.toThrow()
    // A payee's line that sells a catalogue is there only with one.
    const [plain, selling] = ['8001', '1680'].map(number =>
      parse(changed(`rings: ["${number}"]`, `rings: ["${number}"]\n    lines: { information: ["1681"] }`).text),
    )
    expect(() => plain && haveScripts(plain, scripts)).toThrow('lantern has no line information; it has merchant')
    expect(() => selling && haveScripts(selling, scripts)).not.toThrow()
  })

  it('keeps its books below the folder of the file', () => {
    expect(folderOf(demo, institutionOf(demo, 'harbour'))).toBe(join('/srv/bank', 'institutions/harbour'))
    expect(demo.dataFolder).toBe('/srv/bank')
    expect(institutionOf(demo, 'lantern')).toMatchObject({ denominations: [2_000n, 5_000n, 10_000n, 20_000n] })
  })

  it('names the institutions that there are', () => {
    expect(() => institutionOf(demo, 'atlantis')).toThrow(
      'there are harbour and garden and lantern and talent and neighbours and pine',
    )
  })
})

describe('what is wrong is said with its line and its field', () => {
  it.each<readonly [string, string, string]>([
    ['perItem: 200000', 'perItem: none', 'institutions.0.limits.perItem'],
    ['perDay: 500000', 'perDay: -1', 'institutions.0.limits.perDay'],
    ['perDay: 500000', 'perDay: 100000', 'institutions.0.limits.perItem: more than may leave in a day'],
    [
      'perDay: 500000',
      'perDay: 500000, page: { perItem: 200001, perDay: 400000 }',
      'institutions.0.limits.page.perItem: more than by all channels together',
    ],
    [
      'perDay: 500000',
      'perDay: 500000, page: { perItem: 2, perDay: 500001 }',
      'institutions.0.limits.page.perDay: more than by all channels together',
    ],
    [
      'perDay: 500000',
      'perDay: 500000, page: { perItem: 3, perDay: 2 }',
      'institutions.0.limits.page.perItem: more than may leave in a day',
    ],
    ['perDay: 500000', 'perDay: 500000, fax: { perItem: 1, perDay: 2 }', 'institutions.0.limits: '],
    ['perDay: 500000', 'perDay: 500000, page: { perDay: 2 }', 'institutions.0.limits.page.perItem'],
    ['nightlyAt: 15 23 * * *', 'nightlyAt: at night', 'institutions.0.nightlyAt'],
    ['rings: ["8001"]', 'rings: [8001]', 'institutions.2.rings.0'],
    ['issuer: 6200', 'issuer: 10000', 'institutions.0.cards.issuer'],
    [
      'limits: { perItem: 10000000',
      'limits: { perItem: 100000',
      'institutions.0.cards.limits.perItem: less than a PIN alone may move',
    ],
    [
      'accountNumbers: { prefix: "63"',
      'cards: { issuer: 6200 }\n    accountNumbers: { prefix: "63"',
      'institutions.1.cards.issuer: 6200 is the number of harbour already',
    ],
    [
      'institutions:',
      'keeper: { hosts: [{ host: books.example }] }\ninstitutions:',
      'keeper: off this machine it needs tls',
    ],
    ['institutions:', 'keeper: { hosts: [] }\ninstitutions:', 'keeper.hosts'],
    [
      'institutions:',
      'keeper: { hosts: [{ host: 127.0.0.1 }], passwordFile: none }\ninstitutions:',
      'keeper.passwordFile: there is no file none',
    ],
    [
      'institutions:',
      'keeper: { hosts: [{ host: books.example }], tls: { ca: none.pem } }\ninstitutions:',
      'keeper.tls.ca: there is no file none.pem',
    ],
    ['rings: ["9002"]', 'rings: ["9001"]', '9001 rings harbour already'],
    [
      'rings: ["9001"]',
      'lines: { balance: ["9001"] }\n    rings: ["9001"]',
      'institutions.0.lines.balance.0: 9001 rings harbour already',
    ],
    [
      'rings: ["9002"]',
      'lines: { balance: ["9001"] }\n    rings: ["9002"]',
      'institutions.1.lines.balance.0: 9001 rings harbour already',
    ],
    ['rings: ["9001"]', 'lines: { balance: [] }\n    rings: ["9001"]', 'institutions.0.lines.balance'],
    ['prefix: "63"', 'prefix: "621"', 'institutions.1.accountNumbers.prefix: account numbers of harbour begin with 62'],
    ['rings: ["8001"]', 'rings: ["9001"]', '9001 rings harbour already'],
    ['{ id: garden', '{ id: lantern', 'institutions.0.banks.0.id: lantern is no bank'],
    [
      'accountPrefix: "63"',
      'accountPrefix: "64"',
      'institutions.0.banks.0.accountPrefix: account numbers of garden begin with 63',
    ],
    ['lowWater: 3', 'lowWatermark: 3', 'lowWatermark'],
    ['id: lantern\n    name', 'id: harbour\n    name', 'there is another institution harbour'],
    ['phones: [phone1', 'phones: [Phone 1', 'asterisk.phones.0'],
    ...(
      [
        ['hours: {}, clerks: [lin]', 'care.clerks.0: lin is neither in asterisk.phones nor in asterisk.networkPhones'],
        ['hours: {}, clerks: ["PJSIP/1@trunk"]', 'care.clerks.0: the name of a SIP account'],
        ['hours: {}, clerks: [phone1, phone1]', 'care.clerks: one of them stands twice'],
        ['hours: { mon: ["18:00-09:00"] }', 'care.hours.mon.0: from and until, such as 09:00-17:30'],
        ['hours: { mon: ["9-17"] }', 'care.hours.mon.0: from and until, such as 09:00-17:30'],
        ['hours: { tue: ["09:00-24:30"] }', 'care.hours.tue.0: from and until, such as 09:00-17:30'],
        ['hours: {}, waitSeconds: 5', 'care.waitSeconds'],
      ] as const
    ).map(
      ([care, said]) =>
        ['rings: ["9001"]', `care: { ${care} }\n    rings: ["9001"]`, `institutions.0.${said}`] as const,
    ),
    ['prefix: "6180"', 'prefix: "61"', 'institutions.2.numbers.prefix'],
    ['kind: merchant', 'kind: bazaar', 'institutions.2.kind'],
    ['names: [lantern.localhost]', 'names: [http://lantern]', 'institutions.2.web.names.0'],
    ['web: { names', 'web: { host: 192.168.1.2, names', 'off this machine it needs https'],
    ['orderCount: 12', 'orderCount: 501', 'institutions.0.stock.orderCount'],
    ['id: pay\n', 'id: jobs\n', 'institutions.3.catalogue.1.id: there is another item jobs above'],
    ['id: pay\n', 'id: The pay\n', 'institutions.3.catalogue.1.id: an id of small letters'],
    ['perMinute: 100', 'perMinute: 0', 'institutions.3.catalogue.0.perMinute: an amount above zero'],
    ['perMinute: 100', 'perItem: 5, perMinute: 100', 'Nested mappings'],
    [
      'perMinute: 100',
      'unitSeconds: 7\n        perMinute: 100',
      'institutions.3.catalogue.0.unitSeconds: 7 seconds of it would cost a part of a fen',
    ],
    [
      'perMinute: 100',
      'file: { en: none.wav, zh: none.wav }\n        perMinute: 100',
      'institutions.3.catalogue.0.file.en: there is no file none.wav',
    ],
  ])('%j as %j', (from, to, said) => {
    const { text, line } = changed(from, to)
    expect(() => parse(text)).toThrow(said)
    expect(() => parse(text)).toThrow(`/srv/bank/tonebank.yaml:${line}: `)
  })

  it('a field that is missing, at what it is missing in', () => {
    const { text } = changed('    numbers: { prefix: "6180", randomDigits: 10 }\n', '')
    const merchant = demoText.slice(0, demoText.indexOf('- kind: merchant')).split('\n').length
    expect(() => parse(text)).toThrow(`yaml:${merchant}: institutions.2.numbers`)
  })

  it('what is no YAML, a key that comes twice, an empty file, a list', () => {
    expect(() => parse('institutions: [\n  {')).toThrow('tonebank.yaml:')
    expect(() => parse('institutions: []\ninstitutions: []\n')).toThrow('tonebank.yaml:2: ')
    expect(() => parse('')).toThrow('tonebank.yaml:1: institutions')
    expect(() => parse('- 1')).toThrow('tonebank.yaml:1: ')
  })

  it('two payees whose voucher numbers begin alike', () => {
    const text = demoText
    const second = text
      .slice(text.indexOf('  - kind: merchant'), text.indexOf('\n  # An information line'))
      .replace('id: lantern', 'id: quill')
      .replace('["8001"]', '[]')
      .replaceAll('lantern.localhost', 'quill.localhost')
    expect(() => parse(`${text}\n${second.replace('"6180"', '"61801"')}`)).toThrow(
      'voucher numbers of lantern begin with 6180',
    )
    expect(parse(`${text}\n${second.replace('"6180"', '"6190"')}`).institutions).toHaveLength(7)
    expect(() => parse(`${text}\n${second.replace('"6180"', '"6190"').replace('quill.l', 'lantern.l')}`)).toThrow(
      'lantern.localhost is a name of lantern already',
    )
  })
})

describe('a trunk', () => {
  const trunk = [
    '  trunks:',
    '    - name: carrier',
    '      provider: { host: sip.provider.example }',
    '      listen: { host: 192.0.2.1 }',
    '      addresses: [203.0.113.0/24]',
    '      numbers: { "+862161234567": "9001" }',
  ].join('\n')
  const place = '  networkPhones: [lan1, lan2]'
  const withTrunks = (text: string) => demoText.replace(place, `${place}\n${text}`)
  const firstLine = demoText.slice(0, demoText.indexOf(place)).split('\n').length

  it('has what it needs in four lines', () => {
    expect(parse(withTrunks(trunk)).asterisk.trunks).toMatchObject([
      {
        provider: { transport: 'udp' },
        listen: { port: 5_080 },
        attested: false,
        calls: { mostAtOnce: 10, rate: { burst: 10, perMinute: 30 } },
      },
    ])
  })

  it.each([
    ['"9001"', '"9009"', 6, 'numbers.+862161234567: 9009 rings no institution'],
    ['{ "+862161234567": "9001" }', '{}', 6, 'numbers: a trunk that rings nothing'],
    ['203.0.113.0/24', '203.0.113.0/64', 5, 'addresses.0: an IPv4 address or a network'],
    ['203.0.113.0/24', '0.0.0.0/0', 5, 'addresses.0: wider than a provider'],
    ['203.0.113.0/24', '192.0.2.7, 10.0.0.0/15', 5, 'addresses.1: wider than a provider'],
    ['192.0.2.1 }', 'localhost }', 4, 'listen.host'],
    ['192.0.2.1 }', '0.0.0.0 }', 4, 'listen.host: the one address'],
    ['192.0.2.1 }', '255.255.255.255 }', 4, 'listen.host: the one address'],
    ['.example }', '.example, transport: tls }', 5, 'addresses: is of use with transport: udp'],
    ['.example }', '.example, transport: tcp }', 5, 'addresses: is of use with transport: udp'],
    ['carrier', 'carrier\n      attested: true', 3, 'attested: by UDP anybody can send'],
    [
      '.example }\n      listen: { host: 192.0.2.1 }\n      addresses: [203.0.113.0/24]',
      '.example, transport: tls }\n      listen: { host: 192.0.2.1 }\n      privateNetwork: true',
      5,
      'privateNetwork: is of use with transport: udp',
    ],
    ['.example }', '.example, transport: sctp }', 3, 'provider.transport'],
    ['.example }', '.example, ca: ca.pem }', 3, 'provider.ca: is of use with transport: tls'],
    [
      '.example }\n      listen: { host: 192.0.2.1 }\n      addresses: [203.0.113.0/24]',
      '.example, transport: tls, ca: ca.pem }\n      listen: { host: 192.0.2.1 }',
      3,
      'provider.ca: there is no file ca.pem',
    ],
    ['.example }', '.example }\n      register: { user: a, passwordFile: pw }', 4, 'passwordFile: there is no file pw'],
    ['carrier', 'Carrier 1', 2, 'name: a name of small letters'],
    ['carrier', 'carrier\n      dials: true', 2, 'Unrecognized key: "dials"'],
  ])('%s as %s is said with its line and field', (from, to, line, complaint) => {
    const say = () => parse(withTrunks(trunk.replace(from, to)))
    expect(say).toThrow(`/srv/bank/tonebank.yaml:${firstLine + line}: asterisk.trunks.0`)
    expect(say).toThrow(complaint)
  })

  it('counts callers as proved by TLS, or by UDP where the file says that the wire is private', () => {
    const attested = trunk.replace('carrier', 'carrier\n      attested: true')
    const byTls = attested.replace('.example }', '.example, transport: tls }').replace(/\n *addresses.*/, '')
    const onPrivateWire = attested.replace('attested: true', 'attested: true\n      privateNetwork: true')
    for (const text of [byTls, onPrivateWire])
      expect(parse(withTrunks(text)).asterisk.trunks).toMatchObject([{ attested: true }])
  })

  it('rings by the number as it is written, with quotation marks or without', () => {
    const unquoted = trunk.replace('"+862161234567"', '+4930123: "9001", 0049301: "9001", "4711"')
    const [one] = parse(withTrunks(unquoted)).asterisk.trunks
    expect(Object.keys(one?.numbers ?? {}).sort()).toEqual(['+4930123', '0049301', '4711'])
  })

  it('is not called as a phone is', () => {
    for (const field of ['phones', 'networkPhones']) {
      const text = withTrunks(trunk).replace(`  ${field}: [`, `  ${field}: [trunk-carrier, `)
      const line = text.slice(0, text.indexOf('trunk-carrier')).split('\n').length
      expect(() => parse(text)).toThrow(
        `/srv/bank/tonebank.yaml:${line}: asterisk.${field}.0: another name: this is how the switch calls the trunk`,
      )
    }
  })

  it('does not share its name or its port with another', () => {
    const second = trunk.split('\n').slice(1).join('\n')
    expect(() => parse(withTrunks(`${trunk}\n${second}`))).toThrow(/trunks\.1\.name: there is another trunk carrier/)
    expect(() => parse(withTrunks(`${trunk}\n${second.replace('carrier', 'other')}`))).toThrow(
      'trunks.1.listen.port: the trunk carrier listens there already',
    )
  })
})
