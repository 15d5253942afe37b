/** A machine that stands by beside one that serves, with the lease of the field: when it takes over, and when it does not. */
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { beginMark } from '../../../src/store/keeper/beginning.ts'
import { usualTimes } from '../../../src/store/keeper/place.ts'
import { Postgres } from '../../support/postgres.ts'
import { Lives, type Said } from './lives.ts'
import { closed, renewing, standingBy } from './says.ts'

const leaseNs = BigInt(usualTimes.leaseMs) * 1_000_000n
let folder: string
let postgres: Postgres
let lives: Lives
let holder: ChildProcess

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-lease-'))
  mkdirSync(join(folder, 'a'), { mode: 0o700 })
  writeFileSync(beginMark(join(folder, 'a')), '')
  postgres = await Postgres.start()
  lives = new Lives({ code: '.', folder, times: usualTimes, institution: 'bank', restarts: false })
  const { hosts, database, user } = postgres.place()
  const keeper = { hosts, database, user, password: postgres.password }
  holder = lives.begin('a', keeper)
  await lives.until('a answers', by('a1', 'done'))
  lives.begin('b', keeper)
  await lives.until('b stands by', by('b1', standingBy))
})
afterEach(async () => {
  await lives.end()
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

const by = (who: string, says: string) => (each: Said) => each.life === who && each.what.startsWith(says)
const saidBy = (who: string, says: string) => lives.said.filter(by(who, says))

test('of a holder that stands still the lease runs out by its own clock before another serves; it wakes, answers nobody and ends', async () => {
  await lives.until('a has renewed its lease', each => by('a1', renewing)(each) && saidBy('a1', renewing).length > 2)
  const ended = new Promise(resolve => holder.once('exit', resolve))
  holder.kill('SIGSTOP')
  const renewals = await renewalsOnceStill()
  expect(renewals).toBeGreaterThan(0)
  const serving = await lives.until('b serves', by('b1', 'serving'))
  // It counts from before it asks; of what it says before each try, the one with the number of the last that was taken is no later.
  const renewed = saidBy('a1', renewing)[renewals - 1]
  expect(Number(serving.atNs - (renewed?.atNs ?? serving.atNs))).toBeGreaterThanOrEqual(Number(leaseNs))
  await lives.until('b answers', by('b1', 'done'))
  holder.kill('SIGCONT')
  expect(await ended).toBe(1)
  // What it was at when it was stopped says by what it notices: a renewal, a record that was kept before, or one that has no answer.
  const noticed = /another process has taken over|the lease ran out|not known whether this happened/
  expect(saidBy('a1', 'lost')).toMatchObject([{ what: expect.stringMatching(noticed) }])
  await lives.end()
  expect(await lives.wrong(postgres.place(), join(folder, 'proof'))).toEqual([])
})

test('of a holder that ends in order nobody waits for the lease', async () => {
  const ended = new Promise(resolve => holder.once('exit', resolve))
  holder.stdin?.write('close\n')
  const { atNs } = await lives.until('a has closed', by('a1', closed))
  await lives.until('b answers', by('b1', 'done'))
  expect(await ended).toBe(0)
  // A look that was under way then saw the lease as another's. To wait for its end it takes fifteen.
  expect(saidBy('b1', standingBy).filter(each => each.atNs > atNs).length).toBeLessThanOrEqual(1)
  await lives.end()
  expect(await lives.wrong(postgres.place(), join(folder, 'proof'))).toEqual([])
})

/** A renewal may have been on its way to PostgreSQL. */
async function renewalsOnceStill(): Promise<number> {
  const read = async () => {
    const [row] = await postgres.sql('SELECT renewals FROM tonebank_lease')
    return Number(row?.['renewals'])
  }
  for (let before = await read(); ; ) {
    await systemRuntime.sleep(200)
    const now = await read()
    if (now === before) return now
    before = now
  }
}
