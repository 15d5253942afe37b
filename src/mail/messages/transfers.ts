/** Letters about money that goes from one bank to another, and what settles it; and the question whose an account is. */
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import { accountNumberShape, institutionIdShape } from '../../ids.ts'
import { keptLetter } from '../kept-letter.ts'
import { integer } from '../letter.ts'
import { amount, digest, id, serial } from './parts.ts'

/** A customer's money for an account of another bank. */
const credit = z.object({ transfer: id, to: accountNumberShape, amount })

/**
 * What a bank holds for a private payee, for this payee's own account and no other. It is a type of its own: a bank whose program is older
 * refuses it, as any type that it does not know, and would have credited a `credit` with a member more to whomever it names.
 */
const payeeCredit = z.object({ transfer: id, to: accountNumberShape, amount, payee: institutionIdShape })

/**
 * What the other bank made of it: credited is final, whatever becomes of either bank afterwards. It repeats what was asked, so
 * that it stands by itself in books that have lost the asking.
 */
const creditResult = z.object({
  transfer: id,
  to: accountNumberShape,
  amount,
  outcome: z.enum(['credited', 'refused']),
  /** Of a refusal: `unknown-account`, `not-its-account`, `debit-cap`, `currency`. */
  reason: z.string().max(40),
})

/**
 * A firm pays out what it holds for a customer: from its own account at the bank to one of the same bank. The receipt is the answer: what
 * the bank accepts it has paid, what it refuses it has not.
 */
const payOut = z.object({ payment: id, to: accountNumberShape, amount })

/** A bank's net statement begins. What the header says is for `src/bank/net/statement.ts`. */
const netStatement = z.object({ header: bytes })

/** Lines of the net statement with this number, the first of them its `from`th. */
const netLines = z.object({ number: serial, from: serial, lines: bytes })

/** What the other bank made of it: what it found right, and of each kind of break how many and how much. */
const netResult = z.object({
  number: serial,
  file: bytes,
  agreed: integer,
  breaks: z.array(z.tuple([z.string().max(20), integer, integer])).max(10),
})

/** A bank's books went back in time: what does the other hold under this number of its net statements? `recall`: its epoch. */
const netRecall = z.object({ recall: integer, number: serial })

/**
 * The answer: nothing, or the statement and what was made of it, its lines in letters that follow. `agreed` is null of one that
 * counts for nothing, as it never came whole or did not add up.
 */
const netHeld = z.object({
  recall: integer,
  number: serial,
  held: z
    .object({
      header: bytes,
      /** The letter that brought the header, which the statement's own author signed. */
      proof: keptLetter.optional(),
      agreed: z.union([integer, z.null()]),
      breaks: z.array(z.tuple([z.string().max(20), integer, integer])).max(10),
    })
    .optional(),
})

/** Lines of a statement that is held, the first of them its `from`th. */
const netHeldLines = z.object({ recall: integer, number: serial, from: serial, lines: bytes })

/**
 * The bank that owes more has paid: `gross` up to the statement `owing` of the other, less `counter` up to its own statement
 * `owed`. `settlement`: the digest of two people's decision.
 */
const settlement = z.object({ settlement: digest, owing: integer, owed: integer, gross: integer, counter: integer })

/** Two people at the paid bank have seen the money. */
const settlementConfirmed = z.object({ settlement: digest })

/** Two people there say that the money has not come. */
const settlementRefused = z.object({ settlement: digest, reason: z.string().min(1).max(200) })

/** Asked by a bank before a transfer: whose account it is. Of a person no more is told than tells two people apart. */
const holder = z.object({ account: accountNumberShape })
const holderFound = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('found'), name: z.object({ en: z.string().max(100), zh: z.string().max(100) }) }),
  z.object({ outcome: z.literal('unknown') }),
  /** This bank has asked too often. */
  z.object({ outcome: z.literal('busy') }),
])

export const transferLetters = {
  credit,
  'payee-credit': payeeCredit,
  'credit-result': creditResult,
  'pay-out': payOut,
  'net-statement': netStatement,
  'net-lines': netLines,
  'net-result': netResult,
  'net-recall': netRecall,
  'net-held': netHeld,
  'net-held-lines': netHeldLines,
  settlement,
  'settlement-confirmed': settlementConfirmed,
  'settlement-refused': settlementRefused,
} as const

export const transferQueries = { holder: { question: holder, answer: holderFound } } as const
