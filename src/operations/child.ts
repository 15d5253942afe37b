/** An institution's process as its supervisor sees it. It has one end, whatever happens: also one that never began. */
import { type ChildProcess, fork } from 'node:child_process'

export interface End {
  /** It ended by itself, with status 0. */
  readonly isInOrder: boolean
  /** Such as `died (SIGKILL)`. */
  readonly how: string
}

/** As `fork` of `node:child_process`. */
export type Fork = (program: string, args: readonly string[], options: { readonly detached: boolean }) => ChildProcess

export class Child {
  readonly #process: ChildProcess | undefined
  /** Never rejects. */
  readonly gone: Promise<End>
  #hasGone = false

  constructor(program: string, args: readonly string[], begin: Fork = fork) {
    let end: (how: End) => void = () => {}
    this.gone = new Promise(resolve => {
      end = how => {
        this.#hasGone = true
        resolve(how)
      }
    })
    // A machine without a free process, descriptor or memory says so in one of three ways: it throws, or the process is in error and has a channel, or none.
    const neverBegan = (error: unknown) => end({ isInOrder: false, how: `could not be started (${String(error)})` })
    try {
      // Its own process group: Ctrl-C reaches us alone, and we stop the institutions before the switch below them.
      const child = begin(program, args, { detached: true })
      child.once('exit', (code, signal) =>
        end(
          code === 0
            ? { isInOrder: true, how: 'has ended' }
            : { isInOrder: false, how: `died (${signal ?? `status ${code}`})` },
        ),
      )
      // Of one that runs it is a message or a signal that did not arrive; its end is told by `exit`.
      child.on('error', error => {
        if (child.pid === undefined) neverBegan(error)
      })
      this.#process = child
    } catch (error) {
      neverBegan(error)
    }
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  get hasGone(): boolean {
    return this.#hasGone
  }

  /** What is said to one that listens no more is lost. */
  send(message: 'stop' | 'drain' | 'end' | object): void {
    if (this.#process?.connected) this.#process.send(message, () => {})
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#process?.on('message', listener)
  }

  kill(): void {
    this.#process?.kill('SIGKILL')
  }
}
