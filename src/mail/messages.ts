/**
 * What institutions say to each other: the body of every letter (delivered once, in order, with a receipt) and of every
 * query (asked and answered at once, remembered by nobody).
 */

import { z } from 'zod'
import { bytes } from '../bytes.ts'
import { accountNumberShape, institutionIdShape, voucherNumberShape } from '../ids.ts'
import { publicPurposes } from '../keys/keys.ts'
import { integer } from './letter.ts'
import { signedLogHead } from './log-heads.ts'

const id = z.string().regex(/^[0-9a-f]{32}$/)
const serial = integer.refine(number => number >= 1n)
const amount = z.object({
  minor: integer.refine(minor => minor > 0n),
  asset: z.object({ code: z.string().regex(/^[A-Z0-9]{3,12}$/), scale: z.int().min(0).max(8) }),
})

/**
 * Whom a letter to or from a host is about: one of the small payees for whom it speaks. A payee that has its own place among
 * its counterparties leaves it out.
 */
const hosted = { payee: institutionIdShape.optional() }

/** A bank orders records of one amount from a payee. */
const stockOrder = z.object({ order: id, payee: institutionIdShape, amount, count: z.int().min(1).max(500) })

/** A batch has no more records, and a list of records neither. */
export const mostRecords = 500

/** A bank leaves, by the decision `leaving`, and has not sold these records of a batch: nobody will. */
const recordsUnsold = z.object({
  ...hosted,
  leaving: z.string().regex(/^[0-9a-f]{64}$/),
  batch: id,
  serials: z.array(serial).min(1).max(mostRecords),
})

/**
 * The bank's share of a batch. `share` is what `share.ts` sealed to the bank.
 */
const voucherBatch = z.object({
  batch: id,
  order: id,
  payee: institutionIdShape,
  amount,
  records: z.array(z.object({ serial, number: voucherNumberShape, share: bytes })).max(mostRecords),
})

/** A bank has sold a record: the payee may take it as money from now on. */
const activation = z.object({
  ...hosted,
  sale: id,
  batch: id,
  serial,
  number: voucherNumberShape,
  amount,
  soldAt: integer,
})

/**
 * A payee says how much a bank may owe it: what the bank sold and has not settled. The bank sells within its latest grant;
 * the payee holds an activation that is above it until there is room.
 */
const grant = z.object({
  ...hosted,
  ceiling: amount.extend({ minor: integer.refine(minor => minor >= 0n && minor < 1n << 63n) }),
})

/** A payee's file of one business date begins. What the header says is for `src/clearing/header.ts`. */
const dayEndFile = z.object({ ...hosted, header: bytes })

/** Lines of the file with this number, one after another, the first of them the file's `from`th (1, 2, 3 …). */
const dayEndLines = z.object({ ...hosted, number: serial, from: serial, lines: bytes })

/** Lines of the file that the bank refused, or accepted with a break: the number of each, and why. */
const dayEndBreaks = z.object({
  ...hosted,
  number: serial,
  breaks: z.array(z.tuple([serial, z.string()])).max(500),
})

/** What the bank made of the file. What it says is for `src/clearing/result.ts`. */
const dayEndResult = z.object({ ...hosted, result: bytes })

/** Of a host's file the bank did not take this payee's section, which has this number among the payee's files, and why. */
const dayEndRefused = z.object({ ...hosted, number: serial, reason: z.string().max(200) })

/** A host's file of one business date begins. What the header says is for `src/clearing/host-header.ts`. */
const hostFile = z.object({ header: bytes })

/** Sections of the host's file with this number, the first of them its `from`th: of each the header, as of a payee's own file. */
const hostFileSections = z.object({ number: serial, from: serial, sections: z.array(bytes).max(200) })

/** Lines of the host's file with this number, those of one section after those of another, the first of them its `from`th. */
const hostFileLines = z.object({ number: serial, from: serial, lines: bytes })

/** A host's books went back in time: the bank is to tell which of its files it holds. `recall`: the host's epoch. */
const hostFileRecall = z.object({ recall: serial, from: serial })

/** As `dayEndHeld`, of a host's file. Its sections are told to each payee. */
const hostFileHeld = z.object({
  recall: serial,
  last: integer,
  file: z.object({ number: serial, header: bytes, isVoid: z.boolean() }).optional(),
})

/** A payee's books went back in time: the bank is to tell what it holds of its files, from a number on. `recall`: the payee's epoch. */
const dayEndRecall = z.object({ ...hosted, recall: serial, from: serial })

/**
 * A file that the bank holds, for a payee that has lost it; lines and result follow. `last` is the last that it holds, and `file` is
 * left out when that is below what was asked for. Of a file that `isVoid` not every line came: it counts for nothing.
 */
const dayEndHeld = z.object({
  ...hosted,
  recall: serial,
  last: integer,
  file: z.object({ number: serial, header: bytes, isVoid: z.boolean() }).optional(),
})

/** Lines of a file that the bank holds, the first of them its `from`th. */
const dayEndHeldLines = z.object({
  ...hosted,
  recall: serial,
  last: serial,
  number: serial,
  from: serial,
  lines: bytes,
})

/** The buyer of a voucher has lost it: nothing opens it any more. Only its own bank says so, of its own sale. */
const voucherLost = z.object({ ...hosted, sale: id, number: voucherNumberShape })

/** Whoever holds the voucher has shown at a branch who they are. `clearance`: the digest of two people's decision. */
const voucherCleared = z.object({
  ...hosted,
  clearance: z.string().regex(/^[0-9a-f]{64}$/),
  sale: id,
  number: voucherNumberShape,
})

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

/** The customer wishes to be paid no more: nothing of this payee is sold from now on. What was sold is honoured. */
const payeeClosed = z.object({ payee: institutionIdShape })

/** A customer's money for an account of another bank. */
const credit = z.object({ transfer: id, to: accountNumberShape, amount })

/**
 * What the other bank made of it: credited is final, whatever becomes of either bank afterwards. It repeats what was asked, so
 * that it stands by itself in books that have lost the asking.
 */
const creditResult = z.object({
  transfer: id,
  to: accountNumberShape,
  amount,
  outcome: z.enum(['credited', 'refused']),
  /** Of a refusal: `unknown-account`, `debit-cap`, `currency`. */
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
      agreed: z.union([integer, z.null()]),
      breaks: z.array(z.tuple([z.string().max(20), integer, integer])).max(10),
    })
    .optional(),
})

/** Lines of a statement that is held, the first of them its `from`th. */
const netHeldLines = z.object({ recall: integer, number: serial, from: serial, lines: bytes })

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

const digest = z.string().regex(/^[0-9a-f]{64}$/)

/**
 * The bank that owes more has paid: `gross` up to the statement `owing` of the other, less `counter` up to its own statement
 * `owed`. `settlement`: the digest of two people's decision.
 */
const settlement = z.object({ settlement: digest, owing: integer, owed: integer, gross: integer, counter: integer })

/** Two people at the paid bank have seen the money. */
const settlementConfirmed = z.object({ settlement: digest })

const publicPurpose = z.enum(publicPurposes)
const keyId = z.string().regex(/^[a-z0-9-]{1,80}$/)

/**
 * The sender has a new key of a purpose, in place of one of those that it had before. `proof`: by the new key, over
 * `["tonebank new key", 1, institution, purpose, id, bytes]`; null for a receiving key, which cannot sign.
 */
const newKey = z.object({
  purpose: publicPurpose,
  key: z.object({ keyId, bytes: bytes.refine(key => key.length === 32) }),
  replaces: z.array(keyId).min(1).max(1_000),
  proof: z.union([bytes.refine(signature => signature.length === 64), z.null()]),
})

/** The answer to it: whatever the sender made for an older key stands before this letter. */
const keyTaken = z.object({ purpose: publicPurpose, keyId })

export const letters = {
  'payee-application': payeeApplication,
  'payee-vouched': payeeVouched,
  'payee-closed': payeeClosed,
  'new-key': newKey,
  'key-taken': keyTaken,
  'net-statement': netStatement,
  'net-lines': netLines,
  'net-result': netResult,
  'net-recall': netRecall,
  'net-held': netHeld,
  'net-held-lines': netHeldLines,
  settlement,
  'settlement-confirmed': settlementConfirmed,
  credit,
  'credit-result': creditResult,
  'card-receiver': cardReceiver,
  'receiver-admitted': receiverAdmitted,
  'card-list': cardList,
  'card-payment': cardPayment,
  'card-payment-result': cardPaymentResult,
  'pay-out': payOut,
  'voucher-lost': voucherLost,
  'voucher-cleared': voucherCleared,
  'stock-order': stockOrder,
  'voucher-batch': voucherBatch,
  'records-unsold': recordsUnsold,
  activation,
  grant,
  'day-end-file': dayEndFile,
  'day-end-lines': dayEndLines,
  'day-end-breaks': dayEndBreaks,
  'day-end-result': dayEndResult,
  'day-end-refused': dayEndRefused,
  'day-end-recall': dayEndRecall,
  'day-end-held': dayEndHeld,
  'day-end-held-lines': dayEndHeldLines,
  'host-file': hostFile,
  'host-file-sections': hostFileSections,
  'host-file-lines': hostFileLines,
  'host-file-recall': hostFileRecall,
  'host-file-held': hostFileHeld,
} as const

/** Letters that are sealed until they leave, and of which neither end keeps more than digest, signature and receipt. */
export type SecretLetterType = 'voucher-batch'

/**
 * Whether neither end keeps such a letter once it was taken. Its shares are sealed to a key that the bank has for ever: a
 * copy would tell a password whose own key was destroyed.
 */
export function carriesSecrets(type: string): boolean {
  return type === ('voucher-batch' satisfies SecretLetterType)
}

/** Asked by a payee after the password of a record that it has not heard of was verified. */
const isSold = z.object({ ...hosted, batch: id, serial })
const saleFacts = z.discriminatedUnion('sold', [
  z.object({ sold: z.literal(false) }),
  z.object({ sold: z.literal(true), activation }),
])

/** Asked by who may have gone back in time: the highest head of the asker's change log that the other end holds. */
const highestHead = z.object({
  head: z.union([signedLogHead, z.null()]),
  /** Where the next letter to the asker stands: what is told from there on did not happen in books that the asker lost. */
  next: z.object({ epoch: integer, sequence: integer }),
})

/** Asked by a bank before a transfer: whose account it is. Of a person no more is told than tells two people apart. */
const holder = z.object({ account: accountNumberShape })
const holderFound = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('found'), name: z.object({ en: z.string().max(100), zh: z.string().max(100) }) }),
  z.object({ outcome: z.literal('unknown') }),
  /** This bank has asked too often. */
  z.object({ outcome: z.literal('busy') }),
])

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

export const queries = {
  'card-holder': { question: cardHolder, answer: cardHolderFound },
  holder: { question: holder, answer: holderFound },
  'highest-head': { question: z.object({}), answer: highestHead },
  'is-sold': { question: isSold, answer: saleFacts },
} as const

export type LetterType = keyof typeof letters
export type Letter<T extends LetterType> = z.output<(typeof letters)[T]>
export type QueryType = keyof typeof queries
export type Query<T extends QueryType> = z.output<(typeof queries)[T]['question']>
export type QueryAnswer<T extends QueryType> = z.output<(typeof queries)[T]['answer']>

export type Activation = Letter<'activation'>
