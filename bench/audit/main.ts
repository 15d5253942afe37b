/**
 * How many rows of a bank's and a payee's books an audit proves in a second, everything included: pages, indexes, hashes,
 * holds, balances and the identities of the business. And whether a row of a long book costs more than one of a short book.
 */
import { auditReport } from '../../src/ledger/audit/audit.ts'
import type { BenchReport } from '../report.ts'
import { type Book, bankBook, payeeBook } from './books.ts'

const shortRows = 10_000

interface Run {
  readonly ms: number
  readonly cpuMs: number
}

export async function auditBench(options: { readonly quick: boolean }): Promise<BenchReport> {
  const longRows = options.quick ? 200_000 : 1_000_000
  const measured = []
  for (const make of [bankBook, payeeBook]) {
    const short = await measure(await make(shortRows), options.quick ? 5 : 15)
    const long = await measure(await make(longRows), options.quick ? 1 : 3)
    measured.push({ short, long, growth: long.cpuUsPerRow / short.cpuUsPerRow })
  }
  const [bank, payee] = measured
  if (bank === undefined || payee === undefined) throw new Error('two books are measured')
  const slower = Math.min(bank.long.rowsPerSecond, payee.long.rowsPerSecond)
  const growth = Math.max(bank.growth, payee.growth)
  const each = (of: typeof bank) =>
    `${of.long.rows} rows in ${(of.long.ms / 1_000).toFixed(1)} s (${(of.long.cpuMs / 1_000).toFixed(1)} s of a core)`
  return {
    bench: 'audit',
    figures: [
      {
        name: 'rowsPerSecond',
        ours: slower,
        reference: 50_000,
        ratio: slower / 50_000,
        goal: '≥ 50,000',
        met: slower >= 50_000,
        note: `of all tables, by the clock, the slower of two books; bank: ${each(bank)}, payee: ${each(payee)}`,
      },
      {
        name: 'costPerRowGrowth',
        ours: growth,
        reference: 1,
        ratio: growth,
        goal: `≤ 1.3 from 10⁴ rows to ${options.quick ? '2 × 10⁵' : '10⁶'}`,
        met: growth <= 1.3,
        note: `processor time per row, the worse of two books: bank ${bank.growth.toFixed(2)}, payee ${payee.growth.toFixed(2)}`,
      },
    ],
  }
}

async function measure(book: Book, times: number) {
  try {
    const options = {
      signer: book.signer,
      keys: book.keys.publicKeys().filter(({ purpose }) => purpose === 'ledger'),
      identities: book.identities,
    }
    const runs: Run[] = []
    // The first one is the compiler's.
    for (let i = 0; i <= times; i++) {
      const [start, used] = [performance.now(), process.cpuUsage()]
      const { findings } = await auditReport({ folder: book.folder }, options)
      const { user, system } = process.cpuUsage(used)
      if (findings.length > 0) throw new Error(`the book is wrong: ${findings[0]?.what}`)
      if (i > 0) runs.push({ ms: performance.now() - start, cpuMs: (user + system) / 1_000 })
    }
    const middle = (of: (run: Run) => number) => runs.map(of).sort((a, b) => a - b)[Math.floor(runs.length / 2)] ?? 0
    const [ms, cpuMs] = [middle(run => run.ms), middle(run => run.cpuMs)]
    return {
      rows: book.rows,
      ms,
      cpuMs,
      rowsPerSecond: (book.rows / ms) * 1_000,
      cpuUsPerRow: (cpuMs / book.rows) * 1_000,
    }
  } finally {
    book.dispose()
  }
}
