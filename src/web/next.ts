/** Where a visitor goes on after opening a voucher: a place of ours, never an address elsewhere. */
import type { Answer } from './page.ts'

/** What is not a path of ours, or could be read as another host, is left out. */
export function safeNext(next: string): string | undefined {
  return /^\/[a-z][\w/?=&.%+,-]*$/.test(next) ? next : undefined
}

/** A voucher has to be opened first, or once more; then it goes on at `next`, with everything that was typed. */
export function openFirst(next: string): Answer {
  return { goTo: `/?${new URLSearchParams({ next })}` }
}
