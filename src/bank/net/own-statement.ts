/** Whether a net statement that another bank holds is what these books, which went back in time, had written. */
import { raiseAlarmOnce } from '../../alarm.ts'
import { sameBytes } from '../../bytes.ts'
import { MerkleTree } from '../../clearing/merkle.ts'
import type { InstitutionId } from '../../ids.ts'
import { refused, type Verdict } from '../../mail/inbox.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { addNetLine, type NetHeader, type NetLine } from './statement.ts'

/** Nothing of it is taken, and the recall stays open until people have found out. */
export async function contradicted(
  tx: Tx,
  branch: Branch,
  bank: InstitutionId,
  { number, date }: NetHeader,
  reason: string,
): Promise<Verdict> {
  const detail = `net statement ${number} of ${date}, as it is held there: ${reason}`
  await raiseAlarmOnce(tx, branch.config.id, { peer: bank, kind: 'day-end-contradicted', detail, at: now(branch) })
  return refused('contradicted')
}

/** Whether root and amount of all its lines, of which the last have come now, are those of its header. */
export async function isWhole(
  tx: ReadTx,
  { config }: Branch,
  header: NetHeader,
  last: readonly NetLine[],
): Promise<boolean> {
  const before = await tx.all<{ transfer: string; minor: bigint }>(
    'SELECT transfer, minor FROM held_credit WHERE tenant = ? AND bank = ? AND number = ? ORDER BY line',
    ...[config.id, header.to, header.number],
  )
  const tree = new MerkleTree()
  let sum = 0n
  for (const line of [...before, ...last]) {
    addNetLine(tree, line)
    sum += line.minor
  }
  return sum === header.minor && sameBytes(tree.root(), header.root)
}
