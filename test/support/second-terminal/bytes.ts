/** Bytes as this terminal handles them. */

export const utf8 = (text: string) => new TextEncoder().encode(text)
export const ascii = (bytes: Uint8Array) => String.fromCharCode(...bytes)
export const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
export const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

/** Most significant byte first. */
export function number(value: bigint | number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let left = BigInt(value)
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(left & 255n)
    left >>= 8n
  }
  if (left !== 0n) throw new Error(`${value} does not fit into ${length} bytes`)
  return bytes
}

export function numberIn(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
}
