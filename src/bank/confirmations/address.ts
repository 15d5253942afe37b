/**
 * Where a customer is written to. Two people at the branch take it down, from whoever has shown an identity card; there is one, the latest, or
 * none. Of every change the address that was is told, too, so that nobody is cut off from what happens on their account without hearing of it; of
 * what waits it is told nothing more.
 */
import { z } from 'zod'
import { type AccountNumber, accountNumberShape } from '../../ids.ts'
import type { Carried, Kind } from '../../institution/decisions.ts'
import type { Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { customerOf } from '../customers.ts'
import { type MailAddress, mailAddressShape, maskedAddress } from './mail-address.ts'
import { latestAddress, readdress, writeTo } from './write.ts'

const setShape = z.strictObject({
  account: accountNumberShape,
  /** Empty: none any more. */
  address: z.union([z.literal(''), mailAddressShape]),
})

export function addressDecision(branch: Branch): Readonly<Record<'set-address', Kind>> {
  return {
    'set-address': {
      roles: ['teller', 'officer'],
      carryOut: async (tx, { request, digest }, at) => {
        const asked = setShape.safeParse(request)
        return asked.success ? setAddress(tx, branch, asked.data, digest, at) : { done: false, outcome: 'no-address' }
      },
    },
  }
}

async function setAddress(
  tx: Tx,
  branch: Branch,
  { account, address }: z.output<typeof setShape>,
  decision: string,
  at: number,
): Promise<Carried> {
  const { config } = branch
  if ((await customerOf(tx, config.id, account)) === undefined) return { done: false, outcome: 'unknown-account' }
  const before = await latestAddress(tx, branch, account)
  if ((before?.address ?? '') === address) return { done: false, outcome: 'nothing-to-change' }
  if (address !== '' && config.confirmations === undefined) return { done: false, outcome: 'no-confirmations' }
  const number = (before?.number ?? 0n) + 1n
  await tx.run(
    'INSERT INTO mail_address (tenant, account, number, address, decision, at) VALUES (?, ?, ?, ?, ?, ?)',
    ...[config.id, account, number, address === '' ? null : address, decision, BigInt(at)],
  )
  await readdress(tx, branch, { account, number: address === '' ? undefined : number, at })
  const told = { account, at }
  if (before?.address)
    await writeTo(tx, branch, { ...told, id: `address-gone ${decision}`, kind: 'address-gone' }, before.number)
  if (address !== '')
    await writeTo(tx, branch, { ...told, id: `address-left ${decision}`, kind: 'address-left' }, number)
  return { done: true, outcome: address === '' ? 'address-removed' : 'address-set' }
}

/** As its customer's own page and the counter show it. Undefined: there is none. */
export async function shownAddress({ store, ...branch }: Branch, account: AccountNumber): Promise<string | undefined> {
  const latest = await store.read(tx => latestAddress(tx, branch, account))
  return latest?.address ? maskedAddress(latest.address as MailAddress) : undefined
}
