/** Hands the sound of calls to the thread that listens for frames, which begins with the first of them. */
import { Worker } from 'node:worker_threads'
import type { ModeName } from '../../modem/line/modes.ts'
import { DeadlineExceeded, type Runtime, withDeadline } from '../../runtime.ts'
import type { HeardFrame } from './frame-listener.ts'
import type { FromThread, ToThread } from './listening-thread.ts'

/** A thread that has not answered for so long never will. Ten frames read one after another take a third of it. */
const answerDeadlineMs = 10_000

interface Waiting {
  readonly callId: string
  resolve(heard: readonly HeardFrame[]): void
  reject(reason: unknown): void
}

export class Listening {
  readonly #runtime: Runtime
  readonly #waiting = new Map<number, Waiting>()
  /** Calls in which a signal is on the line. */
  readonly #hearing = new Set<string>()
  #thread: Worker | undefined
  #sent = 0
  #isClosed = false

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /**
   * What is heard in a call once these samples have come, `gap` samples after those before them. Rejects when the thread has died of
   * them or stands still over them, and the next call of `push` begins another. To other calls what was on its way is then lost,
   * as on a line: nothing is heard of it.
   */
  async push(
    callId: string,
    modes: readonly ModeName[],
    samples: Float32Array,
    gap: number,
  ): Promise<readonly HeardFrame[]> {
    if (this.#isClosed) throw new Error('listening has ended')
    const thread = this.#running()
    const number = ++this.#sent
    const answer = new Promise<readonly HeardFrame[]>((resolve, reject) => {
      this.#waiting.set(number, { callId, resolve, reject })
    })
    send(thread, { kind: 'samples', number, callId, modes, gap, samples })
    try {
      const answered = this.#runtime.offThread(answer)
      return await withDeadline(this.#runtime, 'the thread that listens for frames', answerDeadlineMs, answered)
    } catch (error) {
      if (error instanceof DeadlineExceeded) this.#lose(thread, error)
      throw error
    } finally {
      this.#waiting.delete(number)
    }
  }

  /** Whether a signal is on the call's line, as far as it has been listened to. */
  isHearing(callId: string): boolean {
    return this.#hearing.has(callId)
  }

  /** The call has ended. */
  forget(callId: string): void {
    this.#hearing.delete(callId)
    if (this.#thread) send(this.#thread, { kind: 'forget', callId })
  }

  close(): void {
    this.#isClosed = true
    const reason = new Error('listening has ended')
    for (const { reject } of this.#waiting.values()) reject(reason)
    this.#waiting.clear()
    if (this.#thread) this.#lose(this.#thread, reason)
  }

  #running(): Worker {
    if (this.#thread) return this.#thread
    const program = new URL('./listening-thread.mjs', import.meta.url)
    const thread = new Worker(program, { name: 'frames' })
    // It keeps no process alive that has nothing else to do.
    thread.unref()
    thread.on('message', (answer: FromThread) => this.#take(answer))
    thread.on('error', error => this.#lose(thread, error))
    thread.on('exit', () => this.#lose(thread, new Error('the thread that listens for frames has ended')))
    this.#thread = thread
    return thread
  }

  #take({ number, heard, isHearing }: FromThread): void {
    const waiting = this.#waiting.get(number)
    if (waiting === undefined) return
    if (isHearing) this.#hearing.add(waiting.callId)
    else this.#hearing.delete(waiting.callId)
    waiting.resolve(heard)
  }

  /** It takes what it is sent in order, so that the call which has waited longest is the one it was at. */
  #lose(thread: Worker, reason: unknown): void {
    if (thread !== this.#thread) return
    this.#thread = undefined
    const [oldest] = this.#waiting.values()
    for (const { callId, resolve, reject } of this.#waiting.values())
      if (callId === oldest?.callId) reject(reason)
      else resolve([])
    this.#waiting.clear()
    this.#hearing.clear()
    void thread.terminate()
  }
}

/** The samples' memory goes with them. */
function send(thread: Worker, message: ToThread): void {
  const ours = message.kind === 'samples' ? [message.samples.buffer as ArrayBuffer] : []
  thread.postMessage(message, ours)
}
