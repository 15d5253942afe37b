/** Processes that do works of one kind, some at a time, as the machine that tests must be quick on has two cores. */
import { type ChildProcess, fork } from 'node:child_process'

const processes = 2

interface Options<Result> {
  /** Called as each is answered. */
  readonly done?: (index: number, result: Result) => void
  /** After so many works a process ends, and another goes on. */
  readonly worksEach?: number
}

/**
 * What `worker` answers to each of the works, in their order. A process does one after another: making its world and its
 * modules costs a second. `worker`: a file that calls `answerEach`.
 */
export async function inProcesses<Work extends object, Result>(
  worker: string,
  works: readonly Work[],
  { done = () => {}, worksEach = Number.POSITIVE_INFINITY }: Options<Result> = {},
): Promise<Result[]> {
  const results: Result[] = []
  const ahead = works.entries()
  const oneProcess = async () => {
    let child: ChildProcess | undefined
    let worked = 0
    try {
      for (const [index, work] of ahead) {
        if (worked++ % worksEach === 0) {
          child?.disconnect()
          child = fork(worker, { execArgv: ['--import', 'tsx'] })
        }
        const result = await answerTo<Result>(child as ChildProcess, work)
        results[index] = result
        done(index, result)
      }
    } finally {
      child?.disconnect()
    }
  }
  await Promise.all(Array.from({ length: processes }, oneProcess))
  return results
}

/** In the process: answers each work by what `work` makes of it. */
export function answerEach<Work>(work: (work: Work) => Promise<unknown>): void {
  process.on('message', (message: Work) => {
    work(message).then(
      result => process.send?.({ result }),
      failure => process.send?.({ failure: explain(failure) }),
    )
  })
}

function answerTo<Result>(child: ChildProcess, work: object): Promise<Result> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process that does works ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (answer: { result?: Result; failure?: string }) => {
      child.off('exit', ended)
      if (answer.failure !== undefined) reject(new Error(answer.failure))
      else resolve(answer.result as Result)
    })
    child.send(work)
  })
}

function explain(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  return failure.cause ? `${failure.stack}\nbecause ${explain(failure.cause)}` : String(failure.stack)
}
