/** Questions and answers between two threads of a benchmark, both ways over one port. */
import type { MessagePort, Worker } from 'node:worker_threads'

/** By its name, what is asked and what is answered. */
export type Requests = Record<string, (question: never) => Promise<unknown>>

type Message =
  | { readonly id: number; readonly name: string; readonly question: unknown }
  | { readonly answers: number; readonly answer?: unknown; readonly error?: string }

interface Waiting {
  resolve(answer: unknown): void
  reject(error: Error): void
}

export class Line<Theirs extends Requests> {
  readonly #port: Pick<MessagePort | Worker, 'postMessage'>
  readonly #waiting = new Map<number, Waiting>()
  #asked = 0

  constructor(port: MessagePort | Worker, ours: Requests) {
    this.#port = port
    port.on('message', (message: Message) => void this.#take(message, ours))
    port.on('error', (error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error)
    })
  }

  ask<N extends keyof Theirs & string>(name: N, question: Parameters<Theirs[N]>[0]): ReturnType<Theirs[N]> {
    const id = ++this.#asked
    const answered = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#port.postMessage({ id, name, question })
    return answered as ReturnType<Theirs[N]>
  }

  async #take(message: Message, ours: Requests): Promise<void> {
    if ('answers' in message) {
      const waiting = this.#waiting.get(message.answers)
      this.#waiting.delete(message.answers)
      if (message.error === undefined) waiting?.resolve(message.answer)
      else waiting?.reject(new Error(message.error))
      return
    }
    const { id, name, question } = message
    try {
      this.#port.postMessage({ answers: id, answer: await ours[name]?.(question as never) })
    } catch (error) {
      this.#port.postMessage({ answers: id, error: error instanceof Error ? error.message : String(error) })
    }
  }
}
