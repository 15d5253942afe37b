/** What this bank knows, as the judgement of a forwarded order asks for it. Its sender holds no account here: it is told of every card. */
import type { CardRegister } from '../../card/register.ts'
import type { Branch } from '../branch.ts'
import { cardRow } from '../cards/cards.ts'
import { nameOnOrder } from '../cards/payee-name.ts'
import { registered } from '../cards/register.ts'
import { isUsed } from '../cards/use-up.ts'
import { customerOf } from '../customers.ts'
import { admittedRows } from './lists.ts'

export function collectRegister(branch: Branch): CardRegister {
  const { config, store } = branch
  return {
    card: async (number, issuer) => {
      if (issuer !== config.id) return 'unknown'
      return registered(branch, await store.read(tx => cardRow(tx, branch, number)))
    },
    // What its receiver asked for, it alone knows: here a nonce is known once something was paid with it.
    asked: async (receiver, nonce) => ({
      state: (await store.read(tx => isUsed(tx, branch, receiver, nonce))) ? 'used' : 'open',
    }),
    payeeName: async ({ bank, account }) => {
      if (bank === config.id) {
        const customer = await store.read(tx => customerOf(tx, config.id, account))
        return customer === undefined ? 'unknown' : { name: nameOnOrder(customer.name) }
      }
      // Of another bank's customer: under which name two people let a receiver collect for it.
      const admitted = await store.read(tx => admittedRows(tx, branch))
      const row = admitted.find(each => each.payee_bank === bank && each.payee_account === account)
      return row === undefined ? 'unknown' : { name: row.payee_name }
    },
    mayCollect: async (receiver, { bank, account }) => {
      const admitted = await store.read(tx => admittedRows(tx, branch))
      return admitted.some(row => row.receiver === receiver && row.payee_bank === bank && row.payee_account === account)
    },
  }
}
