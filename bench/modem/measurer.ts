/** Measures point after point, says each, and passes over those that are known, unless by fewer frames. */
import type { BenchMode, Other } from './others.ts'
import { type NamedLine, type Point, type Points, show } from './points.ts'
import { otherTrial, ourTrial } from './trials.ts'

export class Measurer {
  readonly #points: Points
  readonly #say: (line: string) => void

  constructor(points: Points, say: (line: string) => void) {
    this.#points = points
    this.#say = say
  }

  ours(frame: Point['frame'], mode: BenchMode, line: NamedLine, frames: number): void {
    if (this.#points.framesOf(mode, 'tonebank', frame, line.name) >= frames) return
    this.#noteDown(ourTrial(frame, mode, line, frames))
  }

  theirs(other: Other, mode: BenchMode, line: NamedLine, frames: number): void {
    if (this.#points.framesOf(mode, other.name, 'plain', line.name) >= frames) return
    this.#noteDown(otherTrial(other, mode, line, frames))
  }

  #noteDown(point: Point): void {
    this.#points.add(point)
    this.#say(`${point.mode} ${point.frame}, ${point.receiver}, ${point.line}: ${show(point)}`)
  }
}
