/**
 * Keeps one Asterisk, or what stands in front of several, alive: waits until it answers, asks again every few seconds, and starts another when it has died or
 * no longer answers. Between restarts it waits 0.2 s at first and twice as long each time, up to 10 s.
 */
import type { Runtime } from '../runtime.ts'
import type { ProgramProcess } from './program-process.ts'
import { PortTaken } from './readiness.ts'
import { SwitchFailed } from './switch-failed.ts'

export interface Watched {
  /** What operators call it. */
  readonly name: string
  /** Starts the program; undefined when it runs elsewhere and we only look. */
  readonly start: (() => ProgramProcess) | undefined
  /** After a start: resolves when every interface answers as ours, rejects otherwise. */
  readonly askAll: () => Promise<void>
  /** From then on. */
  readonly askStillThere: () => Promise<void>
  /** Of a program that writes one. */
  readonly errorLog?: { markStart(): void; errorsSinceStart(): readonly string[]; keepSmall(): void }
  readonly log: (line: string) => void
}

/** Cold disks and a machine under load included; 0.6 s is usual. */
const startUpMs = 30_000
/** An Asterisk that is still loading refuses our accounts, too: another program does so for longer. */
const takenForMs = 2_000
const betweenQuestionsMs = 5_000
/** A machine that was suspended or swamped gets half a minute before its calls are cut. */
const silencesAllowed = 6
const firstDelayMs = 200
const longestDelayMs = 10_000
/** After this long in good health, the next failure counts as the first again. */
const healthyMs = 60_000

export class Watch {
  readonly #watched: Watched
  readonly #runtime: Runtime
  readonly #ending = new AbortController()
  #process: ProgramProcess | undefined
  #watching: Promise<void> | undefined
  #ready: Promise<void> = Promise.resolve()
  #isAnswering = false
  #restarted: () => Promise<void> = () => Promise.resolve()
  #lost: () => void = () => {}

  constructor(watched: Watched, runtime: Runtime) {
    this.#watched = watched
    this.#runtime = runtime
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Whether it answered when it was last asked, seconds ago. */
  get isAnswering(): boolean {
    return this.#isAnswering
  }

  /**
   * Starts it for the first time. A failure here is not retried: it is a mistake in the configuration.
   * @throws SwitchFailed @throws PortTaken as soon as another program answers on a port of the Asterisk that we started
   */
  async begin(): Promise<void> {
    await this.#startOnce()
    this.#watching = this.#keepAlive()
  }

  /** What to do each time after a restart, once Asterisk answers. */
  onRestarted(work: () => Promise<void>): void {
    this.#restarted = work
  }

  /** What to do each time that it has died, before it is started again. */
  onLost(work: () => void): void {
    this.#lost = work
  }

  ready(): Promise<void> {
    return this.#ready
  }

  async end(): Promise<void> {
    this.#ending.abort(new Error('the switch is stopping'))
    await this.#watching
    await this.#process?.stop()
  }

  async #startOnce(): Promise<void> {
    const { name, start, askAll, errorLog } = this.#watched
    errorLog?.markStart()
    const started = start?.()
    this.#process = started
    const deadlineAt = this.#runtime.monotonicMs() + startUpMs
    let end: string | undefined
    started?.ended.then(how => {
      end = how
    })
    let last: unknown
    let takenSinceMs: number | undefined
    const isTaken = () =>
      started !== undefined && takenSinceMs !== undefined && this.#runtime.monotonicMs() - takenSinceMs > takenForMs
    while (
      !isTaken() &&
      end === undefined &&
      this.#runtime.monotonicMs() < deadlineAt &&
      !this.#ending.signal.aborted
    ) {
      try {
        await askAll()
        this.#isAnswering = true
        return
      } catch (error) {
        last = error
        takenSinceMs = error instanceof PortTaken ? (takenSinceMs ?? this.#runtime.monotonicMs()) : undefined
      }
      await this.#pause(50)
    }
    const errors = errorLog?.errorsSinceStart() ?? []
    // Before its log is open, Asterisk prints.
    const said = errors.length > 0 ? errors : (started?.lastLines ?? []).slice(-10)
    await started?.stop()
    if (isTaken()) throw last
    const why = end ?? `does not answer (${last instanceof Error ? last.message : String(last)})`
    throw new SwitchFailed([`${name} did not start: ${why}`, ...said].join('\n    '))
  }

  async #keepAlive(): Promise<void> {
    let delayMs = firstDelayMs
    while (!this.#ending.signal.aborted) {
      const since = this.#runtime.monotonicMs()
      const why = await this.#untilTrouble()
      if (why === undefined) return
      this.#isAnswering = false
      this.#lost()
      if (this.#runtime.monotonicMs() - since > healthyMs) delayMs = firstDelayMs
      this.#watched.log(`${this.#watched.name} ${why}; starting it again in ${delayMs} ms`)
      this.#ready = this.#bringBack(delayMs)
      await this.#ready
      delayMs = Math.min(delayMs * 2, longestDelayMs)
    }
  }

  /** Resolves with what went wrong, or with nothing when we are ending. */
  async #untilTrouble(): Promise<string | undefined> {
    const running = this.#process
    let end: string | undefined
    const ended = running?.ended.then(how => {
      end = how
    })
    let silences = 0
    while (!this.#ending.signal.aborted) {
      await Promise.race([this.#pause(betweenQuestionsMs), ...(ended ? [ended] : [])])
      if (this.#ending.signal.aborted) return undefined
      if (end !== undefined) return end
      silences = await this.#watched.askStillThere().then(
        () => 0,
        () => silences + 1,
      )
      this.#isAnswering = silences === 0
      this.#watched.errorLog?.keepSmall()
      if (silences >= silencesAllowed) {
        running?.kill()
        return `has not answered ${silencesAllowed} times`
      }
    }
    return undefined
  }

  /** Tries until it is back. Never rejects. */
  async #bringBack(firstMs: number): Promise<void> {
    let delayMs = firstMs
    while (!this.#ending.signal.aborted) {
      await this.#pause(delayMs)
      if (this.#ending.signal.aborted) return
      try {
        await this.#startOnce()
        await this.#restarted()
        this.#watched.log(`${this.#watched.name} is back`)
        return
      } catch (error) {
        this.#watched.log(error instanceof Error ? error.message : String(error))
        // It runs, and what was to be done after that failed.
        await this.#process?.stop()
        delayMs = Math.min(delayMs * 2, longestDelayMs)
      }
    }
  }

  /** Waits, but not past the end. */
  #pause(ms: number): Promise<void> {
    return this.#runtime.sleep(ms, this.#ending.signal).catch(() => {})
  }
}
