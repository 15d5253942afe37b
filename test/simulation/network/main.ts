/** `npm run simulate`: more seeds of the simulated network than a test has time for, or one of them again. */
import { parseArgs } from 'node:util'
import { findFaults, record } from './find-faults.ts'
import { moneyFaults } from './money-faults.ts'
import { replayOf, tell } from './story.ts'

const usage = `Tells stories of a network whose institutions die, lose messages and have their books put back.

  npm run simulate -- --seeds 2000 [--from 1]   so many seeds; prints each that fails, and the line that tells it again
  SEED=17 npm run simulate [-- --events]         one of them, and whatever happens in it
  npm run simulate -- --faults [--seeds 2000]     puts faults into copies of the code, and records which seed finds each`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    faults: { type: 'boolean', default: false },
    events: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
})
const one = process.env['SEED']

if (values.help) console.log(usage)
else if (values.faults) await seekFaults(Number(values.seeds))
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

async function seekFaults(most: number): Promise<void> {
  const found = await findFaults(moneyFaults, most, (name, by) => {
    console.log(by === undefined ? `NOT FOUND  ${name}` : `${String(by.seed).padStart(9)}  ${name}: ${by.found}`)
  })
  record(found)
  console.log(`${moneyFaults.length} faults, ${Object.keys(found).length} found`)
  if (Object.keys(found).length < moneyFaults.length) process.exitCode = 1
}
