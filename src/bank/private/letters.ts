/**
 * Letters from and to payees, some of which are written by a host: whichever it is, the rooms of the bank deal with the payee.
 * A host is believed about the payees for whom it has vouched, and about no other.
 */
import type { InstitutionId } from '../../ids.ts'
import { refused } from '../../mail/inbox.ts'
import type { Letter, LetterType, SecretLetterType } from '../../mail/messages.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandler, LetterHandlers } from '../../mail/reception.ts'
import type { Place, Stream } from '../../mail/streams.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'

/** Who writes for the payee: itself, or its host. */
export function peerOf({ privatePayees }: Pick<Branch, 'privatePayees'>, payee: InstitutionId): InstitutionId {
  return privatePayees.of(payee)?.host ?? payee
}

export function writeToPayee<T extends Exclude<LetterType, SecretLetterType>>(
  tx: Tx,
  branch: Pick<Branch, 'config' | 'privatePayees'>,
  letter: { readonly to: InstitutionId; readonly type: T; readonly body: Letter<T>; readonly stream?: Stream },
): Promise<Place> {
  const to = peerOf(branch, letter.to)
  const body = to === letter.to ? letter.body : { ...letter.body, payee: letter.to }
  return writeLetter<T>(tx, { ...letter, from: branch.config.id, to, body })
}

/** Of whom a peer writes: of itself, or of a payee for whom it has vouched. Undefined when that is neither. */
export async function payeeOfLetter(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
  peer: InstitutionId,
  payee: InstitutionId | undefined,
): Promise<InstitutionId | undefined> {
  if (payee === undefined || payee === peer) return peer
  const row = await tx.one(
    `SELECT payee FROM private_payee WHERE tenant = ? AND payee = ? AND host = ?
     UNION ALL SELECT payee FROM introduced_payee WHERE tenant = ? AND payee = ? AND host = ?`,
    ...[config.id, payee, peer, config.id, payee, peer],
  )
  return row === undefined ? undefined : payee
}

type OfPayee =
  | 'voucher-batch'
  | 'grant'
  | 'stock-order'
  | 'records-unsold'
  | 'activation'
  | 'day-end-file'
  | 'day-end-lines'
  | 'day-end-recall'

/** Handlers of letters whose other end is a payee, so that they are told the payee and not its host. */
export function betweenPayees<H extends Pick<LetterHandlers, OfPayee>>(branch: Branch, handlers: H): H {
  const types = Object.keys(handlers) as OfPayee[]
  return Object.fromEntries(types.map(type => [type, ofPayee(branch, handlers[type] as LetterHandler<OfPayee>)])) as H
}

function ofPayee<T extends OfPayee>(branch: Branch, handler: LetterHandler<T>): LetterHandler<T> {
  const { prepare, judge, voided, forgotten, answered } = handler
  return {
    ...handler,
    ...(prepare && { prepare: (peer, body) => prepare(body.payee ?? peer, body) }),
    ...(judge && {
      judge: async (tx, peer, body, prepared, place) => {
        const payee = await payeeOfLetter(tx, branch, peer, body.payee)
        return payee === undefined
          ? refused('about a payee for whom it does not speak')
          : judge(tx, payee, body, prepared, place)
      },
    }),
    ...(voided && {
      voided: async (tx, peer) => {
        for (const payee of payeesOf(branch, peer)) await voided(tx, payee)
      },
    }),
    ...(forgotten && {
      forgotten: async (tx, peer, place) => {
        for (const payee of payeesOf(branch, peer)) await forgotten(tx, payee, place)
      },
    }),
    ...(answered && {
      answered: async (tx, peer, place, verdict, body) => {
        // Of a letter that another stands for it is not known of whom it was.
        const payees = body === undefined ? payeesOf(branch, peer) : [body.payee ?? peer]
        for (const payee of payees) await answered(tx, payee, place, verdict, body)
      },
    }),
  }
}

function payeesOf({ privatePayees }: Branch, peer: InstitutionId): readonly InstitutionId[] {
  return [peer, ...privatePayees.all.filter(({ host }) => host === peer).map(({ payee }) => payee)]
}
