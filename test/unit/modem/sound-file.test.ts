/** Messages in sound files: every length that is taken is read again, every other is refused, and headers of both kinds are understood. */
import { describe, expect, test } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { type FileMode, modemReceive, modemSend } from '../../../src/modem/tools/sound-file.ts'
import { readWav } from '../../../src/modem/tools/wav.ts'

const message = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 89) & 255)

describe('lengths', () => {
  const forms: [FileMode, boolean, number, number][] = [
    ['v23', true, 8, 1024],
    ['v23', false, 1, 255],
    ['v21', false, 1, 255],
    ['dtmf', false, 1, 96],
  ]
  test.each(forms)('%s, plain: %s: from %i to %i bytes are read again', (mode, plain, least, most) => {
    for (const length of [least, most]) {
      const result = modemReceive(modemSend(message(length), { mode, plain }), [mode])
      expect(result).toMatchObject({ outcome: 'listened', messages: [{ mode, payload: message(length) }] })
    }
  })

  test.each(forms)(
    '%s, plain: %s: what is shorter than %i or longer than %i is refused',
    (mode, plain, least, most) => {
      for (const length of [least - 1, most + 1, 1200])
        expect(() => modemSend(message(length), { mode, plain })).toThrow(
          `carries ${least} to ${most} bytes; this message has ${length}.`,
        )
    },
  )
})

describe('headers of the extensible kind', () => {
  const tail = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113]

  /** As recorders write it that know more formats than have a number of their own. */
  function extensible(code: number, bits: number, data: Uint8Array, guid = tail): Uint8Array {
    const file = Buffer.alloc(68 + data.length)
    file.write('RIFF', 0)
    file.writeUInt32LE(60 + data.length, 4)
    file.write('WAVEfmt ', 8)
    file.writeUInt32LE(40, 16)
    file.writeUInt16LE(0xfffe, 20)
    file.writeUInt16LE(1, 22)
    file.writeUInt32LE(8000, 24)
    file.writeUInt32LE(8000 * (bits / 8), 28)
    file.writeUInt16LE(bits / 8, 32)
    file.writeUInt16LE(bits, 34)
    file.writeUInt16LE(22, 36)
    file.writeUInt16LE(bits, 38)
    file.writeUInt32LE(4, 40)
    file.writeUInt16LE(code, 44)
    file.set(guid, 46)
    file.write('data', 60)
    file.writeUInt32LE(data.length, 64)
    file.set(data, 68)
    return file
  }

  test('16-bit PCM and A-law are read', () => {
    const samples = Float32Array.of(0, 0.5, -0.5)
    const pcm = new Uint8Array(Int16Array.from(samples, sample => sample * 32768).buffer)
    expect(readWav(extensible(1, 16, pcm))).toEqual({ outcome: 'read', samples })
    const coded = aLaw.encode(samples)
    expect(readWav(extensible(6, 8, coded))).toEqual({ outcome: 'read', samples: aLaw.decode(coded) })
  })

  test('a format without a number is refused in words', () => {
    expect(readWav(extensible(1, 16, new Uint8Array(4), [...tail.slice(0, -1), 0]))).toMatchObject({
      outcome: 'unusable',
      why: expect.stringContaining('coded in a way that the modem does not read'),
    })
  })
})
