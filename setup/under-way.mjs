/** A reporter for vitest: a file that takes long is named while it runs, so that one that hangs can be told from the log alone. */

const everyMs = 120_000

export default class UnderWay {
  /** @type {Map<string, number>} when each file began, on the monotonic clock */
  #begun = new Map()
  /** @type {NodeJS.Timeout | undefined} */
  #timer

  onTestRunStart() {
    this.#timer = setInterval(() => this.#tell(), everyMs)
    this.#timer.unref()
  }

  /** @param {{ moduleId: string }} file */
  onTestModuleStart({ moduleId }) {
    this.#begun.set(moduleId, performance.now())
  }

  /** @param {{ moduleId: string }} file */
  onTestModuleEnd({ moduleId }) {
    this.#begun.delete(moduleId)
  }

  onTestRunEnd() {
    clearInterval(this.#timer)
  }

  #tell() {
    const long = [...this.#begun]
      .map(([file, sinceMs]) => ({ file, seconds: Math.round((performance.now() - sinceMs) / 1_000) }))
      .filter(({ seconds }) => seconds * 1_000 >= everyMs)
      .map(({ file, seconds }) => `${file.replace(`${process.cwd()}/`, '')} (${seconds} s)`)
    if (long.length > 0) console.log(`  … under way: ${long.join(', ')}`)
  }
}
