/** Processes that do works of one kind, some at a time, as the machine that tests must be quick on has two cores. */
import { type ChildProcess, fork } from 'node:child_process'

const processes = 2

/** A work takes seconds or a few minutes. One that takes longer waits for what never comes, and its process is ended. */
const longestWorkMs = 20 * 60_000

interface Options<Result> {
  /** Called as each is answered. */
  readonly done?: (index: number, result: Result) => void
  /** After so many works a process ends, and another goes on. */
  readonly worksEach?: number
}

/** Processes of one file that are asked again and again: each is started when it is first needed, and kept. */
export class Processes {
  readonly #file: string
  /** Those that wait for a work. */
  readonly #idle: Worker[] = []
  readonly #started = new Set<Worker>()

  /** `file`: one that calls `answerEach`. */
  constructor(file: string) {
    this.#file = file
  }

  /**
   * What they answer to each of the works, in their order. A process does one after another: making its world and its modules costs
   * seconds.
   */
  async answers<Work extends object, Result>(
    works: readonly Work[],
    { done = () => {}, worksEach = Number.POSITIVE_INFINITY }: Options<Result> = {},
  ): Promise<Result[]> {
    const results: Result[] = []
    const ahead = works.entries()
    const oneProcess = async () => {
      let worker: Worker | undefined
      let worked = 0
      for (const [index, work] of ahead) {
        if (worked++ % worksEach === 0) {
          worker?.dismiss()
          worker = this.#take()
        }
        const result = await (worker as Worker).answer<Result>(work)
        results[index] = result
        done(index, result)
      }
      if (worker !== undefined) this.#idle.push(worker)
    }
    try {
      await Promise.all(Array.from({ length: processes }, oneProcess))
      return results
    } catch (error) {
      // Where one fails the others are in the midst of a work that nobody waits for.
      this.end()
      throw error
    }
  }

  end(): void {
    for (const worker of this.#started) worker.end()
    this.#started.clear()
    this.#idle.splice(0)
  }

  #take(): Worker {
    const waiting = this.#idle.pop()
    if (waiting !== undefined) return waiting
    const worker = new Worker(this.#file)
    this.#started.add(worker)
    return worker
  }
}

/** The same of processes that nobody needs afterwards. */
export async function inProcesses<Work extends object, Result>(
  file: string,
  works: readonly Work[],
  options: Options<Result> = {},
): Promise<Result[]> {
  const all = new Processes(file)
  try {
    return await all.answers(works, options)
  } finally {
    all.end()
  }
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

/** A process, and what it was asked last. Its end is heard of at any time: between two works, too. */
class Worker {
  readonly #child: ChildProcess
  readonly #ended: Promise<never>

  constructor(file: string) {
    this.#child = fork(file, { execArgv: ['--import', 'tsx'] })
    this.#ended = new Promise((_, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (code, signal) =>
        reject(new Error(`a process that does works ended with ${code ?? signal}`)),
      )
    })
    this.#ended.catch(() => {})
  }

  /** Rejects when the process fails, ends, or takes so long that it will never answer: then it is ended. */
  async answer<Result>(work: object): Promise<Result> {
    const answered = new Promise<Result>((resolve, reject) => {
      this.#child.once('message', (answer: { result?: Result; failure?: string }) => {
        if (answer.failure === undefined) resolve(answer.result as Result)
        else reject(new Error(answer.failure))
      })
    })
    const tooLong = setTimeout(() => this.#child.kill('SIGKILL'), longestWorkMs)
    try {
      if (this.#child.connected) this.#child.send(work)
      return await Promise.race([answered, this.#ended])
    } finally {
      clearTimeout(tooLong)
    }
  }

  dismiss(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}

function explain(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  return failure.cause ? `${failure.stack}\nbecause ${explain(failure.cause)}` : String(failure.stack)
}
