/** Lays the voucher away: whoever uses this browser next does not find it open. */
import type { Page } from '../page.ts'

export const leave: Page = {
  path: '/leave',
  ask: async () => ({ goTo: '/' }),
  answer: async visit => {
    visit.left()
    return { goTo: '/' }
  },
}
