/** Processor time of a receiving call, by the process's own clock: other work on the machine weighs on that little, but it does. */
import { frameBits } from '../../src/modem/coded/frame.ts'
import { LINE_MODES, type LineMode } from '../../src/modem/line/modes.ts'
import type { Pieces } from '../../src/modem/pieces.ts'
import { Receiver } from '../../src/modem/receiver.ts'
import { seeded } from '../../test/simulation/modem/line/random.ts'
import { frameTrial, overLine } from '../../test/simulation/modem/line/trial.ts'
import { MODES } from './lines.ts'

/** Seconds per second of coded frames one after another, plain frames at 8 dB, and noise, in the dearest mode; says them all. */
export function cpuPerAudioSecond(say: (line: string) => void): number {
  let dearest = 0
  for (const name of MODES) {
    const mode = LINE_MODES[name]
    const count = name === 'v21' ? 10 : 30
    // A receiver's first seconds are spent compiling it, once in the life of a process.
    for (const kind of ['fec', 'hdlc'] as const) frameTrial(kind, mode, {}, count / 2, seeded(4))
    const coded = frameTrial('fec', mode, {}, count, seeded(5))
    const plain = frameTrial('hdlc', mode, { esN0Db: 8 }, count, seeded(5))
    const perSecond = [
      coded.cpuSeconds / coded.audioSeconds,
      plain.cpuSeconds / plain.audioSeconds,
      ofNoise(mode),
    ] as const
    const [frames, plainFrames, idle] = perSecond.map(seconds => seconds.toFixed(4))
    say(`${name}: CPU seconds per second: coded frames ${frames}, plain frames at 8 dB ${plainFrames}, noise ${idle}`)
    dearest = Math.max(dearest, ...perSecond)
  }
  return dearest
}

function ofNoise(mode: LineMode): number {
  const random = seeded(6)
  const noise = Float32Array.from({ length: 480_000 }, () => 0.05 * random.gauss())
  const receiver = new Receiver(mode)
  const before = process.cpuUsage().user
  receiver.push(noise)
  return (process.cpuUsage().user - before) / 60e6
}

const PUSH_SAMPLES = 160
/** From where the code has no trouble to where half of all frames need several rounds. */
const PUSH_DB = [0, 1, 3, 12]
/** Who has 20 ms for each push reads no further when so much of them has gone: the rest of a frame waits for the next ones. */
const SHARE_MS = 8

/**
 * Milliseconds of the dearest push of 20 ms in a thousand while frames are read one after another, in the dearest mode. A frame is read in
 * pieces, as many in one push as begin within its share of the time. It counts the whole process, so that what the collector of garbage does beside is in it.
 */
export function pushMsP999(quick: boolean, say: (line: string) => void): number {
  let dearest = 0
  for (const name of MODES) {
    const { pushes, latest } = pushTimes(LINE_MODES[name], name === 'v21' ? 16 : 40, quick ? 1 : 3)
    const times = pushes.sort((a, b) => a - b)
    const [p999, most] = [times[Math.floor(times.length * 0.999)] ?? 0, times.at(-1) ?? 0]
    say(
      `${name}: a push of 20 ms, of ${times.length}: 99.9 % within ${p999.toFixed(1)} ms, longest ${most.toFixed(1)} ms; ` +
        `at most ${latest} pushes behind`,
    )
    dearest = Math.max(dearest, p999)
  }
  return dearest
}

/** Of `frames` frames at each noise, `rounds` times: the first round compiles the receiver and is not counted. */
function pushTimes(mode: LineMode, frames: number, rounds: number): { pushes: number[]; latest: number } {
  const pushes: number[] = []
  let latest = 0
  for (let round = 0; round <= rounds; round++) {
    const random = seeded(7 + round)
    for (const esN0Db of PUSH_DB) {
      const receiver = new Receiver(mode)
      const waiting: Pieces<unknown>[] = []
      for (let i = 0; i < frames / (round === 0 ? 4 : 1); i++) {
        const bits = frameBits({ type: 1, sequence: i & 255, keyId: 7, payload: random.bytes(150) }, mode)
        for (const { samples } of overLine(bits, mode, { esN0Db }, random))
          for (let from = 0; from < samples.length; from += PUSH_SAMPLES) {
            waiting.push(receiver.pushing(samples.subarray(from, from + PUSH_SAMPLES)))
            const tookMs = readFor(SHARE_MS, waiting)
            if (round === 0) continue
            pushes.push(tookMs)
            latest = Math.max(latest, waiting.length)
          }
      }
    }
  }
  return { pushes, latest }
}

/** Does what waits, in order, until there is no more or `ms` have gone. @returns how long that took, in milliseconds of processor time */
function readFor(ms: number, waiting: Pieces<unknown>[]): number {
  const before = process.cpuUsage()
  for (;;) {
    const [first] = waiting
    if (first?.next().done === true) waiting.shift()
    const { user, system } = process.cpuUsage(before)
    const tookMs = (user + system) / 1000
    if (waiting.length === 0 || tookMs >= ms) return tookMs
  }
}
