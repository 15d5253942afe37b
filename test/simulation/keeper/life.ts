/**
 * A machine of a drill: opens its books as they are kept, then writes and reads without an end. A line to standard output for each
 * request and answer, with the moment on the clock that all processes of a machine share. A line `maker n` to standard input is a request that
 * another life was asked and did not answer: it is asked again by its id; `close` ends it in order. Argument: `Machine` as JSON.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Runtime, systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { openKeptStore } from '../../../src/store/keeper/open-kept.ts'
import type { Store } from '../../../src/store/store.ts'
import { believing } from '../../support/vouching.ts'
import { closed, type Machine, noteTables, renewing, standingBy } from './says.ts'

const { name, folder, institution, keeper, times } = JSON.parse(process.argv[2] ?? '') as Machine

/** A pipe may be full when who reads it is busy. */
function say(what: string): void {
  const line = `${process.hrtime.bigint()} ${what}\n`
  for (;;)
    try {
      return void writeSync(1, line)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
}

/** The one clock of this process that wakes for something else than a look at another's lease is that of its own lease. */
const sleep: Runtime['sleep'] = async (ms, signal) => {
  await systemRuntime.sleep(ms, signal)
  if (ms !== times.lookEveryMs) say(renewing)
}

const store = await openKeptStore({
  runtime: { ...systemRuntime, sleep },
  at: { folder },
  migrations: noteTables,
  groupSize: 16,
  institution,
  vouching: believing,
  keeper: { ...keeper, password: new Secret(keeper.password) },
  times,
  standingBy: why => why === 'another process has the lease' && say(standingBy),
  lost: cause => {
    say(`lost ${String(cause)}`)
    process.exit(1)
  },
})
say('serving')
// The lease may be over by now.
await tellWhatIsSeen(store).catch(() => {})
createInterface({ input: process.stdin }).on('line', line => {
  if (line === 'close') return void close()
  const [maker = '', n = ''] = line.split(' ')
  void write(store, maker, BigInt(n)).catch(() => {})
})
void reads(store)
await writes(store)

async function close(): Promise<void> {
  await store.close()
  say(closed)
  process.exit()
}

/** `sees maker n-n n-n …` for what each maker has made, before anything is written here; in lines that a pipe takes whole. */
async function tellWhatIsSeen(store: Store): Promise<void> {
  const runs = await store.read(tx =>
    tx.all<{ maker: string; first: bigint; last: bigint }>(
      `SELECT maker, min(n) AS first, max(n) AS last
         FROM (SELECT maker, n, n - row_number() OVER (PARTITION BY maker ORDER BY n) AS run FROM note)
         GROUP BY maker, run`,
    ),
  )
  for (const maker of new Set(runs.map(run => run.maker))) {
    const own = runs.filter(run => run.maker === maker).map(({ first, last }) => `${first}-${last}`)
    for (let i = 0; i < own.length; i += 50) say(`sees ${maker} ${own.slice(i, i + 50).join(' ')}`)
  }
  say('sees no more')
}

/** However often it is asked. */
async function write(store: Store, maker: string, n: bigint): Promise<void> {
  await store.execute(async tx => {
    const made = await tx.run('INSERT INTO note (maker, n) VALUES (?, ?) ON CONFLICT DO NOTHING', maker, n)
    if (made === 1n) await tx.run('UPDATE tally SET made = made + 1')
  })
  say(`done ${maker} ${n}`)
}

async function writes(store: Store): Promise<void> {
  for (let n = 0n; ; ) {
    const group = Array.from({ length: 8 }, () => n++)
    say(`asked ${name} ${group[0]} ${group.at(-1)}`)
    const ended = group.map(id => write(store, name, id))
    const refused = (await Promise.allSettled(ended)).some(({ status }) => status === 'rejected')
    if (refused) await systemRuntime.sleep(5)
  }
}

async function reads(store: Store): Promise<void> {
  const last = 'SELECT max(n) AS n FROM note WHERE maker = ?'
  for (;;) {
    const row = await store.read(tx => tx.one<{ n: bigint | null }>(last, name)).catch(() => undefined)
    if (row !== undefined) say(`read ${name} ${row.n ?? -1n}`)
    await systemRuntime.sleep(2)
  }
}
