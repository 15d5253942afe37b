/** Writes down the statements of every command of a store, so that they can be replayed by hand. */
import type { Store } from '../../src/store/store.ts'
import type { RecordedStatement } from './raw-commits.ts'

export interface Recording {
  /** By command, in the order in which they ran. */
  readonly recorded: readonly RecordedStatement[][]
  stop(): void
}

/** Stands between an institution and its store. Until it is started it hands commands on untouched. */
export class Recorder {
  #commands: RecordedStatement[][] | undefined

  start(): Recording {
    const recorded: RecordedStatement[][] = []
    this.#commands = recorded
    return {
      recorded,
      stop: () => {
        this.#commands = undefined
      },
    }
  }

  beside(store: Store): Store {
    return {
      ...store,
      execute: (command, urgency) => {
        const commands = this.#commands
        if (commands === undefined) return store.execute(command, urgency)
        return store.execute(tx => {
          const statements: RecordedStatement[] = []
          commands.push(statements)
          return command({
            all: (sql, ...values) => {
              statements.push({ sql, values })
              return tx.all(sql, ...values)
            },
            one: (sql, ...values) => {
              statements.push({ sql, values })
              return tx.one(sql, ...values)
            },
            run: (sql, ...values) => {
              statements.push({ sql, values })
              return tx.run(sql, ...values)
            },
          })
        })
      },
    }
  }
}
