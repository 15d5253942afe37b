/**
 * What shows more the oftener it is tried, a night has time for. `npm test` tries of each kind a few; `npm run test:night` sets
 * `NIGHT` and tries all, every night (`.github/workflows/nightly.yml`).
 */
const isNight = process.env['NIGHT'] === '1'

export function byNight<T>(all: T, few: T): T {
  return isNight ? all : few
}
