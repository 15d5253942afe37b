/** Files with passwords, which nobody but their owner reads. */
import { statSync } from 'node:fs'
import { CannotDo } from './cannot-do.ts'
import { orExplain } from './explain.ts'

/** @returns `file` @throws CannotDo when others may read it; `what` begins the sentence where it cannot be looked at */
export function ownersAlone(file: string, what: string): string {
  const isOpen = orExplain(what, () => (statSync(file).mode & 0o077) !== 0)
  if (isOpen) throw new CannotDo(`${file} is a password that others may read: chmod 600 ${file}`)
  return file
}
