/** Two people open an account at the counter. Its number was drawn before the first of them signed, and is in what both signed. */
import { z } from 'zod'
import { accountNumberShape } from '../ids.ts'
import type { Kind } from '../institution/decisions.ts'
import { isPlainText } from '../languages.ts'
import type { Secret } from '../secret.ts'
import type { Branch } from './branch.ts'
import { drawPin } from './counter.ts'
import { addCustomer, pinOwner } from './customers.ts'

/** As people see it who sign for it, and as other banks take it. */
const oneName = z.string().min(1).max(80).refine(isPlainText)
const holderName = z.strictObject({ en: oneName, zh: oneName })
const openShape = z.strictObject({ account: accountNumberShape, name: holderName, isBusiness: z.boolean() })

interface FirstPin {
  readonly pin: Secret
  readonly verifier: string
}

export function openingDecision(branch: Branch): Readonly<Record<'open-account', Kind>> {
  return {
    'open-account': {
      roles: ['teller', 'officer'],
      shape: openShape,
      // Hashing takes its time, and a command awaits nothing but its transaction.
      prepare: async request => {
        const { account } = openShape.parse(request)
        const pin = drawPin(branch.runtime, account)
        return { pin, verifier: await branch.verifiers.make(pin, pinOwner(account), 'background') } satisfies FirstPin
      },
      carryOut: async (tx, { request }, at, prepared) => {
        const { pin, verifier } = prepared as FirstPin
        const { outcome } = await addCustomer(tx, branch, { ...openShape.parse(request), verifier }, at)
        return outcome === 'opened' ? { done: true, outcome, secret: pin } : { done: false, outcome }
      },
    },
  }
}
