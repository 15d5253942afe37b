/** WAV files as softphones read and write them: 8 kHz, one channel, 16-bit samples, little-endian. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'

export const sampleRate = 8000

/** Reads the samples of a recording. The sizes in its header are not trusted: a recorder that was cut off never wrote them. */
export function readWav(path: string): Int16Array {
  const file = readFileSync(path)
  const data = file.indexOf('data', 12, 'latin1')
  if (file.toString('latin1', 0, 4) !== 'RIFF' || data < 0) throw new Error(`${path} is no WAV file`)
  const channels = file.readUInt16LE(22)
  const rate = file.readUInt32LE(24)
  const bits = file.readUInt16LE(34)
  if (channels !== 1 || rate !== sampleRate || bits !== 16) {
    throw new Error(`${path}: ${rate} Hz, ${channels} channels, ${bits} bits; expected 8000, 1, 16`)
  }
  const bytes = file.subarray(data + 8)
  const samples = new Int16Array(Math.floor(bytes.length / 2))
  for (let index = 0; index < samples.length; index++) samples[index] = bytes.readInt16LE(index * 2)
  return samples
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
