/**
 * A small picture of a received signal, as SVG: its level over time with the frames marked, and of the last frame the soft values of its channel
 * bits, where two clouds apart mean a good line and one in the middle a bad one.
 */
import type { SoftValues } from '../coded/frame-decoder.ts'
import type { ModemEvent } from '../receiver.ts'

const WIDTH = 900
const LEVEL_HEIGHT = 160
const SOFT_HEIGHT = 200
const MARGIN = 40
const FLOOR_DBFS = -70
const MOST_SOFT = 20

export interface ReceivedSignal {
  readonly samples: Float32Array
  readonly events: readonly ModemEvent[]
}

export function plotSignal({ samples, events }: ReceivedSignal): string {
  const seconds = samples.length / 8000
  const frames = events.filter(event => event.kind === 'frame' || event.kind === 'garbled')
  const soft = frames.at(-1)?.soft
  const height = MARGIN * 2 + LEVEL_HEIGHT + (soft === undefined ? 0 : SOFT_HEIGHT + MARGIN)
  const marks = events.map(event => mark(event, samples.length)).join('')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="${MARGIN}" y="20">level in dB of full scale, ${seconds.toFixed(2)} s; green: frame read, red: frame garbled, blue: carrier</text>`,
    `<polyline fill="none" stroke="#444" points="${levels(samples)}"/>`,
    marks,
    soft === undefined ? '' : softPicture(soft, MARGIN * 2 + LEVEL_HEIGHT),
    '</svg>',
    '',
  ].join('\n')
}

/** Level of each 450th of the signal. */
function levels(samples: Float32Array): string {
  const columns = 450
  const points: string[] = []
  for (let i = 0; i < columns; i++) {
    const from = Math.floor((i * samples.length) / columns)
    const to = Math.max(from + 1, Math.floor(((i + 1) * samples.length) / columns))
    let power = 0
    for (let n = from; n < to && n < samples.length; n++) power += samples[n]! ** 2
    const db = Math.max(FLOOR_DBFS, 10 * Math.log10(power / (to - from) + 1e-12))
    points.push(`${across(i, columns)},${(MARGIN + (db / FLOOR_DBFS) * LEVEL_HEIGHT).toFixed(1)}`)
  }
  return points.join(' ')
}

function across(i: number, of: number): string {
  return (MARGIN + (i / of) * (WIDTH - 2 * MARGIN)).toFixed(1)
}

function mark(event: ModemEvent, samples: number): string {
  const colour = event.kind === 'carrier' ? '#36c' : event.kind === 'garbled' ? '#c22' : '#2a2'
  const x = across(event.atSample, samples)
  return `<line x1="${x}" x2="${x}" y1="${MARGIN}" y2="${MARGIN + LEVEL_HEIGHT}" stroke="${colour}" opacity="0.7"/>\n`
}

/** One dot per channel bit: what the detector believed, red where the code corrected it. */
function softPicture(soft: SoftValues, top: number): string {
  const dots: string[] = []
  for (let i = 0; i < soft.values.length; i++) {
    const value = Math.max(-MOST_SOFT, Math.min(MOST_SOFT, soft.values[i]!))
    const y = top + SOFT_HEIGHT / 2 - (value / MOST_SOFT) * (SOFT_HEIGHT / 2)
    const wrong = soft.values[i]! > 0 !== (soft.bits[i] === 1)
    dots.push(
      `<circle cx="${across(i, soft.values.length)}" cy="${y.toFixed(1)}" r="1.5" fill="${wrong ? '#c22' : '#36c'}"/>`,
    )
  }
  const caption = `<text x="${MARGIN}" y="${top - 8}">soft value of each channel bit of the last frame (log ratio); red: the code says otherwise</text>`
  return `${caption}\n${dots.join('')}`
}
