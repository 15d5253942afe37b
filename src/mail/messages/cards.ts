/** Letters about cards: who takes them, which are out of use, what was signed with one; and the question whose a card is. */
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import { accountNumberShape, institutionIdShape } from '../../ids.ts'
import { id, serial } from './parts.ts'

/** By which terminals know an institution. */
const institutionNumber = z.int().min(0).max(9_999)

/** Who takes cards says so: its number, and the key to which terminals encrypt, with the number of that. */
const cardReceiver = z.object({
  number: institutionNumber,
  answerKey: z.object({ number: z.int().min(1).max(255), bytes: bytes.refine(key => key.length === 32) }),
})

/**
 * Two people at the bank let a receiver collect for this payee, which is itself, or have ended that. `issuer`: what the numbers of
 * the bank's cards begin with; null when it issues none.
 */
const receiverAdmitted = z.object({
  payee: z.object({ bank: institutionIdShape, account: accountNumberShape, name: z.string().min(1).max(60) }),
  issuer: z.union([institutionNumber, z.null()]),
  ended: z.boolean(),
})

/** A list of cards has no more, and a whole one goes on in the lists that follow it. */
export const mostListed = 500

/**
 * Cards of the bank that are out of use, or in use again. `whole`: it takes the place of all lists before. With each card goes its
 * key, as only to whoever signs with the card it is told.
 */
const cardList = z.object({
  number: serial,
  whole: z.boolean(),
  cards: z
    .array(
      z.object({
        card: z.string().regex(/^\d{14}$/),
        state: z.enum(['active', 'blocked', 'revoked']),
        algorithm: z.enum(['Ed25519', 'P-256']),
        key: bytes.refine(key => key.length === 32 || key.length === 65),
      }),
    )
    .max(mostListed),
})

/**
 * What a card signed for the sender, for the bank that issued it: the whole COSE_Sign1 with its payload, and the personal password as it
 * was sealed. Both together are one payment, by their hash, however often they come.
 */
const cardPayment = z.object({
  message: bytes.refine(message => message.length <= 1_024),
  password: z.object({ form: z.enum(['hpke', 'agreed']), bytes: bytes.refine(sealed => sealed.length <= 64) }),
})

/**
 * What became of it: at the payee's account; on its way to another bank, of which there is another word later; back from there; or
 * nothing has moved. It repeats what was signed where anything moved, so that it stands by itself in books that lost the asking.
 */
const cardPaymentResult = z.object({
  payment: id,
  outcome: z.enum(['paid', 'sent', 'came-back', 'refused']),
  message: bytes.optional(),
  /** The bank's, where anything moved. */
  reference: z.string().max(32),
  /** Of a refusal: as in the judgement of an order, and what a bank refuses any transfer for. */
  reason: z.string().max(40),
  field: z.string().max(20).optional(),
  triesLeft: z.int().min(0).max(255).optional(),
})

/** Asked by a firm of whoever signs in there for the first time: what the card signed, and its password as it was sealed. */
const cardHolder = cardPayment
const cardHolderFound = z.discriminatedUnion('outcome', [
  /** The signature is that card's, the password is right, and the card is in use. `expiresAt`: in seconds since 1970. */
  z.object({
    outcome: z.literal('found'),
    account: accountNumberShape,
    /** As an order has it. */
    name: z.string().min(1).max(60),
    algorithm: z.enum(['Ed25519', 'P-256']),
    key: bytes.refine(key => key.length === 32 || key.length === 65),
    expiresAt: z.int().nonnegative(),
  }),
  z.object({
    outcome: z.literal('refused'),
    reason: z.string().max(40),
    field: z.string().max(20).optional(),
    triesLeft: z.int().min(0).max(255).optional(),
  }),
])

export const cardLetters = {
  'card-receiver': cardReceiver,
  'receiver-admitted': receiverAdmitted,
  'card-list': cardList,
  'card-payment': cardPayment,
  'card-payment-result': cardPaymentResult,
} as const

export const cardQueries = { 'card-holder': { question: cardHolder, answer: cardHolderFound } } as const
