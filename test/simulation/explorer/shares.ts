/** Splits the exploration among two processes, as the machine that it must be quick on has two cores. */
import { fork } from 'node:child_process'
import { type Exploration, Tally } from './tally.ts'
import type { Work } from './worker.ts'

const processes = 2

/** Each piece of work in a process of its own, two at a time. In the order of the works. */
export async function inProcesses(works: readonly Work[]): Promise<Exploration[]> {
  const results: Exploration[] = []
  const ahead = works.entries()
  const taking = async () => {
    for (const [index, work] of ahead) results[index] = await inProcess(work)
  }
  await Promise.all(Array.from({ length: processes }, taking))
  return results
}

/** Everything about both lines. */
export async function exploreAll(): Promise<{ bank: Exploration; merchant: Exploration }> {
  const parts = 2
  const bankShares = Array.from({ length: parts }, (_, part): Work => ({ line: 'bank', share: { part, of: parts } }))
  const [merchant, ...bank] = await inProcesses([{ line: 'merchant' }, ...bankShares])
  const sum = new Tally()
  for (const share of bank) sum.add(share)
  if (!merchant) throw new Error('the merchant was not explored')
  return { bank: sum.result(), merchant }
}

function inProcess(work: Work): Promise<Exploration> {
  return new Promise((resolve, reject) => {
    const child = fork('test/simulation/explorer/worker.ts', { execArgv: ['--import', 'tsx'] })
    child.once('message', (answer: { exploration?: Exploration; failure?: string }) =>
      answer.exploration ? resolve(answer.exploration) : reject(new Error(answer.failure)),
    )
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`a process of the explorer ended with ${code}`)))
    child.send(work)
  })
}
