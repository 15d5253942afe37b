/** Bytes to bits and back. On the line the least significant bit of a byte goes first, as in HDLC (ISO/IEC 13239) and V.4. */

export function bitsOf(bytes: Uint8Array): Uint8Array {
  const bits = new Uint8Array(bytes.length * 8)
  for (let i = 0; i < bits.length; i++) bits[i] = (bytes[i >> 3]! >> (i & 7)) & 1
  return bits
}

/** Whole bytes only: trailing bits that do not fill one are left out. */
export function bytesOf(bits: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(bits.length >> 3)
  for (let i = 0; i < bytes.length * 8; i++) bytes[i >> 3]! |= bits[i]! << (i & 7)
  return bytes
}

export function concatBits(...parts: readonly Uint8Array[]): Uint8Array {
  const bits = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bits.set(part, at)
    at += part.length
  }
  return bits
}
