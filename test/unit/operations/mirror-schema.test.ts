/** What an installation's file may say of the two machines that have an institution's record keys. */
import { expect, test } from 'vitest'
import { demoText } from '../../../demo/institutions.ts'
import { institutionOf, parseInstallation } from '../../../src/operations/installation/file.ts'

const key = (digit: string) => digit.repeat(64)
const machine = (host: string, digit: string, port = 7301) => `{ host: ${host}, port: ${port}, key: "${key(digit)}" }`
const one = machine('10.0.0.1', 'a')
const keeper = 'keeper: { hosts: [{ host: 127.0.0.1 }] }\n'

function parse(machines: string, kept = keeper) {
  const text = demoText.replace('rings: ["9001"]', `recordKeys: { machines: ${machines} }\n    rings: ["9001"]`)
  return parseInstallation('/srv/bank/tonebank.yaml', text + kept)
}
const line = demoText.slice(0, demoText.indexOf('rings: ["9001"]')).split('\n').length

test('two machines', () => {
  const parsed = parse(`[${one}, ${machine('10.0.0.2', 'b')}]`)
  expect(institutionOf(parsed, 'harbour').recordKeys?.machines).toEqual([
    { host: '10.0.0.1', port: 7301, key: key('a') },
    { host: '10.0.0.2', port: 7301, key: key('b') },
  ])
})

test.each([
  [`[${one}]`, ': there are two machines'],
  [`[${one}, { host: 10.0.0.2, port: 7301, key: abc }]`, '.1.key: a machine’s key has 64 hexadecimal digits'],
  [`[${one}, ${machine('0.0.0.0', 'b')}]`, '.1.host: one address, not all of a machine'],
  [`[${one}, ${machine('books.example', 'b')}]`, '.1.host: an IP address, by which the other machine reaches this one'],
  [`[${one}, ${machine('10.0.0.2', 'a')}]`, '.1.key: this is the key of another machine of harbour'],
  [`[${one}, ${machine('10.0.0.1', 'b')}]`, '.1.port: another machine of harbour listens there'],
])('%s is wrong, and is said with its line and field', (machines, said) => {
  expect(() => parse(machines)).toThrow(`/srv/bank/tonebank.yaml:${line}: institutions.0.recordKeys.machines${said}`)
})

test('without a keeper no other machine serves', () => {
  const machines = `[${one}, ${machine('10.0.0.2', 'b')}]`
  expect(() => parse(machines, '')).toThrow(
    'institutions.0.recordKeys: without a keeper no other machine serves: say who keeps the books',
  )
})
