import { expect, test } from 'vitest'
import { demoLines as lines } from '../../../demo/institutions.ts'
import { drainVariable, extensionsConf } from '../../../dialplan/extensions.ts'

const dialplan = extensionsConf([{ number: '9001', institution: 'harbour', line: 'bank' }])

/** Before all else: no header by which this installation tells itself something reaches an institution. */
const forgets = 'Set(PJSIP_HEADER(remove,X-Tonebank-*)=)'

/** The steps of one extension, without labels. */
function steps(number: string): string[] {
  const all = dialplan.split('\n')
  const start = all.findIndex(line => line.startsWith(`exten = ${number},`))
  const length = all.slice(start + 1).findIndex(line => !line.startsWith(' same'))
  return all.slice(start, start + 1 + length).map(line => line.replace(/^.*?,\s*/, '').replace(/^1,/, ''))
}

test('the drain is tested before the application gets the call, and its status after', () => {
  expect(steps('9001')).toEqual([
    forgets,
    `Set(GROUP(phone)=\${CHANNEL(endpoint)})`,
    `GotoIf($[\${GROUP_COUNT(\${CHANNEL(endpoint)}@phone)} > 4]?busy)`,
    `GotoIf($["\${DRAIN_harbour}" = "1"]?drained)`,
    `Stasis(harbour,bank,\${ATTESTED}\${CAPTIONS})`,
    `GotoIf($["\${STASISSTATUS}" = "SUCCESS"]?done)`,
    'Answer()',
    'Wait(0.5)',
    'Playback(tonebank/en/apology&tonebank/zh/apology)',
    'Hangup()',
    'Answer()',
    'Wait(0.5)',
    'Playback(tonebank/en/busy&tonebank/zh/busy)',
    'Hangup()',
    'Hangup(USER_BUSY)',
  ])
})

test('whoever dials for help is told that this line cannot, unless the number is a line’s', () => {
  const told = [forgets, 'Answer()', 'Wait(0.5)', 'Playback(tonebank/en/emergency&tonebank/zh/emergency)', 'Hangup()']
  for (const number of ['110', '112', '911', '999']) expect(steps(number)).toEqual(told)
  const taken = extensionsConf([{ number: '112', institution: 'harbour', line: 'bank' }])
  expect([...taken.matchAll(/^exten = 112,1,/gm)]).toHaveLength(1)
  expect(taken).toContain('Stasis(harbour,bank')
})

test('calls by trunks come where nothing is but the numbers that ring lines, each under a name that its edge alone knows', () => {
  const trunk = { trunk: 'carrier', rings: '9001', mostCalls: 7 }
  const lineOfHarbour = [{ number: '9001', institution: 'harbour', line: 'bank' }]
  const conf = extensionsConf(lineOfHarbour, 4, [
    { ...trunk, extension: 'k3yy+8621', isAttested: true },
    { ...trunk, extension: 'k3yn+8621', isAttested: false },
  ])
  const own = conf.split('[trunks]\n')[1]?.split('\n[')[0]?.trim().split('\n') ?? []
  const placed = (extension: string, attested: string) => [
    `exten = ${extension},1,${forgets}`,
    ' same = n,Set(GROUP(trunk)=carrier)',
    ` same = n,GotoIf($[\${GROUP_COUNT(carrier@trunk)} > 7]?busy)`,
    ` same = n,Set(ATTESTED=${attested})`,
    ' same = n,Goto(callers,9001,counted)',
    ' same = n(busy),Hangup(USER_BUSY)',
  ]
  expect(own.slice(0, 6)).toEqual(placed('k3yy+8621', 'trunk'))
  expect(conf).toContain(placed('k3yn+8621', '').join('\n'))
  // Past the count of the phone's calls: a trunk has its own.
  expect(conf).toContain(`same = n(counted),GotoIf($["\${DRAIN_harbour}"`)
  expect(dialplan).not.toContain('trunks')
  expect(conf).not.toMatch(/Dial\(|Originate|include/)
  for (const extension of ['_X.', 'a,b', 's)'])
    expect(() => extensionsConf(lineOfHarbour, 4, [{ ...trunk, extension, isAttested: false }])).toThrow(
      'no plain word',
    )
})

test('no way into the dialplan leads past the removal of our own headers; a page’s captions are read before', () => {
  const conf = extensionsConf(lines, 4, [
    { trunk: 'carrier', rings: '9001', mostCalls: 7, extension: 'k3y', isAttested: true },
  ])
  const firsts = [...conf.matchAll(/^exten = (\S+?),1,(.*)$/gm)].map(([, extension, step]) => [extension, step])
  const others = firsts.filter(([, step]) => step !== forgets).map(([extension]) => extension)
  // Of [pages], which goes on to [callers] at the first step, and of [released], where the switch sends calls that have passed.
  expect(others).toEqual(['_[0-9*#]!', 's'])
  expect(firsts.length).toBeGreaterThan(10)
  expect(conf).toContain(`same = n,Goto(callers,\${EXTEN},1)`)
})

test('nobody hears a tone or nothing for an unknown number', () => {
  expect(dialplan).toContain('exten = _[0-9*#+]!,1,Set(PJSIP_HEADER(remove')
  expect(dialplan).toContain('Playback(tonebank/en/unknown-number&tonebank/zh/unknown-number)')
})

test('no pattern matches the extensions that Asterisk itself runs', () => {
  const patterns = [...dialplan.matchAll(/^exten = (\S+?),1,/gm)].map(([, pattern = '']) => pattern)
  for (const pattern of patterns.filter(each => each.startsWith('_'))) {
    const expression = new RegExp(`^${pattern.slice(1).replace(/!$/, '.*')}$`)
    for (const own of ['h', 'i', 't', 's', 'T']) expect(own).not.toMatch(expression)
  }
})

test('a word that Asterisk would read as syntax is refused', () => {
  for (const institution of ['a,b', 'a)', 'a\nb', '', 'a b']) {
    expect(() => extensionsConf([{ number: '1', institution, line: 'x' }])).toThrow('no plain word')
  }
})

test('the demo has its lines, and no number twice', () => {
  expect(lines.map(({ number, institution }) => [number, institution])).toEqual(
    expect.arrayContaining([
      ['9001', 'harbour'],
      ['9002', 'garden'],
      ['8001', 'lantern'],
    ]),
  )
  expect(new Set(lines.map(({ number }) => number)).size).toBe(lines.length)
})

test('an institution’s drain variable is a name that Asterisk can read', () => {
  expect(drainVariable('harbour-bank')).toBe('DRAIN_harbour_bank')
})
