/**
 * Ports that one process has for itself. Between the moment at which a port is drawn and the one at which it is bound, by a process that
 * starts meanwhile, seconds pass, and another installation beside may draw it, too. So whoever draws first takes a block: it listens at the
 * block's first port for as long as it lives, and gives away the others, each once.
 */

import { createServer } from 'node:net'
import { type Runtime, randomBelow } from '../runtime.ts'

const lowest = 12_000
const blockSize = 50
const blockCount = 160

export class OwnPorts {
  readonly #left: number[] = []
  #taking: Promise<void> | undefined

  /** One of its own that it has not given before; another program may listen there. @throws Error when every block is taken */
  async next(runtime: Runtime): Promise<number> {
    for (;;) {
      const port = this.#left.shift()
      if (port !== undefined) return port
      // Two that ask at once wait for the same block.
      this.#taking ??= this.#takeBlock(runtime).finally(() => {
        this.#taking = undefined
      })
      await this.#taking
    }
  }

  async #takeBlock(runtime: Runtime): Promise<void> {
    const start = randomBelow(runtime, blockCount)
    for (let step = 0; step < blockCount; step++) {
      const first = lowest + ((start + step) % blockCount) * blockSize
      if (!(await hold(first))) continue
      for (let port = first + 1; port < first + blockSize; port++) this.#left.push(port)
      return
    }
    const end = lowest + blockCount * blockSize
    throw new Error(
      `no ports between ${lowest} and ${end} are left: each ${blockSize} of them belong to a program that runs`,
    )
  }
}

/** Whether it is ours now: until this process ends. */
function hold(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer(socket => socket.destroy())
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.unref()
      resolve(true)
    })
  })
}
