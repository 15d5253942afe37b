/**
 * Two machines whose books PostgreSQL keeps, and what may happen to them at any moment: nothing that was answered is lost, and nobody answers when another serves.
 * Of copies of the code with a fault the same drills say what is wrong.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type KeeperTimes, usualTimes } from '../../../src/store/keeper/place.ts'
import { type Edit, editOnce } from '../../support/edit-once.ts'
import { drill, type Trouble, troubles } from './drill.ts'

const seeds = process.env['NIGHT'] === undefined ? [1] : Array.from({ length: 25 }, (_, i) => i + 1)
const copies = resolve('.cache', 'keeper-faults', `${process.pid}`)
afterAll(() => rmSync(copies, { recursive: true, force: true }))

test.each(troubles.flatMap(trouble => seeds.map(seed => [trouble, seed] as const)))(
  '%s, seed %i',
  async (trouble, seed) => {
    const { wrong, answered } = await drill({ trouble, seed, code: '.' })
    expect(wrong).toEqual([])
    expect(answered).toBeGreaterThan(100)
  },
)

const faults: readonly (Edit & { readonly file: string; readonly trouble: Trouble; readonly says: RegExp })[] = [
  {
    name: 'SQLite commits first',
    file: 'writer.ts',
    find: '      if (this.#keep !== undefined) {\n        handedOver = true',
    replace:
      '      if (this.#keep !== undefined) {\n        this.#boundaries.commit()\n        this.#boundaries.begin()\n        handedOver = true',
    trouble: 'postgres killed over a record',
    says: /^read .* which was not kept$/,
  },
  {
    name: 'answers leave before PostgreSQL has answered',
    file: 'keeper/keeper.ts',
    find: '    const outcome = await this.#append(record)',
    replace: "    const outcome: string = 'kept'\n    void this.#append(record).catch(() => {})",
    trouble: 'postgres killed over a record',
    says: /^(done|read) .* which was not kept$/,
  },
  {
    name: 'the lease is not looked at',
    file: 'keeper/lease.ts',
    find: 'return !this.#fenced && this.#runtime.monotonicMs() < this.#untilMs',
    replace: 'return this.#untilMs > 0',
    trouble: 'network cut',
    says: /answered \d+ queries after b1 served$/,
  },
  {
    name: 'a lease is taken before it is over',
    file: 'keeper/lease.ts',
    find: 'const isOver = nowMs >= this.#seen.sinceMs + this.#leaseMs * (1 + margin)',
    replace: 'const isOver = nowMs >= this.#seen.sinceMs + 0.4 * this.#leaseMs * (1 + margin)',
    trouble: 'network cut',
    says: /answered \d+ queries after b1 served$/,
  },
]

/** Seconds in which a fault shows, as a busy machine may take one to serve; and who waits for an answer outlives the lease. */
const slow: KeeperTimes = { ...usualTimes, leaseMs: 6_000, renewEveryMs: 300, answerMs: 30_000 }

test.each(faults.map((fault, i) => [fault.name, fault, i] as const))('it is found that %s', async (_name, fault, i) => {
  const code = join(copies, `${i}`)
  for (const part of ['src', 'test/simulation/keeper', 'test/support/vouching.ts', 'package.json', 'tsconfig.json']) {
    mkdirSync(dirname(join(code, part)), { recursive: true })
    cpSync(part, join(code, part), { recursive: true })
  }
  editOnce(join(code, 'src/store', fault.file), fault)
  const { wrong } = await drill({ trouble: fault.trouble, seed: 1, code, times: slow })
  expect(wrong).toContainEqual(expect.stringMatching(fault.says))
})
