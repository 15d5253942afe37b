/**
 * COSE_Encrypt0 in HPKE's integrated mode (RFC 9052 section 5.2; draft-ietf-cose-hpke-27 section 3.2), untagged: the algorithm
 * HPKE-3 is protected, `ek` unprotected, and there is no `kid`, as the frame's header names the key.
 */
import { encodeCanonical } from '../../canonical.ts'
import { encapsulatedLength, type Opener, type Random, sealHpke } from './hpke.ts'
import { headersOf, messageParts, NotCose } from './message.ts'

/** HPKE-3 (draft-ietf-cose-hpke-27 section 7.2.4; the number is the draft's assumed one). */
const hpke3 = 41

const none = new Uint8Array()
const protectedHeader = encodeCanonical(new Map([[headersOf.algorithm, hpke3]]))

/** What the message is bound to. `info` goes into HPKE's key schedule, the rest into Enc_structure (RFC 9052 section 5.3). */
export interface ExternalContext {
  readonly aad?: Uint8Array
  readonly info?: Uint8Array
}

function bindingOf(header: Uint8Array, { aad = none, info = none }: ExternalContext) {
  return { info, aad: encodeCanonical(['Encrypt0', header, aad]) }
}

/** `publicKey`: the recipient's, 32 bytes of X25519. */
export async function encrypt0(
  random: Random,
  publicKey: Uint8Array,
  plain: Uint8Array,
  context: ExternalContext = {},
): Promise<Uint8Array> {
  const { encapsulated, ciphertext } = await sealHpke(random, publicKey, plain, bindingOf(protectedHeader, context))
  return encodeCanonical([protectedHeader, new Map([[headersOf.encapsulatedKey, encapsulated]]), ciphertext])
}

/** @throws NotCose; rejects as the opener does when the message is not for it, or was changed. */
export async function openEncrypt0(
  open: Opener,
  message: Uint8Array,
  context: ExternalContext = {},
): Promise<Uint8Array> {
  const { protectedHeader: header, headers, unprotected, last } = messageParts(message, 3)
  const [ciphertext] = last
  const encapsulated = unprotected.get(headersOf.encapsulatedKey)
  if (headers.get(headersOf.algorithm) !== hpke3) throw new NotCose('its algorithm is not HPKE-3')
  if (!(encapsulated instanceof Uint8Array) || encapsulated.length !== encapsulatedLength)
    throw new NotCose('it has no encapsulated key')
  if (!(ciphertext instanceof Uint8Array)) throw new NotCose('it has no ciphertext')
  return open({ encapsulated, ciphertext }, bindingOf(header, context))
}
