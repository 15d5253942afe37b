/**
 * better-sqlite3 12, mended for Node 24.19 and later. There an object of this package that is collected while no JavaScript
 * runs, as in an idle moment, ends the process (`RemoveEnvironmentCleanupHook`: `env != nullptr`). So databases, statements and
 * iterators are kept for as long as the process lives: the store prepares each text once for a connection, and only audits and
 * checkpoints iterate, once for each table, so that they are few.
 * Version 13 has no such objects any more, but does not load in Node 20.
 */
import Database from 'better-sqlite3'

export { Database }

/** @param node such as `24.19.0` */
export function abortsOnCollection(node: string): boolean {
  const [major = 0, minor = 0] = node.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 19)
}

if (abortsOnCollection(process.versions.node)) keepAll()

/** Every statement comes from the native database that stands behind each `Database`, those of `pragma` and `transaction` too. */
export function keepAll(): void {
  const kept = new Set<object>()
  const first = new Database(':memory:')
  const native = Object.getOwnPropertySymbols(first)
    .map(symbol => Reflect.get(first, symbol))
    .find(each => typeof each?.prepare === 'function')
  if (native === undefined) throw new Error('better-sqlite3 is another version than the one that is mended here')
  kept.add(native)
  keepWhatComesOf(native, 'prepare', kept)
  keepWhatComesOf(first.prepare('SELECT 1'), 'iterate', kept)
  first.close()
}

/** `from`: one of a kind, all of which keep what they make by this method, and themselves. */
function keepWhatComesOf(from: object, method: 'prepare' | 'iterate', kept: Set<object>): void {
  const kind = Object.getPrototypeOf(from) as Record<typeof method, (...how: unknown[]) => object>
  const make = kind[method]
  kind[method] = function keeping(this: object, ...how: unknown[]) {
    const made = make.apply(this, how)
    kept.add(this).add(made)
    return made
  }
}
