/** Letters between a bank and the host of its private payees. */
import { z } from 'zod'
import { accountNumberShape, institutionIdShape } from '../../ids.ts'
import { id } from './parts.ts'

const spokenName = z.object({ en: z.string().min(1).max(100), zh: z.string().min(1).max(100) })

/** A bank asks its host to take on a customer as a private payee, to be paid to this account. Of a person the name is told in part. */
const payeeApplication = z.object({ application: id, account: accountNumberShape, name: spokenName })

/** A host vouches for a private payee: what it writes of this one it stands for. `number`: what callers key. */
const payeeVouched = z.object({
  application: id,
  account: accountNumberShape,
  payee: institutionIdShape,
  number: z.string().regex(/^\d{4,8}$/),
})

/** A host vouches for a private payee to a bank where that one has no account: it may sell vouchers for it. `bank`: where the account is. */
const payeeIntroduced = z.object({
  payee: institutionIdShape,
  number: z.string().regex(/^\d{4,8}$/),
  bank: institutionIdShape,
  name: spokenName,
})

/**
 * The customer wishes to be paid no more: nothing of this payee is sold from now on. What was sold is honoured. Its bank tells the host,
 * and the host every other bank.
 */
const payeeClosed = z.object({ payee: institutionIdShape })

export const payeeLetters = {
  'payee-application': payeeApplication,
  'payee-vouched': payeeVouched,
  'payee-introduced': payeeIntroduced,
  'payee-closed': payeeClosed,
} as const
