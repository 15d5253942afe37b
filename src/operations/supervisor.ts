/**
 * Runs each institution as its own process and starts one that died again: after 0.2 s at first, after at most 5 s when
 * it keeps dying. A crash of one never touches another, and a parent that dies takes its children with it. Callers of one
 * that stays away are not left in silence.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { BackOff } from '../back-off.ts'
import { DeadlineExceeded, type Runtime, withDeadline } from '../runtime.ts'
import type { Brief } from './brief.ts'
import { CannotDo } from './cannot-do.ts'
import { type ProcessorShare, raiseShare } from './priority.ts'

/** It takes one to three seconds; a machine that does much else may take ten times as long. */
const startDeadlineMs = 60_000
const stopDeadlineMs = 10_000
/** So long callers wait in silence for a process that died to take them up again; it needs one to three seconds. */
const patienceMs = 10_000
const pauses = { firstMs: 200, mostMs: 5_000 }
/** Who lived this long is started again as if it were the first time. */
const forgivenAfterMs = 30_000

export interface Supervised {
  /** The institution's id. Its process says `ready` over its channel and stops on `stop`. */
  readonly name: string
  readonly brief: Brief
}

export interface Supervisor {
  /**
   * From now on these: one that is new starts, one that is missing stops, one whose brief is another is started again.
   * Resolves once all are ready; rejects, with the others running, when one cannot start.
   */
  change(processes: readonly Supervised[]): Promise<void>
  /** Asks each to take no new calls; resolves when none is in progress any more, or each has waited for as long as its brief says. */
  drain(): Promise<void>
  /** Asks each to finish its calls and stop; after a deadline it is killed. */
  stop(): Promise<void>
}

export interface Watching {
  readonly runtime: Runtime
  /** The file that runs one institution, as `institution ID`. */
  readonly program: string
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
  const supervisor: Supervisor = {
    change: async wanted => {
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
  #child: ChildProcess | undefined
  readonly #backOff: BackOff
  #isServing = false
  /** Its process has said that it drains, and will end by itself. */
  #isLeaving = false
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
    await this.#tell(false)
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

  /** It was drained, and has ended. */
  get isAtRest(): boolean {
    return this.#isLeaving && this.#stopped.signal.aborted
  }

  /** One that drains starts again once it has ended. */
  wantAgain(): void {
    this.#isLeaving = false
  }

  async drain(): Promise<void> {
    const child = this.#child
    if (child === undefined || isGone(child)) return
    await this.#tell(true)
    if (child.connected) child.send('drain')
    const { runtime, say } = this.#watching
    const patientMs = this.#brief.operations.drainMs + stopDeadlineMs
    const quiet = Promise.race([this.#isQuiet, gone(child)])
    await withDeadline(runtime, `${this.name} drains`, patientMs, quiet).catch(error => {
      if (!(error instanceof DeadlineExceeded)) throw error
      say(`${this.name} has not said that its calls have ended`)
    })
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    const child = this.#child
    if (child === undefined || isGone(child)) return
    const gone = once(child, 'exit')
    if (child.connected) child.send('stop')
    await withDeadline(this.#watching.runtime, `${this.name} stops`, stopDeadlineMs, gone).catch(async error => {
      if (!(error instanceof DeadlineExceeded)) throw error
      this.#watching.say(`${this.name} did not stop within ${stopDeadlineMs / 1000} s and was killed`)
      child.kill('SIGKILL')
      await gone
    })
  }

  #spawn(): ChildProcess {
    // Its own process group: Ctrl-C reaches us alone, and we stop the institutions before the switch below them.
    const child = fork(this.#watching.program, ['institution', this.name], { detached: true })
    child.send(this.#brief)
    child.on('message', message => {
      if (message === 'ready') this.#isServing = true
      if (message === 'quiet') this.#becomeQuiet()
      if (message !== 'draining') return
      this.#isLeaving = true
      this.#watching.say(`${this.name} takes no new calls, and ends after the last`)
      void this.#tell(true)
    })
    this.#child = child
    return child
  }

  async #watch(first: ChildProcess): Promise<void> {
    const { runtime, say } = this.#watching
    let child = first
    for (;;) {
      const bornAtMs = runtime.monotonicMs()
      await gone(child)
      this.#isServing = false
      if (this.#stopped.signal.aborted) return
      if (this.#isLeaving) return this.#rest()
      if (runtime.monotonicMs() - bornAtMs > forgivenAfterMs) this.#backOff.forget()
      const how = child.exitCode === 0 ? 'has ended' : `died (${child.signalCode ?? `status ${child.exitCode}`})`
      say(`${this.name} ${how}; starting it again`)
      if (!(await this.#backOff.pause(this.#stopped.signal))) return
      await this.#tell(false)
      child = this.#spawn()
      const { pid } = child
      child.on('message', message => message === 'ready' && raiseShare(pid))
    }
  }

  /** Until somebody wants it again. */
  async #rest(): Promise<void> {
    const { say, onAway } = this.#watching
    this.#stopped.abort()
    say(`${this.name} was drained and has ended: tonebank reload starts it again`)
    await onAway(this.name).catch(error => say(`${this.name}: its callers could not be told: ${error.message}`))
  }

  async #tell(draining: boolean): Promise<void> {
    const { say, onDraining } = this.#watching
    await onDraining(this.name, draining).catch(error =>
      say(`${this.name}: Asterisk could not be told of new callers: ${error.message}`),
    )
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
      if (wasServing || this.#isServing) continue
      await onAway(this.name).catch(error => say(`${this.name}: its callers could not be told: ${error.message}`))
    }
  }
}

const isGone = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

async function gone(child: ChildProcess): Promise<void> {
  if (!isGone(child)) await once(child, 'exit')
}

/** Resolves at the child's `ready`; rejects when it ends before. */
async function ready(child: ChildProcess, name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.on('message', message => message === 'ready' && resolve())
    child.once('exit', (code, signal) =>
      reject(new CannotDo(`${name} could not start (${signal ?? `status ${code}`})`)),
    )
  })
}
