/** The unit for systemd: its paths are the checkout's, it waits for callers for as long as a drain may, and systemd has nothing to say against it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const file = 'docs/operations/tonebank.service'
const unit = readFileSync(file, 'utf8')
const setting = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1]
const isThere = (program: string) => spawnSync(program, ['--version']).status === 0

test('what it starts is in the checkout, and says what to do in words that the command knows', () => {
  const [, program, command] = /^\S+ \/opt\/tonebank\/(\S+) (\S+) --config /.exec(setting('ExecStart') ?? '') ?? []
  expect(existsSync(join('.', program ?? 'nothing'))).toBe(true)
  const said = execFileSync(process.execPath, [program ?? '', '--help'], { encoding: 'utf8', timeout: 60_000 })
  expect(said).toMatch(new RegExp(`^\\s+${command}\\b`, 'm'))
})

test('it is told to end as a drain begins, and killed only when that and the end of everything had their time', () => {
  expect(setting('KillSignal')).toBe('SIGTERM')
  // Only `tonebank start` is told: it tells the others, in its order.
  expect(setting('KillMode')).toBe('mixed')
  const [, ofDrain] =
    /`operations\.drainSeconds` \((\d+) without it\)/.exec(readFileSync('docs/operating.md', 'utf8')) ?? []
  expect(Number(setting('TimeoutStopSec'))).toBeGreaterThanOrEqual(Number(ofDrain) + 90)
})

test('systemd takes it, and finds it little exposed', context => {
  context.skip(!isThere('systemd-analyze'), 'no systemd-analyze')
  const says = (...args: string[]) =>
    spawnSync('systemd-analyze', [...args, file], { encoding: 'utf8', timeout: 20_000 })
  // It names the program where that is not installed, which is none of the unit's faults.
  const complaints = says('verify')
    .stderr.split('\n')
    .filter(line => line !== '' && !line.includes('not executable'))
  expect(complaints.filter(line => line.includes('tonebank.service'))).toEqual([])
  const security = says('security', '--offline=true').stdout
  expect(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(security)?.[1])).toBeLessThan(2.5)
})
