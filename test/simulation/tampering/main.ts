/** `npm run tamper -- 20000 [seed]`: random one-byte changes to stored values, in batches; ends with 1 when one was not found. */
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { honestBooks } from './books.ts'
import { missedAmong } from './bytes.ts'

const [count = '20000', seed = '1'] = process.argv.slice(2)
const runtime = new VirtualRuntime({ seed: Number(seed) })
const books = Object.values(await honestBooks())
const missed: string[] = []
const step = 500
for (let made = 0; made < Number(count); made += step) {
  missed.push(...(await missedAmong(Math.min(step, Number(count) - made), books, runtime)))
  process.stdout.write(`${Math.min(made + step, Number(count))} changes, ${missed.length} not found\n`)
}
for (const each of missed) process.stdout.write(`${each}\n`)
process.exitCode = missed.length > 0 ? 1 : 0
