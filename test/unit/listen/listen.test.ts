/** The listener on calls made here: artificial clips, A-law, noise, lost packets, keys that cut a clip, sounds it does not know. */
import { describe, expect, it } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { readWav } from '../../calls/harness/wav.ts'
import type { ClipSet, KnownClip } from '../../calls/listen/clip-set.ts'
import { digitsIn } from '../../calls/listen/digits.ts'
import { type Heard, listen } from '../../calls/listen/listen.ts'
import { artificialClip, recordingOf, seededRandom } from './artificial.ts'

const digitWords = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const phrases: [string, number][] = [
  ['The password is,', 1000],
  ['Goodbye.', 800],
  ['For help, press 0.', 1900],
]
const clips: ClipSet = [
  ...digitWords.map((word, index) => artificialClip(`${word},`, 300 + 17 * index)),
  ...phrases.map(([text, lengthMs]) => artificialClip(text, lengthMs)),
]
const clip = (text: string): KnownClip => {
  const found = clips.find(each => each.text === text)
  if (!found) throw new Error(text)
  return found
}
const spoken = (digits: string) => Array.from(digits, digit => clip(`${digitWords[Number(digit)]},`))
const texts = (heard: readonly Heard[]) => heard.map(each => (each.kind === 'clip' ? each.clip.text : 'unknown'))

describe('the listener', () => {
  it('finds every clip in order, when it began and that it was complete', () => {
    const played = [clip('The password is,'), ...spoken('90210017'), clip('Goodbye.')]
    const { samples, startsMs } = recordingOf(played)
    const heard = listen(samples, clips)
    expect(texts(heard)).toEqual(played.map(({ text }) => text))
    heard.forEach((each, index) => {
      expect(each.startMs).toBeCloseTo(startsMs[index] ?? -1, 0)
      expect(each).toMatchObject({ kind: 'clip', complete: true })
    })
    const [row] = digitsIn(heard)
    expect(row).toMatchObject({ announcedBy: 'The password is,', digits: '90210017' })
    expect(row?.smallestMargin).toBeGreaterThan(0.3)
  })

  it('reads any digits through noise and lost packets', () => {
    const random = seededRandom(20261122)
    for (let round = 0; round < 6; round++) {
      const digits = Array.from({ length: 10 }, () => Math.floor(random() * 10)).join('')
      const { samples } = recordingOf([clip('The password is,'), ...spoken(digits)], {
        random,
        noise: 0.004,
        loss: 0.05,
      })
      const [row] = digitsIn(listen(samples, clips))
      expect(row?.digits, `round ${round} of seed 20261122`).toBe(digits)
    }
  })

  it('tells one wrong digit', () => {
    const right = digitsIn(listen(recordingOf(spoken('12345678')).samples, clips))
    const wrong = digitsIn(listen(recordingOf(spoken('12345978')).samples, clips))
    expect([right[0]?.digits, wrong[0]?.digits]).toEqual(['12345678', '12345978'])
  })

  it('notices where a key cut a clip, and goes on with the next', () => {
    const help = clip('For help, press 0.')
    const cut = { ...help, samples: help.samples.slice(0, 700 * 8) }
    const heard = listen(recordingOf([cut, clip('Goodbye.')]).samples, clips)
    expect(texts(heard)).toEqual(['For help, press 0.', 'Goodbye.'])
    expect(heard[0]).toMatchObject({ complete: false })
    expect(heard[0]?.endMs).toBeCloseTo((heard[0]?.startMs ?? 0) + 700, -2)
  })

  it('never counts a cut digit', () => {
    const nine = clip('nine,')
    const cut = { ...nine, samples: nine.samples.slice(0, 200 * 8) }
    const heard = listen(recordingOf([...spoken('12'), cut, clip('Goodbye.')]).samples, clips)
    expect(digitsIn(heard).map(({ digits }) => digits)).toEqual(['12'])
  })

  it('says so when something is no clip of the set, and breaks a number there', () => {
    const stranger = artificialClip('somebody else', 600)
    const heard = listen(recordingOf([...spoken('12'), stranger, ...spoken('34')]).samples, clips)
    expect(texts(heard)).toEqual(['one,', 'two,', 'unknown', 'three,', 'four,'])
    expect(digitsIn(heard).map(({ digits }) => digits)).toEqual(['12', '34'])
  })

  it('follows a jitter buffer that leaves out 40 ms', () => {
    const help = clip('For help, press 0.').samples
    const skipped = Float32Array.from([...help.slice(0, 6400), ...help.slice(6720)])
    const heard = listen(
      recordingOf([{ ...clip('For help, press 0.'), samples: skipped }, ...spoken('7')]).samples,
      clips,
    )
    expect(texts(heard)).toEqual(['For help, press 0.', 'seven,'])
    expect(heard[0]).toMatchObject({ complete: true })
  })

  it('hears nothing in silence and in line noise', () => {
    expect(listen(new Float32Array(16_000), clips)).toEqual([])
    expect(listen(recordingOf([], { random: seededRandom(1), noise: 0.004, loss: 0 }).samples, clips)).toEqual([])
  })
})

describe('a recording', () => {
  const wav = (rateHz: number, dataSize: number) => {
    const head = Buffer.alloc(44)
    head.write('RIFF', 0, 'latin1')
    head.write('WAVEfmt ', 8, 'latin1')
    head.writeUInt32LE(16, 16)
    head.writeUInt16LE(1, 20)
    head.writeUInt16LE(1, 22)
    head.writeUInt32LE(rateHz, 24)
    head.writeUInt16LE(16, 34)
    head.write('data', 36, 'latin1')
    head.writeUInt32LE(dataSize, 40)
    return Buffer.concat([head, Buffer.from(Int16Array.of(0, 16384, -32768).buffer)])
  }

  it('is read, also when its header was never finished', () => {
    expect([...readWav(wav(8000, 6))]).toEqual([0, 16_384, -32_768])
    expect([...readWav(wav(8000, 0))]).toEqual([0, 16_384, -32_768])
  })

  it('is refused at another rate', () => {
    expect(() => readWav(wav(16_000, 6))).toThrow('8000 Hz wanted')
    expect(() => readWav(Buffer.from('something else'))).toThrow('not a WAV')
  })
})

it('A-law leaves artificial clips as loud as rendered ones', () => {
  const { samples } = clip('one,')
  const power = aLaw.decode(aLaw.encode(samples)).reduce((sum, sample) => sum + sample * sample, 0) / samples.length
  expect(10 * Math.log10(power)).toBeCloseTo(-22, 0)
})
