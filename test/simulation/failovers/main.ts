/** `npm run failovers -- [--count 200] [--seed 1] [--kind "node cut"] [--card]`: failovers of one cluster, which heals between them, and how long nobody was answered; `--card` keeps that for the capacity card. */
import { parseArgs } from 'node:util'
import { failoverValues } from '../../../bench/capacity/failover-figures.ts'
import { keepOnCard } from '../../../bench/capacity/main.ts'
import { median } from '../../../bench/ledger/turns.ts'
import { machine } from '../../../bench/machine.ts'
import { Cluster } from './cluster.ts'
import { failOver, writers } from './failover.ts'
import { isPossible } from './machines.ts'
import { type Kind, kinds } from './troubles.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    card: { type: 'boolean', default: false },
  },
})
const [count, first] = [Number(values.count), Number(values.seed)]
const named = Object.keys(kinds).filter(kind => values.kind === undefined || kind === values.kind) as Kind[]
if (!isPossible() || named.length === 0) {
  process.stderr.write(
    named.length === 0 ? `there is no such kind: ${Object.keys(kinds).join(', ')}\n` : 'namespaces are for root\n',
  )
  process.exit(2)
}

const on = machine()
const taken = new Map<Kind, number[]>()
let failures = 0
let answers = 0
let begun = Cluster.begin(writers)
// Whatever is up, or is about to be, goes with us.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void begun.then(each => each.end()).finally(() => process.exit(130)))
let cluster = await begun
try {
  for (let i = 0; i < count; i++) {
    const kind = named[i % named.length] as Kind
    const run = `${i + 1} of ${count}, seed ${first + i}, ${kind}`
    const done = await failOver(cluster, kind, first + i, `bank-${i}`).catch((error: Error) => error)
    if (done instanceof Error) {
      failures++
      process.stdout.write(`${run}: ${done.message}; the next has another cluster\n`)
      await cluster.end()
      begun = Cluster.begin(writers)
      cluster = await begun
      continue
    }
    const { wrong, answered, backAfterMs } = done
    answers += answered
    taken.set(kind, [...(taken.get(kind) ?? []), backAfterMs])
    failures += wrong.length > 0 || backAfterMs > kinds[kind].goalMs ? 1 : 0
    const found = wrong.length > 0 ? `: ${wrong.length} wrong, such as ${wrong.slice(0, 3).join('; ')}` : ''
    process.stdout.write(`${run}: ${backAfterMs} ms, ${answered} answered${found}\n`)
  }
} finally {
  await cluster.end()
}
process.stdout.write(`\n${'kind'.padEnd(43)} times  median ms  maximum ms  promised ms\n`)
for (const [kind, ms] of taken) {
  const cells = [ms.length, Math.round(median(ms)), Math.max(...ms), kinds[kind].goalMs]
  const [times = '', middle = '', most = '', promised = ''] = cells.map(String)
  process.stdout.write(
    `${kind.padEnd(43)} ${times.padStart(5)}  ${middle.padStart(9)}  ${most.padStart(10)}  ${promised.padStart(11)}\n`,
  )
}
process.stdout.write(`${answers} answered; ${failures} of ${count} failed\n`)
if (values.card)
  await keepOnCard('failovers', {
    command: `npm run failovers -- --count ${count} --seed ${first}`,
    on,
    values: failoverValues({ msByKind: taken, answered: answers, failed: failures }),
  })
process.exitCode = failures === 0 ? 0 : 1
