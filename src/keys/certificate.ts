/**
 * What an institution shows on a connection: a certificate that it signed itself (X.509 v3, RFC 5280) over its Ed25519
 * transport key (RFC 8410). Nothing in it is believed but the key, which peers have pinned: a calendar that is wrong must not
 * cut institutions off from each other. It says all the same until when its key is to be used, and has one name for all. The
 * same key always gives the same certificate.
 */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'

/** Both as PEM. The private key goes to `node:tls`, which cannot do without, and nowhere else. */
export interface TransportIdentity {
  readonly certificate: string
  readonly privateKey: string
}

const tag = {
  integer: 0x02,
  bits: 0x03,
  text: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
}
/** Object identifiers, encoded: Ed25519 (1.3.101.112) and the common name of a subject (2.5.4.3). */
const ed25519 = Buffer.from('06032b6570', 'hex')
const commonName = Buffer.from('0603550403', 'hex')

/** How long a transport key is to be used: 397 days. */
export const lifetimeMs = 397 * 86_400_000

/** `validity` in milliseconds since 1970; without it the certificate says that it has no end (RFC 5280 section 4.1.2.5). */
export function selfSigned(
  privateKey: KeyObject,
  validity?: { readonly from: number; readonly until: number },
): TransportIdentity {
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const algorithm = der(tag.sequence, ed25519)
  const attribute = der(tag.sequence, commonName, der(tag.text, Buffer.from('tonebank')))
  const name = der(tag.sequence, der(tag.set, attribute))
  const valid = validity
    ? der(tag.sequence, time(validity.from), time(validity.until))
    : der(tag.sequence, time(0), der(tag.time, Buffer.from('99991231235959Z')))
  // Positive, and not zero: the first byte between 64 and 127.
  const serial = createHash('sha256').update(publicKey).digest().subarray(0, 16)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const toBeSigned = der(
    tag.sequence,
    der(tag.version, der(tag.integer, Buffer.of(2))),
    der(tag.integer, serial),
    algorithm,
    name,
    valid,
    name,
    publicKey,
  )
  const signature = der(tag.bits, Buffer.of(0), sign(null, toBeSigned, privateKey))
  return {
    certificate: pem(der(tag.sequence, toBeSigned, algorithm, signature)),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

const utc = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC', dateStyle: 'short', timeStyle: 'medium' })

/** RFC 5280 section 4.1.2.5: with two digits of the year before 2050, with four from then on. */
function time(at: number): Buffer {
  const digits = `${utc.format(at).replace(/\D/g, '')}Z`
  return digits < '2050' ? der(tag.utcTime, Buffer.from(digits.slice(2))) : der(tag.time, Buffer.from(digits))
}

/** X.690: tag, length, contents. */
function der(type: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  if (content.length >= 0x1_0000) throw new RangeError('longer than a certificate is')
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.of(type, length), content])
  if (length < 0x100) return Buffer.concat([Buffer.of(type, 0x81, length), content])
  return Buffer.concat([Buffer.of(type, 0x82, length >> 8, length & 0xff), content])
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
