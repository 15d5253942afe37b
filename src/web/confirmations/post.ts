/** Carries what customers are told in writing to the bank's mail server, until it is taken or given up. */
import { createHash } from 'node:crypto'
import type { ConfirmationsConfig } from '../../bank/confirmations/config.ts'
import type { Confirmations, Mailing } from '../../bank/confirmations/outbox.ts'
import { Carrier } from '../../carrier.ts'
import { type Mail, type MailSender, NotSent } from '../../confirmations/sender.ts'
import type { InstitutionId } from '../../ids.ts'
import type { SpokenName } from '../../languages.ts'
import type { Runtime } from '../../runtime.ts'
import type { Catalogue } from '../../speech/speech.ts'
import { Words } from '../words.ts'
import { type Writer, written } from './text.ts'

export interface PostParts {
  readonly runtime: Runtime
  readonly bank: { readonly id: InstitutionId; readonly name: SpokenName; readonly timeZone: string }
  readonly config: Pick<ConfirmationsConfig, 'from' | 'telephone'>
  readonly catalogue: Catalogue
  readonly confirmations: Confirmations
  readonly sender: MailSender
  readonly troubled: (error: unknown) => void
}

export function openPost(parts: PostParts): { close(): Promise<void> } {
  const { runtime, bank, config, catalogue, confirmations, sender, troubled } = parts
  const words = { en: new Words(catalogue, 'en', bank.timeZone), zh: new Words(catalogue, 'zh', bank.timeZone) }
  const writer = { name: bank.name, telephone: config.telephone, words }
  return new Carrier<Mailing>({
    ...{ runtime, troubled },
    // Nobody wakes it: whoever waits for a mail waits for minutes.
    ...{ what: 'a mail', deadlineMs: 60_000, mostAtOnce: 4, longestSleepMs: 10_000 },
    next: except => confirmations.next(except),
    placeOf: ({ account, dueAt }) => ({ addressee: account, dueAt }),
    send: (mailing, late) => sender.send(mailOf(mailing, writer, { id: bank.id, from: config.from }), late),
    arrived: mailing => confirmations.sent(mailing),
    failed: (mailing, error) =>
      error instanceof NotSent
        ? confirmations.failed(mailing, error.message, error.isFinal)
        : confirmations.failed(mailing, error instanceof Error ? error.name : 'no answer', false),
  })
}

function mailOf(mailing: Mailing, writer: Writer, { id, from }: { readonly id: string; readonly from: string }): Mail {
  const { subject, text } = written(mailing, writer)
  const [first] = mailing.confirmations
  // It names no account, and is the same at every try, so that a mailbox that has it shows it once; of what tells something else it is another.
  const name = createHash('sha256')
    .update(`${id} ${mailing.ids.join(' ')}`)
    .digest('hex')
    .slice(0, 32)
  return {
    messageId: `${name}${from.slice(from.lastIndexOf('@'))}`,
    from: { name: writer.name[mailing.language ?? 'en'], address: from },
    ...{ to: mailing.address, subject, text, at: first?.at ?? mailing.dueAt },
  }
}
