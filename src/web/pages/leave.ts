/** Lays the voucher away: whoever uses this browser next does not find it open. */
import { safeNext } from '../next.ts'
import type { Page } from '../page.ts'

export const leave: Page = {
  path: '/leave',
  ask: async () => ({ goTo: '/' }),
  answer: async (visit, sent) => {
    visit.left()
    return { goTo: safeNext(sent.text('next')) ?? '/' }
  },
}
