/** Copies what only its owner may read: what is copied has the rights of what it is copied from. */
import { cpSync } from 'node:fs'

/**
 * A file, or a folder with all that is in it. `isWanted`: asked of each path in `from`.
 *
 * Node's `cpSync` keeps the rights of folders only where it is given a filter: without one, Node 24 makes them anew, open to all.
 */
export function copyPrivate(from: string, to: string, isWanted: (source: string) => boolean = () => true): void {
  cpSync(from, to, { recursive: true, filter: isWanted })
}
