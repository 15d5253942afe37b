/**
 * The change log under a process that dies at any moment, and on a disk that has no more room: what was said to be done is there,
 * and the log makes exactly the tables that are there.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { compiledProgram } from '../../setup/programs.mjs'
import { rebuildAndCompare } from '../../src/store/change-log/rebuild-and-compare.ts'
import { Database } from '../../src/store/driver.ts'

let program: string
let folder: string
beforeAll(async () => {
  program = await compiledProgram(resolve('.'), 'test/simulation/change-log-child.ts')
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-kills-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Said {
  readonly done: number[]
  readonly unknown: number[]
}

/** `fileBlocks`: no file may grow beyond so many blocks of 1,024 bytes; a write that would is refused, as by a full disk. */
function begin(fileBlocks?: number): {
  child: ChildProcess
  said: Said
  until: (when: (said: Said) => boolean) => Promise<void>
} {
  const node = [process.execPath, program, folder]
  // The signal that comes with such a refusal is ignored, as there is none with a full disk.
  const limited = ['bash', '-c', `trap '' XFSZ; ulimit -S -f ${fileBlocks}; exec "$0" "$@"`]
  const [command = '', ...args] = fileBlocks === undefined ? node : [...limited, ...node]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const said: Said = { done: [], unknown: [] }
  const lines = createInterface({ input: child.stdout })
  lines.on('line', line => {
    const [what, id] = line.split(' ')
    if (what === 'done') said.done.push(Number(id))
    if (what === 'unknown') said.unknown.push(Number(id))
  })
  const until = async (when: (said: Said) => boolean) => {
    while (!when(said)) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
      await once(lines, 'line')
    }
  }
  return { child, said, until }
}

function notes(): Set<number> {
  const database = new Database(join(folder, 'institution.db'), { readonly: true })
  const ids = database.prepare('SELECT id FROM note').pluck().all() as number[]
  database.close()
  return new Set(ids)
}

test('killed 12 times at any moment', async () => {
  const done: number[] = []
  for (let round = 0; round < 12; round++) {
    const { child, said, until } = begin()
    await until(({ done }) => done.length > 20 + 13 * round)
    child.kill('SIGKILL')
    await once(child, 'exit')
    done.push(...said.done)
    const there = notes()
    expect(done.filter(id => !there.has(id))).toEqual([])
    const { divergences, records } = rebuildAndCompare({ folder })
    expect(divergences).toEqual([])
    expect(records).toBeGreaterThan(round)
  }
})

test('without room nothing that was done is lost, the process lives, and with room again it goes on', async () => {
  // 2 MB: the write-ahead log comes to its end first.
  const { child, said, until } = begin(2_048)
  try {
    await until(({ unknown }) => unknown.length > 20)
    const doneBefore = said.done.length
    expect(doneBefore).toBeGreaterThan(20)
    execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited'])
    await until(({ done }) => done.length > doneBefore + 200)
    expect(child.exitCode).toBeNull()
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const there = notes()
  expect(said.done.filter(id => !there.has(id))).toEqual([])
  expect(rebuildAndCompare({ folder }).divergences).toEqual([])
})
