/** The process that drives the readers, seen from here: what it reports, and one request at a time, each with a deadline. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Absence, CardRemoved } from '../../card/apdu/secure-element.ts'
import { DeadlineExceeded, type Runtime, withDeadline } from '../../runtime.ts'
import { absenceOf, parseReport, type Reader, type ReaderReport, type ReaderRequest } from './messages.ts'

/** Starting, and reaching the service: 0.1 s, on a machine that is busy many times that. */
const startMs = 20_000
/** The slowest card takes a second or two to sign. */
const answerMs = 10_000

type Done = Extract<ReaderReport, { is: 'done' }>

export class DriverProcess {
  readonly #child: ChildProcess
  readonly #runtime: Runtime
  #readers: readonly Reader[] | undefined
  /** Why it is of no more use. */
  #absence: Absence | undefined
  /** Told whenever anything changes. */
  #onChange = () => {}
  #answer: Done | undefined

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.#child = fork(fileURLToPath(new URL('./driver.mjs', import.meta.url)), {
      execArgv: [],
      serialization: 'advanced',
    })
    this.#child.on('message', message => this.#hear(parseReport(message)))
    // Of a service that went away the package may take its process with it.
    this.#child.on('exit', () => this.#end('no-service'))
    this.#child.on('error', () => this.#end('no-service'))
  }

  /** What `look` finds among the readers, now or after a change; undefined when there was nothing in time. @throws CardRemoved */
  async find<T>(look: (readers: readonly Reader[]) => T | undefined, ms: number): Promise<T | undefined> {
    await this.readers()
    return this.#until('readers', ms, () => this.#readers && look(this.#readers))
  }

  /** All that there are. @throws CardRemoved */
  async readers(): Promise<readonly Reader[]> {
    const readers = await this.#until('the driver of readers', startMs, () => this.#readers)
    if (readers === undefined) throw new CardRemoved('no-service')
    return readers
  }

  /** @throws CardRemoved */
  async ask(request: ReaderRequest): Promise<Done> {
    this.#answer = undefined
    if (this.#child.connected) this.#child.send(request)
    const answer = await this.#until(request.do, answerMs, () => this.#answer)
    if (answer === undefined) throw new CardRemoved('no-answer')
    return answer
  }

  /** Whatever it holds is given back by the service. */
  async kill(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  #hear(report: ReaderReport): void {
    switch (report.is) {
      case 'readers':
        this.#readers = report.readers
        break
      case 'done':
        this.#answer = report
        break
      case 'failed':
      case 'over':
        this.#absence ??= absenceOf(report.code)
        break
      case 'not-built':
        this.#absence ??= report.is
        break
    }
    this.#onChange()
  }

  #end(why: Absence): void {
    this.#absence ??= why
    this.#onChange()
  }

  async #until<T>(what: string, ms: number, look: () => T | undefined): Promise<T | undefined> {
    const found = new Promise<T>((resolve, reject) => {
      this.#onChange = () => {
        if (this.#absence) return reject(new CardRemoved(this.#absence))
        const seen = look()
        if (seen !== undefined) resolve(seen)
      }
    })
    this.#onChange()
    try {
      return await withDeadline(this.#runtime, what, ms, found)
    } catch (error) {
      if (error instanceof DeadlineExceeded) return undefined
      throw error
    } finally {
      this.#onChange = () => {}
    }
  }
}
