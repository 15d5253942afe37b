/**
 * Runs each institution as its own process and starts one that died again: after 0.2 s at first, after at most 5 s when
 * it keeps dying. A crash of one never touches another, and a parent that dies takes its children with it. Callers of one
 * that stays away are not left in silence.
 */
import { isDeepStrictEqual } from 'node:util'
import { BackOff } from '../back-off.ts'
import { DeadlineExceeded, type Runtime, withDeadline } from '../runtime.ts'
import type { Brief } from './brief.ts'
import { CannotDo } from './cannot-do.ts'
import { Child, type Fork } from './child.ts'
import { type ProcessorShare, raiseShare } from './priority.ts'

/** It takes one to three seconds; a machine that does much else may take ten times as long. */
const startDeadlineMs = 60_000
const stopDeadlineMs = 10_000
/** So long callers wait in silence for a process that died to take them up again; it needs one to three seconds. */
const patienceMs = 10_000
/** And so long for one that lives and is not ready yet: on a full machine a start takes longer, and who is told to call again begins anew. */
const startPatienceMs = 35_000
/** Who dies again and again does not live as long. */
const livesOnMs = 5_000
const pauses = { firstMs: 200, mostMs: 5_000 }
/** Who lived this long is started again as if it were the first time. */
const forgivenAfterMs = 30_000

export interface Supervised {
  /** The institution's id. Its process says `ready` over its channel, stops on `stop`, and drains on `drain` and on `end`. */
  readonly name: string
  readonly brief: Brief
}

export interface Supervisor {
  /**
   * From now on these: one that is new starts, one that is missing stops, one whose brief is another is started again.
   * Resolves once all are ready; rejects, with the others running, when one cannot start. @throws CannotDo while all drain
   */
  change(processes: readonly Supervised[]): Promise<void>
  /**
   * Asks each to take no new calls; resolves when none is in progress any more, or each has waited for as long as its brief says. One that
   * dies meanwhile is started again, for its callers alone: it drains from its first moment.
   */
  drain(): Promise<void>
  /** From the first `drain` on. */
  readonly isDraining: boolean
  /** Asks each to finish its calls and stop; after a deadline it is killed. */
  stop(): Promise<void>
}

export interface Watching {
  readonly runtime: Runtime
  /** The file that runs one institution, as `institution ID`. */
  readonly program: string
  /** Begins it; Node's own without it. */
  readonly fork?: Fork
  /** Told in one line each of what an operator wants to know. */
  readonly say: (line: string) => void
  /** Called, and again every ten seconds, while an institution is away for longer than its callers can be asked to wait. */
  readonly onAway: (institution: string) => Promise<void>
  /** An institution drains from now on, or takes calls again: callers who come meanwhile are told, even while its process is away. */
  readonly onDraining: (institution: string, draining: boolean) => Promise<void>
}

/** Resolves once every process said that it is ready; rejects, with all stopped, when one cannot start. */
export async function supervise(processes: readonly Supervised[], watching: Watching): Promise<Supervisor> {
  const wards = processes.map(each => new Ward(each, watching))
  let isDraining = false
  const supervisor: Supervisor = {
    get isDraining() {
      return isDraining
    },
    change: async wanted => {
      if (isDraining) throw new CannotDo('no new calls are taken and everything ends: start it again afterwards')
      // One that was drained and has ended starts again.
      const kept = (ward: Ward) => !ward.isAtRest && wanted.some(each => ward.is(each))
      const leaving = wards.filter(ward => !kept(ward))
      const isHere = (each: Supervised) => wards.some(ward => kept(ward) && ward.is(each))
      const coming = wanted.filter(each => !isHere(each)).map(each => new Ward(each, watching))
      wards.splice(0, wards.length, ...wards.filter(kept), ...coming)
      for (const ward of wards) ward.wantAgain()
      await Promise.all(leaving.map(ward => ward.stop()))
      await Promise.all(coming.map(ward => ward.start()))
    },
    drain: async () => {
      isDraining = true
      await Promise.all(wards.map(ward => ward.drain()))
    },
    stop: async () => {
      await Promise.all(wards.map(ward => ward.stop()))
    },
  }
  try {
    const shares = await Promise.all(wards.map(ward => ward.start()))
    watching.say(`institutions run with ${shares.includes('ordinary') ? 'ordinary' : 'raised'} priority`)
  } catch (error) {
    await supervisor.stop()
    throw error
  }
  return supervisor
}

/** One process, through all its lives. */
class Ward {
  readonly name: string
  readonly #brief: Brief
  readonly #watching: Watching
  readonly #stopped = new AbortController()
  #child: Child | undefined
  #bornAtMs = 0
  readonly #backOff: BackOff
  #isServing = false
  /** It was asked to drain, in this life and in each that follows. */
  #isDraining = false
  /** Its process has said that it drains, and will end by itself. */
  #isLeaving = false
  #drainsSinceMs: number | undefined
  #telling = Promise.resolve()
  #becomeQuiet: () => void = () => {}
  #isQuiet = new Promise<void>(resolve => {
    this.#becomeQuiet = resolve
  })

  constructor({ name, brief }: Supervised, watching: Watching) {
    this.name = name
    this.#brief = brief
    this.#watching = watching
    this.#backOff = new BackOff(watching.runtime, pauses)
  }

  /** Whether this is the same process with the same brief. */
  is({ name, brief }: Supervised): boolean {
    return name === this.name && isDeepStrictEqual(brief, this.#brief)
  }

  /** The first start must succeed: what stops it now would stop it again. */
  async start(): Promise<ProcessorShare> {
    // One of its name may have been drained before.
    await this.#tell()
    if (this.#isStopped) throw new CannotDo(`${this.name} was stopped before it had started`)
    const child = this.#spawn()
    const started = ready(child, this.name)
    await withDeadline(this.#watching.runtime, `${this.name} starts`, startDeadlineMs, started).catch(error => {
      if (!(error instanceof DeadlineExceeded)) throw error
      throw new CannotDo(
        `${this.name} was not ready within ${startDeadlineMs / 1000} s: look at what else this machine does, and at its log.ndjson`,
      )
    })
    void this.#watch(child)
    void this.#lookAfterCallers()
    return raiseShare(child.pid)
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted
  }

  /** It was drained, and has ended. */
  get isAtRest(): boolean {
    return this.#isLeaving && this.#isStopped
  }

  /** One that drains starts again once it has ended. */
  wantAgain(): void {
    this.#isLeaving = false
    this.#drainsSinceMs = undefined
  }

  async drain(): Promise<void> {
    const { runtime, say } = this.#watching
    this.#isDraining = true
    this.#drainsSinceMs ??= runtime.monotonicMs()
    if (this.#isStopped) return
    await this.#tell()
    // One that is away now hears it when it is born.
    this.#child?.send('drain')
    const patientMs = this.#brief.operations.drainMs + stopDeadlineMs
    await withDeadline(runtime, `${this.name} drains`, patientMs, this.#isQuiet).catch(error => {
      if (!(error instanceof DeadlineExceeded)) throw error
      say(`${this.name} has not said that its calls have ended`)
    })
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#becomeQuiet()
    const child = this.#child
    if (child === undefined || child.hasGone) return
    child.send('stop')
    await withDeadline(this.#watching.runtime, `${this.name} stops`, stopDeadlineMs, child.gone).catch(async error => {
      if (!(error instanceof DeadlineExceeded)) throw error
      this.#watching.say(`${this.name} did not stop within ${stopDeadlineMs / 1000} s and was killed`)
      child.kill()
      await child.gone
    })
  }

  #spawn(): Child {
    const { program, fork, say, runtime } = this.#watching
    const child = new Child(program, ['institution', this.name], fork)
    child.send(this.#briefOfToday())
    // Heard as soon as it listens: before it is connected to Asterisk.
    if (this.#isDraining) child.send('drain')
    if (this.#isLeaving) child.send('end')
    child.onMessage(message => {
      if (message === 'ready') this.#isServing = true
      if (message === 'standing-by')
        say(
          `${this.name} stands by, and its log says why: another process serves, its PostgreSQL is away, or it makes its books ready`,
        )
      if (message === 'quiet') this.#becomeQuiet()
      if (message !== 'draining' || this.#isLeaving) return
      this.#isLeaving = true
      this.#drainsSinceMs ??= runtime.monotonicMs()
      say(`${this.name} takes no new calls, and ends after the last`)
      void this.#tell()
    })
    this.#child = child
    this.#bornAtMs = runtime.monotonicMs()
    return child
  }

  /** Whoever is born into a draining has for it what is left of the time. */
  #briefOfToday(): Brief {
    const { operations } = this.#brief
    return { ...this.#brief, operations: { ...operations, drainMs: this.#drainMsLeft() } }
  }

  #drainMsLeft(): number {
    const { drainMs } = this.#brief.operations
    if (this.#drainsSinceMs === undefined) return drainMs
    return Math.max(0, drainMs - Math.trunc(this.#watching.runtime.monotonicMs() - this.#drainsSinceMs))
  }

  async #watch(first: Child): Promise<void> {
    const { say } = this.#watching
    let child = first
    for (;;) {
      const { isInOrder, how } = await child.gone
      this.#isServing = false
      if (this.#isStopped) return
      // One that died has callers who wait for it, as long as there is time for them.
      if (this.#isLeaving && (isInOrder || this.#drainMsLeft() === 0)) return this.#rest()
      if (this.#ageMs > forgivenAfterMs) this.#backOff.forget()
      say(`${this.name} ${how}; starting it again`)
      if (!(await this.#backOff.pause(this.#stopped.signal))) return
      await this.#tell()
      if (this.#isStopped) return
      child = this.#spawn()
      const { pid } = child
      child.onMessage(message => message === 'ready' && raiseShare(pid))
    }
  }

  /** Until somebody wants it again. */
  async #rest(): Promise<void> {
    const { say, onAway } = this.#watching
    this.#stopped.abort()
    say(`${this.name} was drained and has ended: tonebank reload starts it again`)
    await onAway(this.name).catch(error => say(`${this.name}: its callers could not be told: ${error.message}`))
    this.#becomeQuiet()
  }

  /** One after another, each as it is then: what is told last is how it stands. */
  async #tell(): Promise<void> {
    const { say, onDraining } = this.#watching
    this.#telling = this.#telling.then(() =>
      onDraining(this.name, this.#isDraining || this.#isLeaving).catch(error =>
        say(`${this.name}: Asterisk could not be told of new callers: ${error.message}`),
      ),
    )
    await this.#telling
  }

  get #ageMs(): number {
    return this.#watching.runtime.monotonicMs() - this.#bornAtMs
  }

  /** It has begun, and takes its time. */
  get #isComing(): boolean {
    return this.#child?.hasGone === false && this.#ageMs > livesOnMs && this.#ageMs < startPatienceMs
  }

  async #lookAfterCallers(): Promise<void> {
    const { runtime, say, onAway } = this.#watching
    for (;;) {
      const wasServing = this.#isServing
      try {
        await runtime.sleep(patienceMs, this.#stopped.signal)
      } catch {
        return
      }
      // Away at both ends of the pause: it has died again and again, or cannot start.
      if (wasServing || this.#isServing || this.#isComing) continue
      try {
        await onAway(this.name)
        // Nobody is left, and in a draining nobody comes.
        if (this.#isDraining) this.#becomeQuiet()
      } catch (error) {
        say(`${this.name}: its callers could not be told: ${String(error)}`)
      }
    }
  }
}

/** Resolves at the child's `ready`, or when it stands by for another machine; rejects when it ends before. */
async function ready(child: Child, name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.onMessage(message => (message === 'ready' || message === 'standing-by') && resolve())
    void child.gone.then(({ how }) => reject(new CannotDo(`${name} could not start: it ${how}`)))
  })
}
