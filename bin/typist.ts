/** What a person types at a terminal, secrets unseen; or what a file or program writes there, line by line. */
import { createInterface } from 'node:readline/promises'
import { CannotDo } from '../src/operations/cannot-do.ts'
import { Secret } from '../src/secret.ts'
import { typed } from './passphrase.ts'

export interface Typist {
  /** @throws CannotDo when nothing more is typed */
  ask(question: string): Promise<string>
  askSecret(question: string): Promise<Secret>
  close(): void
}

export function openTypist(): Typist {
  const { stdin, stderr } = process
  if (stdin.isTTY) {
    return {
      ask: async question => {
        const lines = createInterface({ input: stdin, output: stderr })
        try {
          return await lines.question(question)
        } finally {
          lines.close()
        }
      },
      askSecret: async question => new Secret(await typed(question)),
      close: () => {},
    }
  }
  const lines = createInterface({ input: stdin })
  const each = lines[Symbol.asyncIterator]()
  const next = async (question: string) => {
    stderr.write(`${question}\n`)
    const { value, done } = await each.next()
    if (done) throw new CannotDo('nothing more was typed')
    return value
  }
  return {
    ask: next,
    askSecret: async question => new Secret(await next(question)),
    close: () => lines.close(),
  }
}
