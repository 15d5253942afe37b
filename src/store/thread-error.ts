/** Errors on their way out of a thread. */
import { Database } from './driver.ts'

/** As it can be thrown out of a thread: SQLite's own are no native errors, and whoever waits outside would get their code and not one word. */
export function thrownOut(error: unknown): unknown {
  return error instanceof Database.SqliteError ? new Error(`${error.message} (${error.code})`) : error
}
