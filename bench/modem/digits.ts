/** Push-button digits: sequences in noise, and digits heard in speech where there are none. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DigitDetector } from '../../src/modem/dtmf/detector.ts'
import { digitSamples } from '../../src/modem/dtmf/tones.ts'
import { readWav } from '../../src/modem/wav.ts'
import { joined, pad } from '../../test/simulation/modem/line/impairments.ts'
import { seeded } from '../../test/simulation/modem/line/random.ts'
import { multimon, spandsp } from './others.ts'

const ALL = '0123456789*#ABCD'

/** How many of `count` sequences of 40 digits each receiver heard whole, at `snrDb` over 0–4 kHz. */
export function intactSequences(count: number, snrDb: number, present: ReadonlySet<string>): Record<string, number> {
  const random = seeded(40)
  const intact: Record<string, number> = { ours: 0 }
  for (let i = 0; i < count; i++) {
    const digits = Array.from({ length: 40 }, () => ALL[Math.floor(random.uniform() * 16)]).join('')
    const clean = digitSamples(digits)
    const power = (clean.reduce((sum, sample) => sum + sample * sample, 0) / clean.length) * 2
    const samples = pad(clean, 800, 800).map(sample => sample + Math.sqrt(power / 10 ** (snrDb / 10)) * random.gauss())
    const note = (name: string, heard: string) => {
      intact[name] = (intact[name] ?? 0) + (heard === digits ? 1 : 0)
    }
    note('ours', hear(samples))
    if (present.has('spandsp')) note('spandsp', spandsp('dtmf', samples))
    if (present.has('multimon-ng'))
      note('multimon-ng', Array.from(multimon('DTMF', samples).matchAll(/DTMF: (.)/g), match => match[1]).join(''))
  }
  return intact
}

function hear(samples: Float32Array): string {
  const detector = new DigitDetector()
  return [...detector.push(samples), ...detector.finish()].map(event => event.digit).join('')
}

const HEAP_SAMPLES = 600 * 8000
const SOUNDS = '/usr/share/asterisk/sounds'

export interface TalkOff {
  readonly hours: number
  readonly ours: number
  readonly spandsp: number
}

/** Digits heard in Asterisk's recorded prompts of all languages installed (but not its monkeys) and in `seededMinutes` of espeak-ng. */
export function talkOff(seededMinutes: number, present: ReadonlySet<string>): TalkOff {
  const detector = new DigitDetector()
  let samples = 0
  const score = { ours: 0, spandsp: 0 }
  for (const speech of [...inHeaps(recordings()), ...inHeaps(spoken(seededMinutes))]) {
    samples += speech.length
    score.ours += detector.push(speech).length
    if (present.has('spandsp')) score.spandsp += spandsp('dtmf', speech).length
  }
  return { hours: samples / 8000 / 3600, ...score }
}

/** Ten minutes and more at a time: a program started for each prompt would take longer to start than to listen. */
function* inHeaps(pieces: Iterable<Float32Array>): Generator<Float32Array> {
  let heap: { samples: Float32Array; gap: number }[] = []
  let length = 0
  for (const samples of pieces) {
    heap.push({ samples, gap: 0 })
    length += samples.length
    if (length < HEAP_SAMPLES) continue
    yield joined(heap)
    heap = []
    length = 0
  }
  yield joined(heap)
}

function* recordings(): Generator<Float32Array> {
  if (!existsSync(SOUNDS)) return
  const names = readdirSync(SOUNDS, { recursive: true, encoding: 'utf8' }).sort()
  for (const name of names) {
    if (!name.endsWith('.wav') || name.includes('monkeys')) continue
    const read = readWav(readFileSync(join(SOUNDS, name)))
    if (read.outcome === 'read') yield read.samples
  }
}

function* spoken(minutes: number): Generator<Float32Array> {
  const random = seeded(8)
  const voices = ['en', 'en-us', 'de', 'fr', 'es', 'it', 'cmn', 'ru', 'pl', 'pt']
  for (let seconds = 0; seconds < minutes * 60; ) {
    const words = Array.from({ length: 60 }, () => Math.floor(random.uniform() * 1e6)).join('. ')
    const voice = voices[Math.floor(random.uniform() * voices.length)] ?? 'en'
    const pitch = 20 + Math.floor(random.uniform() * 70)
    const { stdout, status } = spawnSync(
      'sh',
      ['-c', `espeak-ng -v ${voice} -p ${pitch} --stdout '${words}' | sox -t wav - -r 8000 -c 1 -b 16 -t wav -`],
      { maxBuffer: 1 << 28 },
    )
    const read = status === 0 ? readWav(stdout) : undefined
    if (read?.outcome !== 'read') return
    seconds += read.samples.length / 8000
    yield read.samples
  }
}
