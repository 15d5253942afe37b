/** A member leaves no PostgreSQL behind, whatever became of its Patroni, which here ends and leaves it. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { usualPorts } from '../../src/cluster/plan.ts'
import { RunningMember } from '../../src/cluster/running-member.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { Postgres } from '../support/postgres.ts'
import { isAlive, signalTree } from '../support/process-tree.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let files: string
let postgres: Postgres
let member: RunningMember
let postmaster: number
let children: readonly number[]

beforeEach(async () => {
  files = mkdtempSync(join(tmpdir(), 'tonebank-member-'))
  chmodSync(files, 0o755)
  postgres = await Postgres.start()
  symlinkSync(join(postgres.folder, 'data'), join(postgres.folder, 'postgresql'))
  postmaster = Number(readFileSync(join(postgres.folder, 'data/postmaster.pid'), 'utf8').split('\n')[0])
  // With a process of its own, as Patroni has them.
  const program = join(files, 'program')
  writeFileSync(program, `#!/bin/bash\nsleep 300 & echo $! > ${postgres.folder}/$1-child\nwait\n`, { mode: 0o755 })
  const places = { address: '127.0.0.1', ports: usualPorts, files, data: postgres.folder }
  member = new RunningMember(systemRuntime, { name: 'books-1', ...places }, (first, rest) => {
    const all = [first, ...rest]
    const at = all.findIndex(each => each === 'etcd' || each === 'patroni')
    const [start = program, ...more] = [...all.slice(0, at), program, all[at] ?? '']
    return [start, ...more]
  })
  member.begin()
  const pids = (): number[] =>
    ['etcd', 'patroni'].map(name => Number(readFileSync(join(postgres.folder, `${name}-child`), 'utf8')))
  children = await until(() => {
    const found = pids()
    return found.every(Boolean) ? found : undefined
  })
})
afterEach(async () => {
  for (const pid of [...children, postmaster].filter(isAlive)) signalTree(pid, 'SIGKILL')
  for (const folder of [files, postgres.folder]) rmSync(folder, { recursive: true, force: true })
})

async function until<T>(found: () => T | undefined): Promise<T> {
  for (const endMs = performance.now() + 10_000; performance.now() < endMs; await systemRuntime.sleep(20)) {
    try {
      const value = found()
      if (value !== undefined) return value
    } catch {
      // It is not there yet.
    }
  }
  throw new Error('it did not come to that')
}

test('when it is stopped, PostgreSQL has ended in order by then', async () => {
  await member.stop()
  expect(isAlive(postmaster)).toBe(false)
  expect([member.pidOf('patroni'), member.pidOf('etcd')]).toEqual([undefined, undefined])
})

test('when it is killed, so is all that its programs have started', async () => {
  member.kill()
  await until(() => ([postmaster, ...children].some(isAlive) ? undefined : true))
})
