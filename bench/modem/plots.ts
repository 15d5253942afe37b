/** The curves as SVG, beside the page that shows them: frame errors over Eb/N0 with theory, and over lost packets. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { LINE_MODES } from '../../src/modem/line/modes.ts'
import { curve } from './figures.ts'
import { FRAME_BITS, LOSS_PERCENT, loss, MANNERS, MODES, OTHERS_DB, OUR_CODED_DB, OUR_PLAIN_DB } from './lines.ts'
import type { BenchMode } from './others.ts'
import type { Points } from './points.ts'
import { coherentFer, noncoherentFer } from './statistics.ts'

/** A point without errors is drawn here: a logarithm has no zero. */
const LEAST = 0.0005
const THEORY_DB = Array.from({ length: 61 }, (_, i) => 5 + i / 4)

/** A legend shows strokes, of which it can be told which are dashed. */
const STROKES = { symbolType: 'stroke', symbolSize: 500 } as const

interface Row {
  readonly x: number
  readonly errors: number
  readonly who: string
  /** What became of the lost packets: a line of its own for each. */
  readonly manner?: string
}

/** Draws what has been measured so far into `folder`. */
export async function drawPlots(points: Points, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const mode of MODES) {
    const noisy = noiseRows(points, mode)
    if (noisy.length > 0)
      await draw(join(folder, `${mode}-noise.svg`), `${mode}: noise`, 'Eb/N0 per channel bit, dB', noisy)
    const lossy = lossRows(points, mode)
    if (lossy.length > 0)
      await draw(join(folder, `${mode}-loss.svg`), `${mode}: lost packets of 20 ms, 18 dB`, 'packets lost, %', lossy)
  }
}

function noiseRows(points: Points, mode: BenchMode): Row[] {
  const rows = points.receivers(mode).flatMap(receiver => {
    const ours = receiver === 'tonebank'
    return [
      ...rowsOf(
        curve(points, mode, receiver, 'plain', ours ? OUR_PLAIN_DB : OTHERS_DB),
        ours ? 'ours, plain' : receiver,
      ),
      ...rowsOf(curve(points, mode, receiver, 'coded', OUR_CODED_DB), 'ours, coded'),
    ]
  })
  if (rows.length === 0) return []
  const { baud, markHz, spaceHz } = LINE_MODES[mode]
  const h = Math.abs(markHz - spaceHz) / baud
  const theory = THEORY_DB.flatMap(db => [
    { x: db, errors: noncoherentFer(FRAME_BITS.plain, db), who: 'theory, noncoherent' },
    { x: db, errors: coherentFer(FRAME_BITS.plain, h, db), who: 'theory, coherent' },
  ])
  return [...rows, ...theory.filter(({ errors }) => errors > LEAST)]
}

function rowsOf(
  measured: readonly { readonly db: number; readonly errors: number; readonly frames: number }[],
  who: string,
): Row[] {
  return measured.map(({ db, errors, frames }) => ({ x: db, errors: Math.max(LEAST, errors / frames), who }))
}

function lossRows(points: Points, mode: BenchMode): Row[] {
  return points.receivers(mode).flatMap(receiver =>
    MANNERS.flatMap(manner =>
      LOSS_PERCENT.flatMap(percent => {
        const ours = receiver === 'tonebank'
        const point = points.find(mode, receiver, ours ? 'coded' : 'plain', loss(percent, manner).name)
        if (point === undefined) return []
        const errors = Math.max(LEAST, point.errors / point.frames)
        return [{ x: percent, errors, who: ours ? 'ours, coded' : receiver, manner }]
      }),
    ),
  )
}

async function draw(path: string, title: string, x: string, rows: readonly Row[]): Promise<void> {
  const hasManners = rows.some(({ manner }) => manner !== undefined)
  const spec: TopLevelSpec = {
    title,
    width: 560,
    height: 320,
    background: 'white',
    data: { values: [...rows] },
    // Points would fill the legend's strokes.
    mark: { type: 'line', point: hasManners ? false : { size: 18 } },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: x, scale: { zero: false } },
      y: {
        field: 'errors',
        type: 'quantitative',
        title: `frames lost (none: drawn at ${LEAST})`,
        scale: { type: 'log', domain: [LEAST, 1] },
      },
      color: { field: 'who', type: 'nominal', title: null, scale: { scheme: 'tableau10' }, legend: STROKES },
      ...(hasManners && {
        strokeDash: {
          field: 'manner',
          type: 'nominal',
          title: null,
          legend: { ...STROKES, encoding: { symbols: { stroke: { value: 'black' } } } },
        },
      }),
    },
  }
  const view = new View(parse(compile(spec).spec), { renderer: 'none' })
  writeFileSync(path, `${await view.toSVG()}\n`)
}
