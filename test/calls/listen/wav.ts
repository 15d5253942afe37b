/** Reads what a softphone recorded: 16-bit mono WAV at 8 kHz. A header that was never finished is forgiven. */

/** Samples in -1 … 1. Throws when the file is no such WAV. */
export function readWav(file: Buffer): Float32Array {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('not a WAV file')
  }
  for (let at = 12; at + 8 <= file.length; ) {
    const id = file.toString('latin1', at, at + 4)
    const size = file.readUInt32LE(at + 4)
    if (id === 'fmt ') assertTelephone(file.subarray(at + 8, at + 24))
    // A recorder that was killed leaves a size of 0 or too much: the samples go on to the end of the file.
    if (id === 'data') return toSamples(file.subarray(at + 8, size === 0 ? file.length : at + 8 + size))
    at += 8 + size + (size % 2)
  }
  throw new Error('a WAV file without samples')
}

function assertTelephone(format: Buffer): void {
  const [channels, rateHz, bits] = [format.readUInt16LE(2), format.readUInt32LE(4), format.readUInt16LE(14)]
  if (channels !== 1 || rateHz !== 8000 || bits !== 16) {
    throw new Error(`${channels} channel(s) of ${bits} bits at ${rateHz} Hz; mono of 16 bits at 8000 Hz wanted`)
  }
}

function toSamples(data: Buffer): Float32Array {
  return Float32Array.from({ length: Math.floor(data.length / 2) }, (_, index) => data.readInt16LE(index * 2) / 32768)
}
