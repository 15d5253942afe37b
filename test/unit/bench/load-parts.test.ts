/** The parts of the load benchmark that can be right or wrong without a call. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { buying, writeCallers } from '../../../bench/load/callers.ts'
import { writeFile } from '../../../bench/load/installation.ts'
import { growthOf } from '../../../bench/load/main.ts'
import { counted, quantile } from '../../../bench/load/watch.ts'
import { readInstallation } from '../../../src/operations/installation/file.ts'
import { accountNumber } from '../../support/ids.ts'

const anAccount = accountNumber('6200100007')
const folder = mkdtempSync(join(tmpdir(), 'tonebank-load-parts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const metrics = (...counts: readonly number[]) =>
  new Map(['0.01', '0.02', '+Inf'].map((le, n) => [`delay_bucket{le="${le}"}`, counts[n] ?? 0]))

describe('what was counted between two looks', () => {
  test('is the difference, of what is called so', () => {
    const before = new Map([['left{step="a"}', 2]])
    const after = new Map([...before, ['left{step="b"}', 3], ['other', 9]] as const)
    expect([...counted(before, after, 'left')]).toEqual([
      ['left{step="a"}', 0],
      ['left{step="b"}', 3],
    ])
  })

  test('has its quantile within a bucket, and above the last bound at that', () => {
    const nothing = metrics(0, 0, 0)
    expect(quantile(nothing, metrics(50, 100, 100), 'delay', 0.75)).toBeCloseTo(0.015)
    expect(quantile(nothing, metrics(100, 100, 100), 'delay', 0.99)).toBeCloseTo(0.0099)
    expect(quantile(nothing, metrics(50, 50, 100), 'delay', 0.99)).toBe(0.02)
    // What was there before does not count.
    expect(quantile(metrics(0, 0, 500), metrics(100, 100, 600), 'delay', 0.99)).toBeCloseTo(0.0099)
  })
})

test('memory that grows is found, and memory that is taken once is none', () => {
  expect(growthOf([10, 100, 100, 100, 100])).toBe(0)
  expect(growthOf([100, 100, 110, 120, 130])).toBeCloseTo(30)
})

test('the installation of the measurement is a whole one, with a telephone for every third caller', () => {
  writeFile(folder, 100)
  const { asterisk, institutions } = readInstallation(join(folder, 'tonebank.yaml'))
  expect(asterisk.phones).toHaveLength(34)
  const rates = institutions.map(each => ('signInRates' in each ? each.signInRates.overall.perMinute : 0))
  expect(rates.filter(perMinute => perMinute === 100_000)).toHaveLength(1)
})

test('each caller calls from a telephone of its own account, and only we read its password', () => {
  const caller = { account: anAccount, pin: '730184', phone: 'load7', password: 'abc' }
  const { scenarioFile, callersFile } = writeCallers(folder, 'buying', buying(), [caller])
  const [, row = ''] = readFileSync(callersFile, 'utf8').split('\n')
  const columns = row.split(';')
  const xml = readFileSync(scenarioFile, 'utf8')
  const [, user] = /From: <sip:\[field(\d+)\]/.exec(xml) ?? []
  expect(columns[Number(user)]).toBe('load7')
  expect(xml).toContain(`[field${Number(user) + 1}]`)
  expect(columns[Number(user) + 1]).toBe('[authentication username=load7 password=abc]')
  expect(columns.slice(0, 18).join('')).toBe(`${anAccount}730184`)
})
