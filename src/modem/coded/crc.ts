/** The three checksums of the line, bit-reflected as the line sends the low bit first. Bit by bit: a frame is short and the table would be longer than the code. */

/** CRC-16/X.25: frame check sequence of HDLC (ISO/IEC 13239 §4.2.5.2). */
export function crc16(bytes: Uint8Array): number {
  return (reflected(bytes, 0x8408, 0xffff) ^ 0xffff) & 0xffff
}

/** CRC-32 of ISO/IEC 13239 §4.2.5.3, as in Ethernet. */
export function crc32(bytes: Uint8Array): number {
  return ~reflected(bytes, 0xedb88320, 0xffffffff) >>> 0
}

/** CRC-8 with x⁸+x²+x+1, started at ones: for the frame header. */
export function crc8(bytes: Uint8Array): number {
  return reflected(bytes, 0xe0, 0xff) & 0xff
}

function reflected(bytes: Uint8Array, polynomial: number, start: number): number {
  let register = start
  for (const byte of bytes) {
    register ^= byte
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ polynomial : register >>> 1
  }
  return register
}
