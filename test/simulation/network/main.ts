/** `npm run simulate`: more seeds of the simulated network than a test has time for, or one of them again. */
import { parseArgs } from 'node:util'
import { replayOf, tell } from './story.ts'

const usage = `Tells stories of a network whose institutions die, lose messages and have their books put back.

  npm run simulate -- --seeds 2000 [--from 1]   so many seeds; prints each that fails, and the line that tells it again
  SEED=17 npm run simulate [-- --events]         one of them, and whatever happens in it`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    events: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
})
const one = process.env['SEED']

if (values.help) console.log(usage)
else {
  const from = Number(one ?? values.from)
  const count = one === undefined ? Number(values.seeds) : 1
  let failed = 0
  for (let seed = from; seed < from + count; seed++) {
    const { faults, putBack } = await tell(seed, values.events ? console.log : undefined)
    if (faults.length === 0) continue
    failed++
    console.log([`seed ${seed}:`, ...putBack, ...faults, replayOf(seed)].join('\n  '))
  }
  console.log(`${count} seeds from ${from}, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}
