/**
 * Two machines whose books PostgreSQL keeps, and what may happen to them at any moment: nothing that was answered is lost, and nobody answers when another serves.
 * Of copies of the code with a fault the same drills say what is wrong.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
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
    trouble: 'postgres killed',
    says: /^read .* which was not kept$/,
  },
  {
    name: 'answers leave before PostgreSQL has answered',
    file: 'keeper/keeper.ts',
    find: '    const outcome = await this.#append(record)',
    replace: "    const outcome: string = 'kept'\n    void this.#append(record).catch(() => {})",
    trouble: 'postgres killed',
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

test.each(faults.map((fault, i) => [fault.name, fault, i] as const))('it is found that %s', async (_name, fault, i) => {
  const code = join(copies, `${i}`)
  for (const part of ['src', 'test/simulation/keeper', 'package.json', 'tsconfig.json']) {
    mkdirSync(dirname(join(code, part)), { recursive: true })
    cpSync(part, join(code, part), { recursive: true })
  }
  editOnce(join(code, 'src/store', fault.file), fault)
  for (const seed of [1, 2, 3, 4, 5]) {
    const { wrong } = await drill({ trouble: fault.trouble, seed, code })
    if (wrong.some(each => fault.says.test(each))) return
  }
  expect.fail('none of the drills has found it')
})
