/**
 * The receivers that a user would pick instead, run as programs on the same signals: spandsp (through a small program of ours), minimodem,
 * multimon-ng and direwolf, all from Debian. One that is missing is named, and left out.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concatBits } from '../../src/modem/coded/bits.ts'
import { LINE_MODES, type LineMode } from '../../src/modem/line/modes.ts'
import { HdlcReader, hdlcBits } from '../../src/modem/plain/hdlc.ts'
import { writeWav } from '../../src/modem/tools/wav.ts'

export type BenchMode = 'v23' | 'bell202' | 'v21'

export interface Other {
  readonly name: string
  /** Line bits of one frame as this receiver understands it. */
  bits(payload: Uint8Array): Uint8Array
  /** The mode to send them in. */
  readonly mode: LineMode
  /** How many of `payloads`, sent in this order, are read from the samples. */
  count(samples: Float32Array, payloads: readonly Uint8Array[]): number
}

const folder = mkdtempSync(join(tmpdir(), 'tonebank-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

export function run(command: string, parameters: readonly string[], input?: Uint8Array): Buffer {
  const { stdout } = spawnSync(command, parameters, { input, maxBuffer: 1 << 28, timeout: 600_000 })
  return stdout ?? Buffer.alloc(0)
}

function exists(command: string): boolean {
  return spawnSync('which', [command]).status === 0
}

const SPANDSP = '.cache/bench/spandsp'

/** Builds our program around libspandsp; false where there is no compiler or library. */
function buildSpandsp(): boolean {
  mkdirSync('.cache/bench', { recursive: true })
  return spawnSync('cc', ['-O2', '-o', SPANDSP, 'bench/modem/spandsp.c', '-lspandsp', '-lm']).status === 0
}

/** What is there to compare with, and the names of what is not, with the Debian package that has it. */
export function findOthers(): { readonly present: ReadonlySet<string>; readonly missing: string[] } {
  const needs: [string, boolean, string][] = [
    ['spandsp', buildSpandsp(), 'libspandsp-dev, gcc'],
    ['minimodem', exists('minimodem'), 'minimodem'],
    ['multimon-ng', exists('multimon-ng') && exists('sox'), 'multimon-ng, sox'],
    ['direwolf', exists('atest') && exists('sox'), 'direwolf, sox'],
  ]
  return {
    present: new Set(needs.filter(([, there]) => there).map(([name]) => name)),
    missing: needs.filter(([, there]) => !there).map(([name, , packages]) => `${name} (apt-get install ${packages})`),
  }
}

export function othersFor(mode: BenchMode, present: ReadonlySet<string>): Other[] {
  const nrzi = mode === 'bell202'
  const own = LINE_MODES[mode]
  const hdlc = (payload: Uint8Array) => hdlcBits(payload, { nrzi })
  const all: Other[] = [
    {
      name: 'spandsp',
      mode: own,
      bits: hdlc,
      count: (samples, payloads) => countBits(spandsp(mode, samples), nrzi, payloads),
    },
    {
      name: 'minimodem',
      mode: own,
      bits: asyncBits,
      count: (samples, payloads) => countBytes(minimodem(own, samples), payloads),
    },
  ]
  if (mode === 'bell202')
    all.push({
      name: 'multimon-ng',
      mode: own,
      bits: hdlc,
      count: samples => multimon('AFSK1200', samples).split('AFSK1200: fm').length - 1,
    })
  // Direwolf's 300 baud has its tones at 1600 and 1800 Hz: other tones, the same h and noise.
  if (mode !== 'v23')
    all.push({
      name: 'direwolf',
      mode: mode === 'v21' ? { ...own, markHz: 1600, spaceHz: 1800 } : own,
      bits: payload => hdlcBits(payload, { nrzi: true }),
      count: samples => direwolf(own.baud, samples),
    })
  return all.filter(({ name }) => present.has(name))
}

/** 150 bytes that every receiver takes for a frame: an AX.25 header and random letters. */
export function ax25Payload(random: { bytes(length: number): Uint8Array }): Uint8Array {
  const address = (call: string, last: boolean) => [
    ...Array.from(call.padEnd(6), c => c.charCodeAt(0) << 1),
    last ? 0x61 : 0x60,
  ]
  const text = Array.from(random.bytes(134), byte => 65 + (byte % 26))
  return Uint8Array.from([...address('BANK', false), ...address('PHONE', true), 0x03, 0xf0, ...text])
}

/** Bytes with a start and a stop bit each, between stretches of mark. */
function asyncBits(payload: Uint8Array): Uint8Array {
  const idle = new Uint8Array(60).fill(1)
  const framed = Array.from(payload, byte =>
    Uint8Array.from({ length: 10 }, (_, i) => (i === 0 ? 0 : i === 9 ? 1 : (byte >> (i - 1)) & 1)),
  )
  return concatBits(idle, ...framed, idle)
}

function pcm(samples: Float32Array): Uint8Array {
  return writeWav(samples).subarray(44)
}

export function spandsp(mode: string, samples: Float32Array): string {
  return run(SPANDSP, [mode], pcm(samples)).toString('latin1')
}

function countBits(heard: string, nrzi: boolean, payloads: readonly Uint8Array[]): number {
  const reader = new HdlcReader(nrzi)
  const wanted = new Set(payloads.map(payload => payload.join()))
  for (const bit of heard) {
    if (bit !== '0' && bit !== '1') continue
    const { payload } = reader.push(bit === '1' ? 1 : 0)
    if (payload !== undefined) wanted.delete(payload.join())
  }
  return payloads.length - wanted.size
}

function minimodem({ baud, markHz, spaceHz }: LineMode, samples: Float32Array): Buffer {
  const file = join(folder, 'minimodem.wav')
  writeFileSync(file, writeWav(samples))
  return run('minimodem', ['--rx', '-8', '-q', '-f', file, '-M', `${markHz}`, '-S', `${spaceHz}`, `${baud}`])
}

function countBytes(heard: Buffer, payloads: readonly Uint8Array[]): number {
  return payloads.filter(payload => heard.includes(Buffer.from(payload))).length
}

function resampled(samples: Float32Array, rate: number): string {
  const from = join(folder, 'from.wav')
  const to = join(folder, `to-${rate}.wav`)
  writeFileSync(from, writeWav(samples))
  run('sox', [from, '-r', `${rate}`, to])
  return to
}

export function multimon(demodulator: string, samples: Float32Array): string {
  return run('multimon-ng', ['-q', '-a', demodulator, '-t', 'wav', resampled(samples, 22050)]).toString('latin1')
}

function direwolf(baud: number, samples: Float32Array): number {
  const heard = run('atest', ['-B', `${baud}`, resampled(samples, 48000)]).toString('latin1')
  return Number(/(\d+) packets decoded/.exec(heard)?.[1] ?? 0)
}
