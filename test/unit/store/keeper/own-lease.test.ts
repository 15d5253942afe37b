/** A machine whose process died goes on at once: it need not wait for a lease that nobody can hold any more. Another machine waits. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { endedLease, noteTaken } from '../../../../src/store/keeper/own-lease.ts'
import { type Machine, noteTables } from '../../../simulation/keeper/says.ts'
import { KeptMachines, shortTimes } from '../../../support/kept-machines.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

/** Nobody waits until it is over. */
const times = { ...shortTimes, leaseMs: 600_000 }

let machines: KeptMachines
let life: ChildProcess | undefined
beforeAll(async () => {
  machines = await KeptMachines.start()
})
afterAll(() => machines.stop())
beforeEach(() => machines.next())
afterEach(async () => {
  life?.kill('SIGKILL')
  await machines.closeAll()
})

/** A process that serves from `a`, and is killed. */
async function servedAndKilled(): Promise<void> {
  machines.begins('a')
  const { password, ...keeper } = machines.postgres.place()
  const machine: Machine = {
    ...{ name: 'a1', folder: machines.folder('a'), institution: machines.institution, times },
    keeper: { ...keeper, password: password?.reveal() ?? '' } as Machine['keeper'],
  }
  life = spawn(process.execPath, ['--import', 'tsx', 'test/simulation/keeper/life.ts', JSON.stringify(machine)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let said = ''
  life.stdout?.on('data', text => {
    said += text
  })
  await expect.poll(() => said, { timeout: 60_000 }).toContain(' done a1 ')
  life.kill('SIGKILL')
  await once(life, 'exit')
}

test('the same folder serves again long before the lease of the process that was killed is over', async () => {
  await servedAndKilled()
  const store = await machines.open('a', { migrations: noteTables, times })
  const notes = await store.read(tx => tx.all<{ n: bigint }>('SELECT n FROM note'))
  expect(notes.length).toBeGreaterThan(0)
  await store.execute(tx => tx.run("INSERT INTO note VALUES ('later', 1)"))
})

/** Its note, with one of its four words changed: boot, folder, epoch, holder. */
const noting = (at: number, change: (word: string) => string) => (folder: string) => {
  const words = readFileSync(join(folder, 'last-lease'), 'utf8').trim().split(' ')
  writeFileSync(join(folder, 'last-lease'), `${words.map((word, i) => (i === at ? change(word) : word)).join(' ')}\n`)
}

test.each([
  ['another machine', 'b', () => {}],
  ['a folder that does not know whose lease it was', 'a', (folder: string) => rmSync(join(folder, 'last-lease'))],
  ['a machine that was started anew', 'a', noting(0, boot => `0${boot.slice(1, -1)}0`)],
  ['another folder', 'a', noting(1, place => `${place}0`)],
  ['whose lease was another one', 'a', noting(2, epoch => `${epoch}0`)],
  ['whose lease was of another PostgreSQL', 'a', noting(3, holder => [...holder].reverse().join(''))],
])('%s waits until it is over', async (_, machine, change) => {
  await servedAndKilled()
  change(machines.folder('a'))
  machines.make(machine)
  const leaving = new AbortController()
  let looks = 0
  const opened = machines.open(machine, {
    ...{ migrations: noteTables, times, signal: leaving.signal },
    standingBy: () => {
      if (++looks === 10) leaving.abort(new Error('it waits'))
    },
  })
  await expect(opened).rejects.toThrow('it waits')
})

test('a PostgreSQL that was used before leases had names has them now', async () => {
  machines.begins('a')
  await (await machines.open('a', { migrations: noteTables })).close()
  await machines.postgres.sql('ALTER TABLE tonebank_lease DROP COLUMN holder')
  await machines.open('a', { migrations: noteTables })
  const [row] = await machines.postgres.sql('SELECT holder FROM tonebank_lease WHERE institution = $1', [
    machines.institution,
  ])
  expect(row?.['holder']).toBe(endedLease({ folder: machines.folder('a') })?.holder)
})

test('a copy of a folder waits, too', async () => {
  await servedAndKilled()
  cpSync(machines.folder('a'), machines.folder('copy'), { recursive: true })
  expect(endedLease({ folder: machines.folder('a') })).toBeDefined()
  expect(endedLease({ folder: machines.folder('copy') })).toBeUndefined()
})

test('what is noted is what is read, of a folder alone, and nothing of what is not whole', () => {
  machines.make('a')
  const at = { folder: machines.folder('a') }
  const lease = { epoch: 7n, holder: '0123456789abcdef0123456789abcdef' }
  expect(endedLease(at)).toBeUndefined()
  noteTaken(at, lease)
  expect(endedLease(at)).toEqual(lease)
  writeFileSync(join(at.folder, 'last-lease'), '7\n')
  expect(endedLease(at)).toBeUndefined()
  expect(endedLease({ memory: 'empty' })).toBeUndefined()
})
