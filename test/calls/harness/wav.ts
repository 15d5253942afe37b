/** WAV files as softphones read and write them: 8 kHz, one channel, 16-bit samples, little-endian. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'

export const sampleRate = 8000

/**
 * The samples of a recording. The sizes in its header are not trusted: a recorder that was cut off never wrote them.
 * Throws when it is no such file.
 */
export function readWav(file: Buffer): Int16Array {
  const data = file.indexOf('data', 12, 'latin1')
  if (file.toString('latin1', 0, 4) !== 'RIFF' || data < 0) throw new Error('not a WAV file')
  const [channels, rateHz, bits] = [file.readUInt16LE(22), file.readUInt32LE(24), file.readUInt16LE(34)]
  if (channels !== 1 || rateHz !== sampleRate || bits !== 16) {
    throw new Error(
      `${channels} channel(s) of ${bits} bits at ${rateHz} Hz; mono of 16 bits at ${sampleRate} Hz wanted`,
    )
  }
  const bytes = file.subarray(data + 8)
  return Int16Array.from({ length: Math.floor(bytes.length / 2) }, (_, index) => bytes.readInt16LE(index * 2))
}

/** Silence that takes no room on the disk. */
export function writeSilence(path: string, seconds: number): void {
  const byteCount = seconds * sampleRate * 2
  const file = openSync(path, 'w')
  writeSync(file, header(byteCount))
  ftruncateSync(file, 44 + byteCount)
  closeSync(file)
}

function header(byteCount: number): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + byteCount, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(sampleRate, 24)
  head.writeUInt32LE(sampleRate * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(byteCount, 40)
  return head
}
