/** Signs out: whoever uses this browser next finds nothing open. */
import type { BankPage } from './visit.ts'

export const leave: BankPage = {
  path: '/leave',
  ask: async () => ({ goTo: '/' }),
  answer: async visit => {
    visit.left()
    return { goTo: '/' }
  },
}
