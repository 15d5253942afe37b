/** The first thing that setup checks, in words that somebody who has an older Node can act on. */
import { Stop } from './progress.mjs'

const oldest = [20, 19]

/** @param {string} version such as `20.19.1` */
export function checkNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldest
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new Stop(`This is Node ${version}; Tonebank needs ${oldest.join('.')} or newer.
Please install a current release of Node and start again. Your files here are fine; nothing was changed.`)
}
