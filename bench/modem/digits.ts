/** Push-button digits: sequences in noise, and digits heard in speech where there are none. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTools } from '../../setup/tools.mjs'
import { DigitDetector } from '../../src/modem/dtmf/detector.ts'
import { type DigitShape, digitSamples } from '../../src/modem/dtmf/tones.ts'
import { readWav } from '../../src/modem/tools/wav.ts'
import { joined, pad } from '../../test/simulation/modem/line/impairments.ts'
import { seeded } from '../../test/simulation/modem/line/random.ts'
import type { Figure } from '../report.ts'
import { figure } from './figures.ts'
import { multimon, run, spandsp } from './others.ts'

const ALL = '0123456789*#ABCD'
export const DIGIT_FIGURES = ['dtmf.intactAt0dB', 'dtmf.falseDigitsInSpeech']

export function digitFigures(quick: boolean, present: ReadonlySet<string>, say: (line: string) => void): Figure[] {
  const count = quick ? 60 : 300
  const intact = intactSequences(count, {}, 0, present)
  const tell = (what: string, whole: Record<string, number>) =>
    say(`digits ${what}, sequences of 40 intact of ${count}: ${Object.entries(whole).flat().join(' ')}`)
  tell('at 0 dB', intact)
  for (const detune of [0.02, -0.02])
    tell(`${100 * detune} % out of tune, at 0 dB`, intactSequences(count, { detune }, 0, present))
  for (const twistDb of [8, -8]) tell(`${twistDb} dB twist, at 10 dB`, intactSequences(count, { twistDb }, 10, present))
  const best = Math.max(...Object.entries(intact).map(([name, whole]) => (name === 'ours' ? 0 : whole)))
  const ours = (intact['ours'] ?? 0) / count
  const speech = talkOff(quick ? 5 : 60, present)
  const hours = `${speech.recordedHours.toFixed(2)} h of recorded prompts, ${speech.spokenHours.toFixed(2)} h of synthetic speech`
  say(`digits heard in ${hours}: ours ${speech.ours}, spandsp ${speech.spandsp}`)
  const enough = speech.recordedHours + speech.spokenHours >= 3
  return [
    figure('dtmf.intactAt0dB', ours, best / count, '≥ 0.95', ours >= 0.95),
    {
      ...figure('dtmf.falseDigitsInSpeech', speech.ours, speech.spandsp, '0 in 3 h', speech.ours === 0 && enough),
      note: hours,
    },
  ]
}

/** How many of `count` sequences of 40 digits each receiver heard whole, at `snrDb` over 0–4 kHz. */
function intactSequences(
  count: number,
  shape: DigitShape,
  snrDb: number,
  present: ReadonlySet<string>,
): Record<string, number> {
  const random = seeded(40)
  const intact: Record<string, number> = { ours: 0 }
  for (let i = 0; i < count; i++) {
    const digits = Array.from({ length: 40 }, () => ALL[Math.floor(random.uniform() * 16)]).join('')
    const clean = digitSamples(digits, shape)
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

interface TalkOff {
  readonly recordedHours: number
  readonly spokenHours: number
  readonly ours: number
  readonly spandsp: number
}

/** Digits heard in Asterisk's recorded prompts of all languages installed (but not its monkeys) and in `seededMinutes` of espeak-ng. */
function talkOff(seededMinutes: number, present: ReadonlySet<string>): TalkOff {
  const detector = new DigitDetector()
  const score = { ours: 0, spandsp: 0 }
  const hear = (pieces: Iterable<Float32Array>): number => {
    let samples = 0
    for (const speech of inHeaps(pieces)) {
      samples += speech.length
      score.ours += detector.push(speech).length
      if (present.has('spandsp')) score.spandsp += spandsp('dtmf', speech).length
    }
    return samples / 8000 / 3600
  }
  const recordedHours = hear(recordings())
  return { recordedHours, spokenHours: hear(spoken(seededMinutes)), ...score }
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
  // The English ones come with the Asterisk that setup unpacks, and may be installed beside the others as well.
  const english = join(readTools(process.cwd()).asteriskShare, 'sounds-en')
  yield* recordingsIn(english, () => true)
  if (existsSync(SOUNDS)) yield* recordingsIn(SOUNDS, name => !name.startsWith('en_'))
}

function* recordingsIn(folder: string, wanted: (name: string) => boolean): Generator<Float32Array> {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!name.endsWith('.wav') || name.includes('monkeys') || !wanted(name)) continue
    const read = readWav(readFileSync(join(folder, name)))
    if (read.outcome === 'read') yield read.samples
  }
}

function* spoken(minutes: number): Generator<Float32Array> {
  const speaker = readTools(process.cwd())['espeak-ng']
  const random = seeded(8)
  const voices = ['en', 'en-us', 'de', 'fr', 'es', 'it', 'cmn', 'ru', 'pl', 'pt']
  for (let seconds = 0; seconds < minutes * 60; ) {
    const words = Array.from({ length: 60 }, () => Math.floor(random.uniform() * 1e6)).join('. ')
    const voice = voices[Math.floor(random.uniform() * voices.length)] ?? 'en'
    const pitch = 20 + Math.floor(random.uniform() * 70)
    const spokenWords = spawnSync(
      speaker.command,
      [...speaker.args, '-v', voice, '-p', `${pitch}`, '--stdout', words],
      { env: { ...process.env, ...speaker.env }, maxBuffer: 1 << 28 },
    )
    const stdout = run(
      'sox',
      ['-t', 'wav', '-', '-r', '8000', '-c', '1', '-b', '16', '-t', 'wav', '-'],
      spokenWords.stdout,
    )
    const read = readWav(stdout)
    if (read.outcome !== 'read') throw new Error(`espeak-ng said nothing in ${voice}`)
    seconds += read.samples.length / 8000
    yield read.samples
  }
}
