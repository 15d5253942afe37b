/** Processor time of a receiving call, by the process's own clock of user time: other work on the machine weighs on that little, but it does. */
import { LINE_MODES, type LineMode } from '../../src/modem/line/modes.ts'
import { Receiver } from '../../src/modem/receiver.ts'
import { seeded } from '../../test/simulation/modem/line/random.ts'
import { frameTrial } from '../../test/simulation/modem/line/trial.ts'
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
