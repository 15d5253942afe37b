/**
 * SRTP and SRTCP (RFC 3711) with the transforms that every telephone has: AES-128 in counter mode and HMAC-SHA-1 cut to 80
 * bits. One object for each direction of a call; one source in each.
 */
import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto'

/** Master key and master salt, one behind the other. */
export const masterBytes = 30
const keyBytes = 16
const saltBytes = 14
const authKeyBytes = 20
const tagBytes = 10
const indexBytes = 4
/** Packets older than this behind the newest cannot be told from repeated ones any more (section 3.3.2). */
const replayWindow = 64n
/** Of SRTCP: this packet is encrypted. */
const encryptedFlag = 0x8000_0000

/** Section 4.3.2. */
const labels = { rtp: [0, 1, 2], rtcp: [3, 4, 5] } as const

export interface SessionKeys {
  readonly cipher: Buffer
  readonly auth: Buffer
  readonly salt: Buffer
}

/** Section 4.3.1, with a key derivation rate of 0: the keys of a session never change. */
export function sessionKeys(master: Uint8Array, of: 'rtp' | 'rtcp'): SessionKeys {
  const [key, salt] = [master.subarray(0, keyBytes), master.subarray(keyBytes, masterBytes)]
  const derive = (label: number, length: number) => {
    const x = Buffer.alloc(16)
    x.set(salt)
    x[7] = (x[7] ?? 0) ^ label
    return keystream(key, x, length)
  }
  const [cipher, auth, saltLabel] = labels[of]
  return { cipher: derive(cipher, keyBytes), auth: derive(auth, authKeyBytes), salt: derive(saltLabel, saltBytes) }
}

/** AES in counter mode (section 4.1.1): the first `length` bytes for this block. */
export function keystream(key: Uint8Array, block: Uint8Array, length: number): Buffer {
  return createCipheriv('aes-128-ctr', key, block).update(Buffer.alloc(length))
}

export class SrtpSender {
  readonly #rtp: SessionKeys
  readonly #rtcp: SessionKeys
  #rollovers = 0
  #lastSequence: number | undefined
  #rtcpIndex = 0

  constructor(master: Uint8Array) {
    this.#rtp = sessionKeys(master, 'rtp')
    this.#rtcp = sessionKeys(master, 'rtcp')
  }

  /** Sequence numbers go on by less than 2¹⁵ each time. */
  protect(packet: Uint8Array): Buffer {
    const { sequence, source, payloadAt } = headerOf(packet)
    if (this.#lastSequence !== undefined && sequence < this.#lastSequence && this.#lastSequence - sequence > 0x8000)
      this.#rollovers++
    this.#lastSequence = sequence
    const index = indexOf(this.#rollovers, sequence)
    const text = encrypted(packet, payloadAt, blockOf(this.#rtp, source, index), this.#rtp)
    return Buffer.concat([text, tagOf(this.#rtp, text, this.#rollovers)])
  }

  protectReport(packet: Uint8Array): Buffer {
    this.#rtcpIndex = (this.#rtcpIndex + 1) % encryptedFlag
    const source = Buffer.from(packet).readUInt32BE(4)
    const text = encrypted(packet, 8, blockOf(this.#rtcp, source, BigInt(this.#rtcpIndex)), this.#rtcp)
    const counted = (encryptedFlag | this.#rtcpIndex) >>> 0
    return Buffer.concat([text, wordOf(counted), tagOf(this.#rtcp, text, counted)])
  }
}

export class SrtpReceiver {
  readonly #keys: SessionKeys
  /** What has come of each source: an exchange may send from another one after a re-INVITE. */
  readonly #sources = new Map<number, Arrived>()

  constructor(master: Uint8Array) {
    this.#keys = sessionKeys(master, 'rtp')
  }

  /** The packet in clear; undefined when it was forged, changed, or has come before. */
  open(bytes: Uint8Array): Buffer | undefined {
    const text = bytes.subarray(0, Math.max(0, bytes.length - tagBytes))
    if (text.length < 12) return undefined
    const { sequence, source, payloadAt } = headerOf(text)
    if (payloadAt > text.length) return undefined
    const arrived = this.#sources.get(source) ?? new Arrived()
    const index = arrived.indexOf(sequence)
    if (index < 0n || arrived.has(index)) return undefined
    const tag = tagOf(this.#keys, text, Number(index >> 16n))
    if (!timingSafeEqual(tag, bytes.subarray(text.length))) return undefined
    arrived.note(index)
    // Only who has the key gets this far, so that nobody else fills the table.
    this.#sources.set(source, arrived)
    return encrypted(text, payloadAt, blockOf(this.#keys, source, index), this.#keys)
  }
}

/** The packets of one source that proved to be real, by their index of 48 bits (section 3.3.1). */
class Arrived {
  #highest: bigint | undefined
  /** Bit n: the index n below the highest one has come. */
  #seen = 0n

  /** Appendix A: of the three indexes that the sequence number can belong to, the nearest to what has come. */
  indexOf(sequence: number): bigint {
    if (this.#highest === undefined) return BigInt(sequence)
    const rollovers = Number(this.#highest >> 16n)
    const last = Number(this.#highest & 0xffffn)
    if (last < 0x8000) return indexOf(sequence - last > 0x8000 ? rollovers - 1 : rollovers, sequence)
    return indexOf(last - 0x8000 > sequence ? rollovers + 1 : rollovers, sequence)
  }

  has(index: bigint): boolean {
    if (this.#highest === undefined || index > this.#highest) return false
    const behind = this.#highest - index
    return behind >= replayWindow || ((this.#seen >> behind) & 1n) === 1n
  }

  note(index: bigint): void {
    const ahead = this.#highest === undefined ? 1n : index - this.#highest
    if (ahead > 0n) {
      this.#seen = ahead >= replayWindow ? 1n : ((this.#seen << ahead) | 1n) & ((1n << replayWindow) - 1n)
      this.#highest = index
    } else {
      this.#seen |= 1n << -ahead
    }
  }
}

function headerOf(packet: Uint8Array): { sequence: number; source: number; payloadAt: number } {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  const first = view.getUint8(0)
  const sourcesEnd = 12 + 4 * (first & 0x0f)
  const hasExtension = (first & 0x10) !== 0 && sourcesEnd + 4 <= packet.length
  const payloadAt = sourcesEnd + (hasExtension ? 4 + 4 * view.getUint16(sourcesEnd + 2) : 0)
  return { sequence: view.getUint16(2), source: view.getUint32(8), payloadAt }
}

const indexOf = (rollovers: number, sequence: number) => BigInt(rollovers) * 0x1_0000n + BigInt(sequence)

/** The first counter block of a packet (section 4.1.1): salt, source and index, each in its place. */
function blockOf({ salt }: SessionKeys, source: number, index: bigint): Buffer {
  const numbers = (BigInt(source) << 64n) ^ (index << 16n)
  const shifted = BigInt(`0x${salt.toString('hex')}`) << 16n
  return Buffer.from((shifted ^ numbers).toString(16).padStart(32, '0'), 'hex')
}

/** The same bytes up to `from`, and those behind it encrypted, or decrypted. */
function encrypted(packet: Uint8Array, from: number, block: Uint8Array, { cipher }: SessionKeys): Buffer {
  const behind = createCipheriv('aes-128-ctr', cipher, block).update(packet.subarray(from))
  return Buffer.concat([packet.subarray(0, from), behind])
}

/** Section 4.2: over the packet and a word that does not travel with RTP, the count of rollovers. */
function tagOf({ auth }: SessionKeys, text: Uint8Array, word: number): Buffer {
  return createHmac('sha1', auth).update(text).update(wordOf(word)).digest().subarray(0, tagBytes)
}

function wordOf(value: number): Buffer {
  const word = Buffer.alloc(indexBytes)
  word.writeUInt32BE(value >>> 0)
  return word
}
