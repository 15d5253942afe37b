/** Everything that was measured of a mode, side by side: a telephone line per row, a receiver per column. */
import { FRAME_BITS } from './lines.ts'
import type { BenchMode } from './others.ts'
import type { Points } from './points.ts'
import { interval } from './statistics.ts'

/** What Eb/N0 per information bit is above that per channel bit. */
const PLAIN_OVERHEAD_DB = 10 * Math.log10(FRAME_BITS.plain / FRAME_BITS.information)
const CODED_OVERHEAD_DB = 10 * Math.log10(FRAME_BITS.coded / FRAME_BITS.information)

/** As Markdown. Frames lost of those sent, and the 95 % interval. */
export function table(mode: BenchMode, points: Points): string {
  const columns = points.receivers(mode).flatMap(receiver =>
    receiver === 'tonebank'
      ? [
          { receiver, frame: 'plain' as const, title: 'ours, plain' },
          { receiver, frame: 'coded' as const, title: 'ours, coded' },
        ]
      : [{ receiver, frame: 'plain' as const, title: receiver }],
  )
  const lines = [...new Set(points.all.filter(point => point.mode === mode).map(point => point.line))]
  const rows = lines.map(line => [
    line,
    ...columns.map(({ receiver, frame }) => {
      const point = points.find(mode, receiver, frame, line)
      if (point === undefined) return ''
      const [low, high] = interval(point).map(part => (100 * part).toFixed(1))
      return `${point.errors}/${point.frames} (${low}–${high} %)`
    }),
  ])
  const cells = [[mode, ...columns.map(({ title }) => title)], ['', ...columns.map(() => '')].map(() => '---'), ...rows]
  return [
    ...cells.map(row => `| ${row.join(' | ')} |`),
    `Noise is Eb/N0 per channel bit (Es/N0); per information bit it is ${PLAIN_OVERHEAD_DB.toFixed(1)} dB more for plain frames, ${CODED_OVERHEAD_DB.toFixed(1)} dB more for coded ones.`,
  ].join('\n')
}
