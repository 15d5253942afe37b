/**
 * A host's letters: banks ask it to take on a payee, or say that one is paid no more; whatever else comes is about one of its
 * payees, and that one's business.
 */
import { withCheckDigits } from '../../check-digits.ts'
import { type InstitutionId, parseInstitutionId } from '../../ids.ts'
import type { KeyStore } from '../../keys/keys.ts'
import { isPlainText } from '../../languages.ts'
import { accepted, refused, takenLetter } from '../../mail/inbox.ts'
import { type Letter, type LetterType, letters as shapes } from '../../mail/messages.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandler, LetterHandlers } from '../../mail/reception.ts'
import { now, type Runtime } from '../../runtime.ts'
import { Secret } from '../../secret.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { epochOf } from '../../store/tenants.ts'
import { grant } from '../ceiling.ts'
import { noteRecalls } from '../clearing/recall.ts'
import { openBooks } from '../open-shop.ts'
import type { HostConfig } from './config.ts'
import type { HostDayEnd } from './day-end/day-end.ts'
import { askedFor, close, hostedBy, takeOn } from './hosted.ts'
import { introduceToAll, introductionAnswers, tellClosed } from './introduce.ts'
import type { Payees } from './payees.ts'

interface Office {
  readonly config: HostConfig
  readonly keys: KeyStore
  readonly runtime: Runtime
  readonly payees: Payees
  readonly dayEnd: Pick<HostDayEnd, 'letters'>
}

/** About one payee, whose id they name. */
const ofPayees = [
  'stock-order',
  'voucher-batch',
  'grant',
  'activation',
  'voucher-lost',
  'voucher-cleared',
  'records-unsold',
  'day-end-file',
  'day-end-lines',
  'day-end-breaks',
  'day-end-result',
  'day-end-refused',
  'day-end-recall',
  'day-end-held',
  'day-end-held-lines',
] as const satisfies readonly LetterType[]

type OfPayee = (typeof ofPayees)[number]

export function hostLetters(office: Office): LetterHandlers {
  const passed = Object.fromEntries(ofPayees.map(type => [type, passedOn(office, type)]))
  return {
    ...passed,
    ...office.dayEnd.letters(),
    'payee-application': applications(office),
    'payee-introduced': introductionAnswers({ ...office, host: office.config.id }),
    'payee-closed': closings(office),
  }
}

/** To the payee that a letter names, and to nobody for whom its bank does not speak. */
function passedOn<T extends OfPayee>({ payees }: Office, type: T): LetterHandler<T> {
  const concerned = new Set<LetterHandler<T>>()
  return {
    judge: async (tx, bank, body, prepared, place) => {
      const payee = await payees.of(tx, bank, body.payee)
      const handler = payee?.letters[type] as LetterHandler<T> | undefined
      if (payee === undefined || handler?.judge === undefined) return refused('not about a payee of this host')
      if (type === 'stock-order' && payee.isClosed) return refused('it is paid no more')
      concerned.add(handler)
      return handler.judge(tx, bank, body, prepared, place)
    },
    // Whose it was is in the letter, which is read no more: each looks among its own.
    forgotten: async (tx, bank, place) => {
      for (const { letters } of payees.all) await (letters[type] as LetterHandler<T>)?.forgotten?.(tx, bank, place)
    },
    afterwards: () => {
      for (const handler of concerned) handler.afterwards?.()
      concerned.clear()
    },
    answered: async (tx, bank, place, verdict, body) => {
      const named = await payees.of(tx, bank, body?.payee)
      // Of what carries secrets, or was replaced, it is not known whose it was: each looks among its own.
      for (const { letters } of named === undefined ? payees.all : [named]) {
        const handler = letters[type] as LetterHandler<T> | undefined
        await handler?.answered?.(tx, bank, place, verdict, body)
      }
    },
  }
}

/** Takes a payee on and vouches for it. The name is told in part to strangers, so that this host knows no more of it. */
function applications({ config, keys, runtime, payees }: Office): LetterHandler<'payee-application'> {
  return {
    prepare: (bank, { application }) => drawNumbers(keys, config, bank, application),
    judge: async (tx, bank, body, prepared) => {
      const { application, account, name } = body as Letter<'payee-application'>
      if ((await askedFor(tx, config.id, bank, application)) !== undefined) return accepted
      // Calls speak it, here and at other banks.
      if (!Object.values(name).every(isPlainText)) return refused('its name is not plain text')
      const number = await firstFree(tx, config.id, prepared as readonly string[])
      const payee = number && parseInstitutionId(`${config.id}-${number}`)
      if (!number || !payee) return refused('no number is free')
      const at = now({ runtime })
      const who = { payee, number, bank, application, account, name, isClosed: false }
      await takeOn(tx, config.id, who, at)
      const { shop } = payees.open(who)
      await openBooks(tx, shop, at)
      // Books that went back may have lost a payee, and its files: its bank knows.
      if ((await epochOf(tx, config.id)) > 1n) await noteRecalls(tx, shop)
      const vouched = { application, account, payee, number }
      await writeLetter(tx, { from: config.id, to: bank, type: 'payee-vouched', body: vouched })
      await grant(tx, shop, bank)
      await introduceToAll(tx, { host: config.id, runtime, payees }, who)
      return accepted
    },
    // The bank of whoever has lost that it asked cannot say any more that it ends: nobody could.
    forgotten: async (tx, bank, place) => {
      const asked = shapes['payee-application'].safeParse(await takenLetter(tx, config.id, bank, place)).data
      const payee = asked && (await askedFor(tx, config.id, bank, asked.application))
      if (payee !== undefined) await end(tx, config.id, payee, now({ runtime }))
    },
    afterwards: () => payees.wakeMail(),
  }
}

async function end(tx: Tx, host: InstitutionId, payee: InstitutionId, at: number): Promise<void> {
  await close(tx, host, payee, at)
  await tellClosed(tx, host, payee)
}

const mostDraws = 20

/**
 * Numbers that nobody can foretell, and the same each time for one application: a host whose books went back in time takes its
 * payees on under the numbers that they have.
 */
async function drawNumbers(
  keys: KeyStore,
  { payeeNumbers: { prefix, randomDigits } }: HostConfig,
  bank: InstitutionId,
  application: string,
): Promise<readonly string[]> {
  const numbers: string[] = []
  for (let draw = 0; draw < mostDraws; draw++) {
    const drawn = await keys.fingerprint(new Secret(`tonebank payee number ${bank} ${application} ${draw}`))
    const digits = BigInt(`0x${drawn}`) % 10n ** BigInt(randomDigits)
    numbers.push(withCheckDigits(prefix + digits.toString().padStart(randomDigits, '0')))
  }
  return numbers
}

async function firstFree(tx: ReadTx, host: InstitutionId, numbers: readonly string[]): Promise<string | undefined> {
  for (const number of numbers) if ((await hostedBy(tx, host, 'number', number)) === undefined) return number
  return undefined
}

function closings({ config, runtime, payees }: Office): LetterHandler<'payee-closed'> {
  return {
    judge: async (tx, bank, { payee }) => {
      // Who sells for it is not who speaks for it.
      if ((await payees.of(tx, bank, payee))?.who.bank !== bank) return refused('not about a payee of this host')
      await end(tx, config.id, payee, now({ runtime }))
      return accepted
    },
    afterwards: () => payees.wakeMail(),
  }
}
