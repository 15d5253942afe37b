/** `npm run guess`: more probes than a test has time for, at the tests' cost of a comparison or at that of the field. */
import { parseArgs } from 'node:util'
import { guess } from './probe.ts'

const usage = `Guesses at vouchers from many telephones and pages, on virtual time, and says whatever is found or told apart.

  npm run guess -- --probes 1000000 [--seed 1]   as many probes; comparing costs what it costs in tests
  npm run guess -- --probes 20000 --full-cost    comparing costs what it costs in the field`

const { values } = parseArgs({
  options: {
    probes: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    'full-cost': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) console.log(usage)
else {
  const { probes, findings } = await guess({
    probes: Number(values.probes),
    seed: Number(values.seed),
    isFullCost: values['full-cost'],
  })
  console.log([`${probes} probes, ${findings.length} findings`, ...findings].join('\n'))
  process.exitCode = findings.length > 0 ? 1 : 0
}
