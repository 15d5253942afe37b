/** A bank that writes to its customers, and a mail server that exists as a list. */
import { bothSign } from '../../demo/two-people.ts'
import type { ConfirmationsConfig } from '../../src/bank/confirmations/config.ts'
import type { MailAddress } from '../../src/bank/confirmations/mail-address.ts'
import { type Mail, type MailSender, NotSent } from '../../src/confirmations/sender.ts'
import type { Runtime } from '../../src/runtime.ts'
import { loadCatalogue } from '../../src/speech/speech.ts'
import { openPost } from '../../src/web/confirmations/post.ts'
import type { World } from './world.ts'

export const confirmations = {
  from: 'confirmations@harbour.example' as MailAddress,
  telephone: '9001',
  perDay: 20,
  keepDays: 30,
  smtp: { host: 'localhost', tls: 'none' },
} satisfies ConfirmationsConfig

export const adasAddress = 'Ada.Chen+bank@example.org'

/** Two people take down where the customer of an account is written to; empty: nowhere any more. */
export function leaveAddress({ harbour, runtime, staff }: World, account: string, address: string) {
  return bothSign(harbour, runtime, staff, 'set-address', { account, address })
}

/** `answers`: what the server does at each try, in turn; then it takes everything. */
export function listedMail(answers: ('take' | 'refuse' | 'away')[] = []) {
  const mails: Mail[] = []
  const sender: MailSender = {
    send: async mail => {
      mails.push(mail)
      const answer = answers.shift() ?? 'take'
      if (answer === 'refuse') throw new NotSent('EENVELOPE RCPT TO 550', true)
      if (answer === 'away') throw new NotSent('ECONNECTION CONN', false)
    },
  }
  return { mails, sender }
}

export function postOf(world: World, sender: MailSender, runtime: Runtime = world.runtime) {
  const { confirmations: waiting } = world.harbour
  if (waiting === undefined) throw new Error('this bank writes to nobody')
  return openPost({
    ...{ runtime, sender, catalogue: loadCatalogue('prompts'), config: confirmations, confirmations: waiting },
    bank: { id: world.harbour.bank.id, name: { en: 'Harbour Bank', zh: '海港银行' }, timeZone: 'Asia/Shanghai' },
    troubled: error => {
      throw error
    },
  })
}

/** What is due is sent, within a minute. `answers`: as those of `listedMail`. */
export async function sentNow(world: World, answers: Parameters<typeof listedMail>[0] = []): Promise<Mail[]> {
  const { mails, sender } = listedMail(answers)
  const post = postOf(world, sender)
  await world.runtime.sleep(60_000)
  await post.close()
  return mails
}
