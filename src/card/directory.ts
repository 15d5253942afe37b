/**
 * The directory that a terminal carries: who is who by number, to whose key an answer is encrypted, and what payees are called.
 * The bank that gave out the terminal signs it (COSE_Sign1), and its name for a payee is the one that goes into an order.
 */
import { z } from 'zod'
import { bytes } from '../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { type AccountNumber, accountNumberShape, type InstitutionId, institutionIdShape } from '../ids.ts'
import { isSign1By, parseSign1, protectedHeaderOf, toBeSigned } from './cose/sign1.ts'
import type { SigningPublicKey } from './cose/signing.ts'
import { parseInstitutionNumber } from './numbers.ts'
import type { Payee } from './order.ts'
import { payeeName } from './order-bytes.ts'

const number = z.number().transform((value, context) => {
  const parsed = parseInstitutionNumber(value)
  if (parsed !== undefined) return parsed
  context.addIssue('not the number of an institution')
  return z.NEVER
})

const shape = z.strictObject({
  version: z.literal(1),
  /** Seconds since 1970: of two, the later counts. */
  madeAt: z.int().nonnegative(),
  institutions: z.array(
    z.strictObject({
      number,
      id: institutionIdShape,
      name: payeeName,
      /** X25519, 32 bytes, and the number by which a frame's header names it. */
      answerKey: bytes.refine(key => key.length === 32),
      answerKeyId: z.int().min(0).max(255),
      /** Of a payee: where what is paid to it goes, by an entry among the payees. */
      collectsAt: z.strictObject({ bank: institutionIdShape, account: accountNumberShape }).optional(),
    }),
  ),
  payees: z.array(z.strictObject({ bank: institutionIdShape, account: accountNumberShape, name: payeeName })),
})

export type DirectoryContent = z.output<typeof shape>
export type DirectoryInstitution = DirectoryContent['institutions'][number]

const context = new TextEncoder().encode('tonebank directory')

/** The payload of the message, and the bytes to be signed with Ed25519. */
export function directoryToSign(content: DirectoryContent): { payload: Uint8Array; toBeSigned: Uint8Array } {
  const payload = encodeCanonical(content)
  return { payload, toBeSigned: toBeSigned({ protectedHeader: protectedHeaderOf('Ed25519'), payload }, context) }
}

export class Directory {
  readonly madeAt: number
  readonly #content: DirectoryContent

  private constructor(content: DirectoryContent) {
    this.#content = content
    this.madeAt = content.madeAt
  }

  /** Undefined when it is not signed by that key, or no directory. */
  static async read(signer: SigningPublicKey, message: Uint8Array): Promise<Directory | undefined> {
    try {
      const signed = parseSign1(message)
      if (!(await isSign1By(signer, signed, context))) return undefined
      return new Directory(shape.parse(decodeCanonical(signed.payload)))
    } catch {
      return undefined
    }
  }

  institutionNumbered(number: number): DirectoryInstitution | undefined {
    return this.#content.institutions.find(institution => institution.number === number)
  }

  institution(id: InstitutionId): DirectoryInstitution | undefined {
    return this.#content.institutions.find(institution => institution.id === id)
  }

  /** Whoever has this account, at whichever bank: its prefix says at which. */
  payeeWith(account: AccountNumber): Payee | undefined {
    return this.#content.payees.find(payee => payee.account === account)
  }

  payee(bank: InstitutionId, account: AccountNumber): Payee | undefined {
    return this.#content.payees.find(payee => payee.bank === bank && payee.account === account)
  }
}
