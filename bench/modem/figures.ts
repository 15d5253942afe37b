/**
 * The figures that the report names, read from the points.
 *
 * A figure's reference is the best of the others. For coded frames, which nobody else reads, that is the best of their plain frames
 * on the same line: what a user of them would have.
 */
import type { Figure } from '../report.ts'
import {
  CONDITIONS,
  GOAL_ESN0_DB,
  GOAL_PLAIN_DB,
  MODES,
  noise,
  OTHERS_DB,
  OUR_CODED_DB,
  OUR_PLAIN_DB,
  PLAIN_CONDITIONS,
} from './lines.ts'
import type { BenchMode } from './others.ts'
import type { Point, Points } from './points.ts'
import { atMostOnePercent, crossing, type Rate } from './statistics.ts'

export function figure(name: string, ours: number, reference: number, goal: string, met: boolean): Figure {
  const ratio = reference === 0 ? (ours === 0 ? 1 : Number.POSITIVE_INFINITY) : ours / reference
  return { name, ours, reference, ratio, goal, met }
}

/** Those figures whose points have been measured. */
export function modeFigures(points: Points): Figure[] {
  return MODES.flatMap(mode => [...noiseFigures(points, mode), ...conditionFigures(points, mode)])
}

function noiseFigures(points: Points, mode: BenchMode): Figure[] {
  const others = points
    .receivers(mode)
    .filter(receiver => receiver !== 'tonebank')
    .map(receiver => crossing(curve(points, mode, receiver, 'plain', OTHERS_DB), 0.1))
    .filter(db => !Number.isNaN(db)) // one that never gets there is not the best
  const referenceDb = Math.min(...others)
  const atPlain = points.find(mode, 'tonebank', 'plain', noise(GOAL_PLAIN_DB).name)
  const goalDb = GOAL_ESN0_DB[mode]
  const atGoal = points.find(mode, 'tonebank', 'coded', noise(goalDb).name)
  if (atPlain === undefined || atGoal === undefined) return []
  const plainDb = crossing(curve(points, mode, 'tonebank', 'plain', OUR_PLAIN_DB), 0.1)
  const codedDb = crossing(curve(points, mode, 'tonebank', 'coded', [...OUR_CODED_DB, goalDb]), 0.01)
  return [
    figure(`${mode}.hdlc.ebn0At10PctFerDb`, plainDb, referenceDb, `≤ ${GOAL_PLAIN_DB}`, part(atPlain) <= 0.1),
    figure(`${mode}.fec.esn0At1PctFerDb`, codedDb, referenceDb, `≤ ${goalDb}`, atMostOnePercent(atGoal)),
  ]
}

function conditionFigures(points: Points, mode: BenchMode): Figure[] {
  return [
    ...figuresAt(points, mode, 'coded', CONDITIONS, `${mode}.fec`),
    ...figuresAt(points, mode, 'plain', PLAIN_CONDITIONS, `${mode}.hdlc`),
  ]
}

function figuresAt(
  points: Points,
  mode: BenchMode,
  frame: Point['frame'],
  conditions: typeof CONDITIONS,
  prefix: string,
): Figure[] {
  return conditions.flatMap(({ figure: what, name }) => {
    const ours = points.find(mode, 'tonebank', frame, name)
    if (ours === undefined) return []
    const best = Math.min(
      ...points
        .receivers(mode)
        .filter(receiver => receiver !== 'tonebank')
        .map(receiver => points.find(mode, receiver, 'plain', name))
        .filter(point => point !== undefined)
        .map(part),
    )
    return [figure(`${prefix}.${what}`, part(ours), best, '≤ 0.01', atMostOnePercent(ours))]
  })
}

function part({ errors, frames }: Rate): number {
  return errors / frames
}

/** The points of a receiver in noise, by rising dB. */
export function curve(
  points: Points,
  mode: BenchMode,
  receiver: string,
  frame: Point['frame'],
  db: readonly number[],
): (Point & { readonly db: number })[] {
  return db.flatMap(at => {
    const point = points.find(mode, receiver, frame, noise(at).name)
    return point === undefined ? [] : [{ ...point, db: at }]
  })
}
