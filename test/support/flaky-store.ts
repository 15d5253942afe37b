/**
 * A store that makes commands run again, as PostgreSQL's serializable isolation does: a statement or the commit fails with
 * "could not serialize access" (SQLSTATE 40001), everything is undone, and the command starts over. Commands that have any
 * effect besides their transaction, or that swallow errors, do not survive it.
 */
import type { Store, Tx } from '../../src/store/store.ts'

class SerializationFailure extends Error {}

/** `chance` is drawn once per statement and once per commit: true fails it. */
export function flakyStore(store: Store, chance: () => boolean): Store & { readonly retries: () => number } {
  let retries = 0
  // Counted here, as the store itself runs a command again when its group has a failing one.
  const draw = () => {
    if (!chance()) return
    retries++
    throw new SerializationFailure()
  }
  const unlucky = (tx: Tx): Tx => {
    return {
      all: async (sql, ...values) => {
        draw()
        return tx.all(sql, ...values)
      },
      one: async (sql, ...values) => {
        draw()
        return tx.one(sql, ...values)
      },
      run: async (sql, ...values) => {
        draw()
        return tx.run(sql, ...values)
      },
    }
  }
  return {
    ...store,
    execute: async (command, urgency) => {
      for (;;) {
        try {
          return await store.execute(async tx => {
            const outcome = await command(unlucky(tx))
            draw()
            return outcome
          }, urgency)
        } catch (error) {
          if (!(error instanceof SerializationFailure)) throw error
        }
      }
    },
    retries: () => retries,
  }
}
