/**
 * Plain frames to and from other people's modems, by files: spandsp (through the small program of the benchmark) and minimodem. Each reads what we
 * send, and we read what each sends. `npm test` installs both.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesOf } from '../../../src/modem/coded/bits.ts'
import { LINE_MODES, type LineMode } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { HdlcReader, hdlcBits } from '../../../src/modem/plain/hdlc.ts'
import { Receiver } from '../../../src/modem/receiver.ts'
import { readWav, writeWav } from '../../../src/modem/tools/wav.ts'
import { pad } from './line/impairments.ts'
import { seeded } from './line/random.ts'
import { payloadOf } from './line/trial.ts'

const folder = mkdtempSync(join(tmpdir(), 'tonebank-interoperability-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const spandsp = join(folder, 'spandsp')
const payload = seeded(2).bytes(60)
const modes = [LINE_MODES.v23, LINE_MODES.bell202, LINE_MODES.v21]

/** Our samples as a recording: 16 bits, with silence around. */
function recording(bits: Uint8Array, mode: LineMode): Uint8Array {
  return writeWav(pad(modulate(bits, mode), 4000, 4000))
}

function received(samples: Float32Array, mode: LineMode): Uint8Array[] {
  const receiver = new Receiver(mode)
  return [...receiver.push(samples), ...receiver.finish()].map(payloadOf).filter(heard => heard !== undefined)
}

function samplesOf(wav: Uint8Array): Float32Array {
  const read = readWav(wav)
  if (read.outcome === 'unusable') throw new Error(read.why)
  return read.samples
}

describe('spandsp', () => {
  beforeAll(() => {
    const compiled = spawnSync('cc', ['-o', spandsp, 'bench/modem/spandsp.c', '-lspandsp', '-lm'])
    expect(compiled.status, 'spandsp is needed: sudo apt-get install libspandsp-dev gcc').toBe(0)
  })

  test.each(modes)('reads our plain frame, $name', mode => {
    const wav = recording(hdlcBits(payload, { openingFlags: 40 }), mode)
    const { stdout } = spawnSync(spandsp, [mode.name], { input: wav.subarray(44) })
    const reader = new HdlcReader(false)
    const bits = Array.from(stdout.toString('latin1')).filter(bit => bit === '0' || bit === '1')
    const heard = bits.map(bit => reader.push(Number(bit)).payload).filter(frame => frame !== undefined)
    expect(heard).toEqual([payload])
  })

  test.each(modes)('sends a plain frame that we read, $name', mode => {
    const bits = Array.from(hdlcBits(payload)).join('')
    const { stdout } = spawnSync(spandsp, ['send', mode.name], { input: bits })
    const header = writeWav(new Float32Array(stdout.length / 2)).slice()
    header.set(stdout, 44)
    expect(received(pad(samplesOf(header), 800, 800), mode)).toEqual([payload])
  })
})

/** 48 kHz to 8: minimodem rounds a symbol to whole samples, which at 8 kHz would make 1200 baud 1333. */
function aSixth(pcm: Uint8Array): Float32Array {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength)
  const taps = Array.from({ length: 121 }, (_, i) => {
    const t = (i - 60) / 6
    const sinc = t === 0 ? 1 : Math.sin(Math.PI * t * 0.9) / (Math.PI * t * 0.9)
    return (0.15 * sinc * (1 + Math.cos((Math.PI * (i - 60)) / 61))) / 2
  })
  const at = (n: number) => (n < 0 || 2 * n + 1 >= pcm.length ? 0 : view.getInt16(2 * n, true) / 32768)
  return Float32Array.from({ length: Math.floor(pcm.length / 12) }, (_, n) =>
    taps.reduce((sum, tap, i) => sum + tap * at(6 * n + i - 60), 0),
  )
}

describe('minimodem', () => {
  beforeAll(() => {
    const { error } = spawnSync('minimodem', ['--version'])
    expect(error, 'minimodem is needed: sudo apt-get install minimodem').toBeUndefined()
  })

  const tones = ({ markHz, spaceHz }: LineMode) => ['-M', `${markHz}`, '-S', `${spaceHz}`]

  test.each(modes)('reads bytes that we send with start and stop bits, $name', mode => {
    const text = 'Pay two hundred to Lantern Books.'
    const idle = '1'.repeat(80)
    const framed = Array.from(
      text,
      c => `0${Array.from({ length: 8 }, (_, i) => (c.charCodeAt(0) >> i) & 1).join('')}1`,
    ).join('')
    const file = join(folder, `ours-${mode.name}.wav`)
    writeFileSync(file, recording(Uint8Array.from(`${idle}${framed}${idle}`, Number), mode))
    const { stdout } = spawnSync('minimodem', ['--rx', '-8', '-q', '-f', file, ...tones(mode), `${mode.baud}`])
    expect(stdout.toString('latin1')).toContain(text)
  })

  test.each(modes)('sends our line bits, and we read the frame, $name', mode => {
    const bits = hdlcBits(payload, { openingFlags: 20, closingFlags: 4 })
    const file = join(folder, `theirs-${mode.name}.wav`)
    const parameters = [
      '--tx',
      '-8',
      '--startbits',
      '0',
      '--stopbits',
      '0',
      '-R',
      '48000',
      '-f',
      file,
      ...tones(mode),
      `${mode.baud}`,
    ]
    expect(spawnSync('minimodem', parameters, { input: bytesOf(bits) }).status).toBe(0)
    expect(received(aSixth(readFileSync(file).subarray(44)), mode)).toEqual([payload])
  })
})
