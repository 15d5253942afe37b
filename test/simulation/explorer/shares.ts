/** Splits the exploration among two processes, as the machine that it must be quick on has two cores. */
import { type ChildProcess, fork } from 'node:child_process'
import type { LineName } from './line-name.ts'
import { type Exploration, Tally } from './tally.ts'
import type { Work } from './worker.ts'

const processes = 2

export type Explored = Readonly<Record<LineName, Exploration>>

/** In the order of the works. A process does one after another: making its world and its modules costs a second. */
export async function inProcesses(works: readonly Work[]): Promise<Exploration[]> {
  const results: Exploration[] = []
  const ahead = works.entries()
  const oneProcess = async () => {
    const child = fork('test/simulation/explorer/worker.ts', { execArgv: ['--import', 'tsx'] })
    try {
      for (const [index, work] of ahead) results[index] = await answerTo(child, work)
    } finally {
      child.disconnect()
    }
  }
  await Promise.all(Array.from({ length: processes }, oneProcess))
  return results
}

/** Everything about all lines, with or without every pair of consecutive answers. */
export async function exploreAll(): Promise<Explored> {
  const parts = 2
  const shares = Array.from({ length: parts }, (_, part) => ({ part, of: parts }))
  const [merchant, information, host, ...bank] = await inProcesses([
    { line: 'merchant' },
    { line: 'information' },
    { line: 'host' },
    ...shares.map((share): Work => ({ line: 'bank', share })),
  ])
  const sum = new Tally()
  for (const share of bank) sum.add(share)
  if (!merchant || !information || !host) throw new Error('a line was not explored')
  return { bank: sum.result(), merchant, information, host }
}

function answerTo(child: ChildProcess, work: Work): Promise<Exploration> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the explorer ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (answer: { exploration?: Exploration; failure?: string }) => {
      child.off('exit', ended)
      if (answer.exploration) resolve(answer.exploration)
      else reject(new Error(answer.failure))
    })
    child.send(work)
  })
}
