/**
 * What setup says while it works. Everything goes to standard error, so that standard output belongs to the command
 * that setup hands over to (`npm run bench -- --json` promises exactly one object there).
 */

/** A message for the person at the keyboard: printed without a stack, and setup ends. */
export class Stop extends Error {}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/**
 * Runs one long step and shows that it is alive: on a terminal one line with a running clock, elsewhere a line at the
 * start, every ten seconds and at the end. `report` sets the detail, such as `57 of 180 packages`.
 * @template T
 * @param {string} title
 * @param {(report: (detail: string) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startedAtMs = Date.now()
  const terminal = process.stderr.isTTY === true
  let detail = ''
  const elapsed = () => `${((Date.now() - startedAtMs) / 1000).toFixed(terminal ? 0 : 1)} s`
  const line = () => `${title}${detail && ` · ${detail}`} · ${elapsed()}`
  const show = () => process.stderr.write(terminal ? `\r\x1b[K  … ${line()}` : `  … ${line()}\n`)
  const clock = setInterval(show, terminal ? 250 : 10_000)
  if (!terminal) say(`  … ${title}`)
  try {
    const result = await work(text => {
      detail = text
    })
    say(`${terminal ? '\r\x1b[K' : ''}  ✓ ${line()}`)
    return result
  } catch (error) {
    say(`${terminal ? '\r\x1b[K' : ''}  ✗ ${line()}`)
    throw error
  } finally {
    clearInterval(clock)
  }
}
