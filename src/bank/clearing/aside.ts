/**
 * Files whose next step fails, for whatever reason: they are set aside so that those of other payees go on, and are tried again when
 * nothing else is due. One that fails again and again is an alarm. Kept in memory only, as a start tries each anew.
 */
import { raiseAlarmOnce } from '../../alarm.ts'
import { now } from '../../runtime.ts'
import type { Branch } from '../branch.ts'
import type { FileRow } from './files.ts'

/** Once may be a disk that was busy. */
const failuresToTell = 3

export class FilesAside {
  readonly #branch: Branch
  readonly #aside = new Map<string, unknown>()
  readonly #failures = new Map<string, number>()

  constructor(branch: Branch) {
    this.#branch = branch
  }

  /** The first that is not aside. */
  next(due: readonly FileRow[]): FileRow | undefined {
    return due.find(file => !this.#aside.has(nameOf(file)))
  }

  /** Carries out a step of a file. */
  async guard(file: FileRow, step: () => Promise<void>): Promise<void> {
    const name = nameOf(file)
    try {
      await step()
      this.#failures.delete(name)
    } catch (error) {
      this.#aside.set(name, error)
      const failures = (this.#failures.get(name) ?? 0) + 1
      this.#failures.set(name, failures)
      if (failures >= failuresToTell) await this.#tell(file)
    }
  }

  /** Takes back what is aside, when nothing else is due. @throws why, so that it is tried again after a pause */
  retry(): void {
    const errors = [...this.#aside.values()]
    this.#aside.clear()
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1) throw new AggregateError(errors, 'files of several payees do not go on')
  }

  async #tell({ payee, number, date }: FileRow): Promise<void> {
    const { store, config } = this.#branch
    const detail = `file ${number} of ${date} does not go on: the log says why`
    const alarm = { peer: payee, kind: 'day-end-contradicted', detail, at: now(this.#branch) } as const
    await store.execute(tx => raiseAlarmOnce(tx, config.id, alarm))
  }
}

const nameOf = ({ payee, number }: FileRow) => `${payee} ${number}`
