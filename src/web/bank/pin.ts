/** A new PIN, typed twice, and signed for with a passkey on the next page. It counts on the telephone, too. */
import type { Trouble } from '../fields.ts'
import { askNewSecret } from '../new-secret.ts'
import type { Answer } from '../page.ts'
import { back } from './buy.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

export const changePin: BankPage = signedIn('/pin', {
  ask: async visit => asking(visit),

  answer: async (visit, session, sent) => {
    const { bank, words } = visit
    const again = (field: string, message: string) => asking(visit, [{ field, message }])
    const [next, repeated] = [sent.secret('next'), sent.secret('again')]
    if (next.length === 0) return again('next', words.say('page.bank.pin.new.missing'))
    const judged = await bank.judgePin({ account: session.customer.account, next })
    if (judged.outcome === 'too-easy') return again('next', words.say('page.bank.pin.weak'))
    if (next.reveal() !== repeated.reveal()) return again('again', words.say('page.password.different'))
    const { intent } = session.hold(visit.drawIntent(), { kind: 'pin', next })
    return { goTo: `/confirm?intent=${intent}` }
  },
})

function asking(visit: BankVisit, troubles: readonly Trouble[] = []): Answer {
  const { words } = visit
  const asked = {
    action: '/pin',
    carried: {},
    title: words.say('page.bank.pin.title'),
    label: words.say('page.bank.pin.new'),
    hint: words.say('page.bank.pin.new.hint'),
    go: words.say('page.continue'),
    back: back(words.say('page.bank.back')),
    maxlength: 12,
  }
  return askNewSecret(visit, asked, troubles)
}
