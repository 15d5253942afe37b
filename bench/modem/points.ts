/** What was measured, point by point: which receiver lost how many of how many frames on which line. Figures, tables and plots are read from it. */
import type { Line } from '../../test/simulation/modem/line/trial.ts'
import type { BenchMode } from './others.ts'
import { interval, type Rate } from './statistics.ts'

export interface Point extends Rate {
  readonly mode: BenchMode
  /** `tonebank`, or the name of one of the others. */
  readonly receiver: string
  readonly frame: 'plain' | 'coded'
  /** Name of the line: see `lines.ts`. */
  readonly line: string
}

/** A line with the name under which its points are kept. */
export interface NamedLine {
  readonly name: string
  readonly line: Line
  /** Other lines of the same name, if the frames are shared among several: offsets of either sign. */
  readonly and?: Line
}

export class Points {
  readonly all: Point[]

  constructor(known: readonly Point[] = []) {
    this.all = [...known]
  }

  /** In place of one of the same name that was measured before. */
  add(point: Point): void {
    const before = this.find(point.mode, point.receiver, point.frame, point.line)
    if (before !== undefined) this.all.splice(this.all.indexOf(before), 1)
    this.all.push(point)
  }

  find(mode: BenchMode, receiver: string, frame: Point['frame'], line: string): Point | undefined {
    return this.all.find(
      point => point.mode === mode && point.receiver === receiver && point.frame === frame && point.line === line,
    )
  }

  /** 0 for what was never measured. */
  framesOf(mode: BenchMode, receiver: string, frame: Point['frame'], line: string): number {
    return this.find(mode, receiver, frame, line)?.frames ?? 0
  }

  /** Names of the receivers that anything is known of, ours first. */
  receivers(mode: BenchMode): string[] {
    return [...new Set(this.all.filter(point => point.mode === mode).map(point => point.receiver))]
  }
}

export function show(rate: Rate): string {
  const [low, high] = interval(rate)
  return `${rate.errors}/${rate.frames} lost (95 %: ${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)} %)`
}
