/** What the other bank made of an own net statement. */
import { raiseAlarm } from '../../alarm.ts'
import { sameBytes } from '../../bytes.ts'
import type { InstitutionId } from '../../ids.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import { now } from '../../runtime.ts'
import type { Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { ownOf } from './own-rows.ts'
import { accountsFor, decodeNetHeader, type NetHeader } from './statement.ts'

/** `afterwards`: one that goes on from it may be due. */
export function netResultTaking(branch: Branch, afterwards: () => void): LetterHandler<'net-result'> {
  return { judge: (tx, from, body) => takeNetResult(tx, branch, from, body, now(branch)), afterwards }
}

async function takeNetResult(
  tx: Tx,
  branch: Branch,
  bank: InstitutionId,
  { number, file, agreed, breaks }: Letter<'net-result'>,
  at: number,
): Promise<Verdict> {
  const { config } = branch
  const row = await ownOf(tx, branch, bank, number)
  if (row === undefined || !sameBytes(row.hash, file)) return refused('another statement was sent')
  if (row.state === 'agreed' || row.state === 'differs') return accepted
  // Of one that is written again the other bank may have all its lines from before.
  if (row.state !== 'sent' && !(row.state === 'writing' && row.again !== null)) return refused('not sent yet')
  const whole = accountsFor({ agreed, breaks }, decodeNetHeader(row.header) as NetHeader)
  const told = whole ? breaks.map(([kind, count]) => `${count} ${kind}`).join(', ') : doesNotAddUp
  await tx.run(
    'UPDATE net_statement SET state = ?, agreed = ?, breaks = ? WHERE tenant = ? AND bank = ? AND number = ?',
    ...[told === '' ? 'agreed' : 'differs', whole ? agreed : 0n, told, config.id, bank, number],
  )
  const said = whole ? told : `${told}: it agrees to ${agreed}`
  const detail = `net statement ${number} of ${row.date}, at the other bank: ${said}`
  const kind = whole ? 'day-end-breaks' : 'day-end-contradicted'
  if (told !== '') await raiseAlarm(tx, config.id, { peer: bank, kind, detail, at })
  return accepted
}

/** In place of breaks. Nothing of such a result counts. */
const doesNotAddUp = 'amounts that are not those of the statement'
