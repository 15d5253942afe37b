/** A bank as one call asks it, with what its caller asked for noted in the record of the call: the name of the request and its outcome, and nothing of what was keyed or told. */
import type { Bank } from '../bank/bank.ts'
import type { CallRecord } from './call-records.ts'

/** What a customer asks for, or hears. */
const noted: ReadonlySet<string | symbol> = new Set<keyof Bank>([
  ...([
    'signIn',
    'balance',
    'recentTransactions',
    'vouchers',
    'backupPassword',
    'sellVoucher',
    'confirmHeard',
  ] as const),
  ...(['transfer', 'askByCard', 'payByCard', 'changePin', 'block', 'passkeyCode'] as const),
  ...(['registerTelephone', 'forgetTelephone', 'becomePayee', 'stopBeingPaid'] as const),
])

export function recordedBank(bank: Bank, record: CallRecord): Bank {
  return new Proxy(bank, {
    get: (of, name) => {
      const method: unknown = Reflect.get(of, name)
      if (typeof method !== 'function' || !noted.has(name)) return method
      return (...asked: unknown[]) => {
        const answer = (method.apply(of, asked) as Promise<unknown>).then(said => {
          note(String(name), said, record)
          return said
        })
        record.waitsFor(answer)
        return answer
      }
    },
  })
}

function note(what: string, said: unknown, record: CallRecord): void {
  const answer = (typeof said === 'object' && said !== null ? said : {}) as Partial<Awaited<ReturnType<Bank['signIn']>>>
  if (what === 'signIn' && answer.outcome === 'signed-in' && answer.customer !== undefined)
    record.signedIn(answer.customer.account)
  record.did(what, answer.outcome)
}
