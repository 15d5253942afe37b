/** Sends frames over a line to our receiver or to another, and counts those that are lost. */
import { LINE_MODES } from '../../src/modem/line/modes.ts'
import { joined, pad } from '../../test/simulation/modem/line/impairments.ts'
import { seeded } from '../../test/simulation/modem/line/random.ts'
import { frameTrial, type Line, overLine } from '../../test/simulation/modem/line/trial.ts'
import { ax25Payload, type BenchMode, type Other } from './others.ts'
import type { NamedLine, Point } from './points.ts'

/** Frames that another program hears in one recording. */
const RECORDING_FRAMES = 100

export function ourTrial(frame: Point['frame'], mode: BenchMode, named: NamedLine, frames: number): Point {
  const lines = linesOf(named)
  let errors = 0
  lines.forEach((line, i) => {
    const kind = frame === 'coded' ? 'fec' : 'hdlc'
    const { lost, wrong } = frameTrial(kind, LINE_MODES[mode], line, frames / lines.length, seeded(1 + i))
    // A frame that nobody sent is as bad as one that is lost.
    errors += lost + wrong
  })
  return { mode, receiver: 'tonebank', frame, line: named.name, errors, frames }
}

/** Plain frames: nobody else reads the coded ones. */
export function otherTrial(other: Other, mode: BenchMode, named: NamedLine, frames: number): Point {
  const lines = linesOf(named)
  let errors = 0
  lines.forEach((line, i) => {
    const random = seeded(101 + i)
    const share = frames / lines.length
    for (let sent = 0; sent < share; sent += RECORDING_FRAMES) {
      const payloads = Array.from({ length: Math.min(RECORDING_FRAMES, share - sent) }, () => ax25Payload(random))
      const packets = payloads.flatMap(payload => overLine(other.bits(payload), other.mode, line, random))
      // Nobody else knows of marked gaps: they hear silence.
      const samples = joined(packets.map(({ samples: heard, gap }) => ({ samples: pad(heard, gap, 0), gap: 0 })))
      errors += payloads.length - Math.min(payloads.length, other.count(samples, payloads))
    }
  })
  return { mode, receiver: other.name, frame: 'plain', line: named.name, errors, frames }
}

function linesOf({ line, and }: NamedLine): Line[] {
  return and === undefined ? [line] : [line, and]
}
