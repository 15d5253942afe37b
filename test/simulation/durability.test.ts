/**
 * What was answered is on the disk. A kill cannot show that, as the kernel keeps a dead process's pages; the order of its
 * system calls can: row in the log, then a completed sync of the log, then the answer.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const answers = 170

let folder: string
beforeAll(() => {
  const { status } = spawnSync('strace', ['-V'])
  expect(status, 'strace is needed to see the order of system calls: sudo apt-get install strace').toBe(0)
  folder = mkdtempSync(join(tmpdir(), 'tonebank-durability-'))
})
afterAll(() => folder && rmSync(folder, { recursive: true }))

describe('each answer follows a completed sync of its commit', () => {
  test('as the store is delivered', () => {
    const trace = traced('delivered')
    expect(trace.answered).toBe(answers)
    expect(trace.early).toEqual([])
    // Bursts share their syncs: 20 alone and 5 bursts need 25, opening a few more.
    expect(trace.syncs).toBeGreaterThanOrEqual(25)
    expect(trace.syncs).toBeLessThan(answers / 2)
  })

  test('with the same parts put together by hand: the check knows a good one', () => {
    expect(traced('FULL').early).toEqual([])
  })

  test('and with synchronous=NORMAL it does not: the check knows a bad one', () => {
    const trace = traced('NORMAL')
    expect(trace.answered).toBe(answers)
    expect(trace.early.length).toBeGreaterThan(answers / 2)
  })
})

interface Trace {
  readonly answered: number
  readonly syncs: number
  /** Answers that left before their row was in a synced log. */
  readonly early: readonly number[]
}

function traced(opening: string): Trace {
  const output = join(folder, `${opening}.trace`)
  const data = mkdtempSync(join(folder, 'data-'))
  const child = join(import.meta.dirname, 'durability-child.ts')
  const calls = 'trace=fsync,fdatasync,pwrite64,write'
  const run = spawnSync(
    'strace',
    ['-f', '-y', '-s', '8192', '-e', calls, '-o', output, process.execPath, '--import', 'tsx', child, data, opening],
    { encoding: 'utf8', timeout: 120_000 },
  )
  if (run.status !== 0) throw new Error(`strace ended with ${run.status}: ${run.stderr.slice(-2_000)}`)
  return read(readFileSync(output, 'utf8'))
}

/** Walks through the calls in the order in which they happened. With `-f` a call may be split by another thread's. */
function read(trace: string): Trace {
  const written = new Set<number>()
  const durable = new Set<number>()
  const early: number[] = []
  const syncing = new Set<string>()
  let answered = 0
  let syncs = 0
  for (const line of trace.split('\n')) {
    const pid = line.split(' ', 1)[0] ?? ''
    if (/pwrite64\(\d+<[^>]*-wal>/.test(line)) {
      for (const [, id] of line.matchAll(/<note (\d+)>/g)) written.add(Number(id))
    } else if (/f(data)?sync\(\d+<[^>]*-wal>/.test(line) && line.includes('unfinished')) {
      syncing.add(pid)
    } else if (
      /f(data)?sync\(\d+<[^>]*-wal>.*\) += 0/.test(line) ||
      (syncing.delete(pid) && /f(data)?sync resumed.*\) += 0/.test(line))
    ) {
      syncs++
      for (const id of written) durable.add(id)
    } else {
      const id = /write\(1<[^>]*>, "answer (\d+)/.exec(line)?.[1]
      if (id === undefined) continue
      answered++
      if (!durable.has(Number(id))) early.push(Number(id))
    }
  }
  return { answered, syncs, early }
}
