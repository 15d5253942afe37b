/**
 * Answers a browser's connectivity checks, as the lite half of ICE (RFC 8445, sections 2.5 and 7.3; STUN is RFC 8489). Whoever
 * does not know the password that went with our answer over SIP is answered nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Secret } from '../../secret.ts'

export interface IceCredentials {
  readonly fragment: string
  readonly password: Secret
}

const cookie = 0x2112a442
const headBytes = 20
const bindingRequest = 0x0001
const bindingSuccess = 0x0101
const username = 0x0006
const messageIntegrity = 0x0008
const xorMappedAddress = 0x0020
const useCandidate = 0x0025
const fingerprint = 0x8028

/** Told from DTLS and SRTP, which share the port, by its first byte and its cookie (RFC 7983, section 7). */
export const isStun = (bytes: Buffer): boolean =>
  bytes.length >= headBytes && (bytes[0] ?? 255) < 4 && bytes.readUInt32BE(4) === cookie

export interface Check {
  /** To be sent back to where the check came from. */
  readonly answer: Buffer
  /** The browser has chosen this way. */
  readonly isChosen: boolean
}

/** Of a check that was made for us, by somebody who knows our password; undefined of everything else. */
export function answerCheck(
  bytes: Buffer,
  from: { readonly address: string; readonly port: number },
  own: IceCredentials,
): Check | undefined {
  if (!isStun(bytes) || bytes.readUInt16BE(0) !== bindingRequest) return undefined
  const attributes = attributesOf(bytes)
  const integrity = attributes?.find(({ type }) => type === messageIntegrity)
  const name = attributes?.find(({ type }) => type === username)?.value.toString('latin1')
  if (attributes === undefined || integrity === undefined || !name?.startsWith(`${own.fragment}:`)) return undefined
  const sent = integrity.value
  const made = hmac(withLength(bytes.subarray(0, integrity.at), 24), own.password)
  if (sent.length !== made.length || !timingSafeEqual(sent, made)) return undefined
  // What stands behind the proof is not proved.
  const isChosen = attributes.some(({ type, at }) => type === useCandidate && at < integrity.at)
  return { answer: success(bytes.subarray(8, headBytes), from, own.password), isChosen }
}

interface Attribute {
  readonly type: number
  readonly at: number
  readonly value: Buffer
}

/** Undefined where a length does not fit. */
function attributesOf(bytes: Buffer): Attribute[] | undefined {
  if (bytes.readUInt16BE(2) !== bytes.length - headBytes) return undefined
  const attributes: Attribute[] = []
  for (let at = headBytes; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined
    const length = bytes.readUInt16BE(at + 2)
    if (at + 4 + length > bytes.length) return undefined
    attributes.push({ type: bytes.readUInt16BE(at), at, value: bytes.subarray(at + 4, at + 4 + length) })
    at += 4 + Math.ceil(length / 4) * 4
  }
  return attributes
}

function success(transaction: Buffer, from: { address: string; port: number }, password: Secret): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt16BE(bindingSuccess, 0)
  head.writeUInt32BE(cookie, 4)
  const address = Buffer.alloc(8)
  address[1] = 1
  address.writeUInt16BE(from.port ^ (cookie >>> 16), 2)
  const bytes = Buffer.from(from.address.split('.').map(Number))
  address.writeUInt32BE((bytes.readUInt32BE(0) ^ cookie) >>> 0, 4)
  const named = Buffer.concat([head, transaction, attribute(xorMappedAddress, address)])
  const proved = Buffer.concat([named, attribute(messageIntegrity, hmac(withLength(named, 24), password))])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE((crc32(withLength(proved, 8)) ^ 0x5354554e) >>> 0)
  return withLength(Buffer.concat([proved, attribute(fingerprint, sum)]), 0)
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value])
}

/** With the length in its head that it has once `more` bytes were added (RFC 8489, section 14.5). */
function withLength(bytes: Buffer, more: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt16BE(bytes.length - headBytes + more, 2)
  return copy
}

const hmac = (bytes: Buffer, password: Secret): Buffer => createHmac('sha1', password.reveal()).update(bytes).digest()
