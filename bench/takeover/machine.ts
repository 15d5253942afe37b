/** Such a machine, as a process of its own, seen from outside. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Runtime, systemRuntime, withDeadline } from '../../src/runtime.ts'
import type { Postgres } from '../../test/support/postgres.ts'
import type { MachineOrder, Said, Task, Told } from './orders.ts'

const runtime: Runtime = systemRuntime
/** A million sales on a busy machine. */
const patienceMs = 3_600_000

export class Machine {
  readonly beganAtNs = process.hrtime.bigint()
  readonly #child: ChildProcess
  readonly #told: Told[] = []
  #heard: () => void = () => {}
  #ended: Error | undefined

  constructor(folder: string, postgres: Postgres | undefined, how: Pick<MachineOrder, 'isFirst' | 'leaseMs'>) {
    const keeper = postgres && keeperIn(postgres)
    this.#child = fork(fileURLToPath(new URL('./machine-program.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx'],
      // `bigint` passes.
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (told: Told) => {
      this.#told.push(told)
      this.#heard()
    })
    this.#child.once('exit', code => {
      this.#ended = new Error(`a machine ended with ${code}`)
      this.#heard()
    })
    this.#child.send({ folder, keeper, ...how } satisfies MachineOrder)
  }

  /** The first time that it said so, from what it has told since it was asked last. */
  async until(said: Said): Promise<Told> {
    const heard = async (): Promise<Told> => {
      for (;;) {
        const found = this.#told.find(each => each.said === said)
        if (found !== undefined) return found
        if (this.#ended !== undefined) throw this.#ended
        await new Promise<void>(resolve => {
          this.#heard = resolve
        })
      }
    }
    return withDeadline(runtime, `a machine that says "${said}"`, patienceMs, heard())
  }

  async do(task: Task): Promise<Told> {
    this.#told.length = 0
    this.#child.send(task)
    return this.until('done')
  }

  async kill(): Promise<void> {
    if (this.#ended !== undefined) return
    const gone = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }
}

function keeperIn(postgres: Postgres) {
  const { hosts, database, user } = postgres.place()
  return { hosts, database, user, password: postgres.password }
}
