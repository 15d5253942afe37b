/** The owner's socket: the same work by the owner or by the command itself, messages both ways, and who is cut off. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { CannotDo } from '../../../src/operations/cannot-do.ts'
import { askOwner, NoOwner, OwnerLost } from '../../../src/operations/owner/ask.ts'
import { contract as real } from '../../../src/operations/owner/contract.ts'
import { conversation, type HandlersOf, request } from '../../../src/operations/owner/operation.ts'
import { ask } from '../../../src/operations/owner/owner.ts'
import { type OwnerSocket, serveOwner } from '../../../src/operations/owner/serve.ts'
import { decodeLine, encodeLine } from '../../../src/operations/owner/wire.ts'
import { Traces } from '../../../src/operations/traces/traces.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { lockFolder } from '../../../src/store/lock.ts'

const contract = {
  add: request<bigint>()(z.object({ a: z.bigint(), b: z.bigint() })),
  whisper: request<Secret>()(z.object({ to: z.string() })),
  fail: request<never>()(z.object({})),
  never: request<never>()(z.object({})),
  talk: conversation<string, { readonly question: string }>()(z.object({}), z.object({ answer: z.string() })),
}

let folder = ''
let owner: OwnerSocket | undefined
const faults: unknown[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-owner-'))
  faults.length = 0
})
afterEach(async () => {
  await owner?.close()
  owner = undefined
  rmSync(folder, { recursive: true, force: true })
})

const handlers: HandlersOf<typeof contract> = {
  add: async ({ a, b }) => a + b,
  whisper: async ({ to }) => new Secret(`for ${to}`),
  fail: async () => {
    throw new RangeError('a fault of ours')
  },
  never: () => new Promise(() => {}),
  talk: (_request, asker) =>
    new Promise(resolve => {
      const answers: string[] = []
      asker.listen({
        heard: ({ answer }) => {
          answers.push(answer)
          if (answers.length === 2) resolve(answers.join(' '))
          else asker.tell({ question: 'again?' })
        },
        gone: () => resolve('nobody'),
      })
      asker.tell({ question: 'what?' })
    }),
}

const serve = async (at = folder) => {
  owner = await serveOwner(at, systemRuntime, contract, handlers, error => faults.push(error))
}
const asked = (kind: keyof typeof contract, body: unknown, at = folder) =>
  askOwner(at, systemRuntime, { kind, operation: contract[kind], request: body })

test('each command is a trace, which its line of the log names and whose fault it has', async () => {
  const lines: Record<string, unknown>[] = []
  const log = {
    info: (line: object) => void lines.push({ ...line }),
    error: (line: object) => void lines.push({ ...line }),
  }
  const traces = new Traces({ runtime: systemRuntime, institution: 'harbour', log })
  owner = await serveOwner(folder, systemRuntime, contract, handlers, error => faults.push(error), traces)
  await asked('add', { a: 1n, b: 2n })
  await expect(asked('whisper', { to: 7 })).rejects.toThrow()
  expect(lines).toMatchObject([
    { traced: 'command', command: 'add', outcome: 'done' },
    { traced: 'command', command: 'whisper', outcome: 'cannot' },
  ])
  expect(faults).toEqual([])
})

test('amounts, bytes and secrets cross as they are', () => {
  const value = { a: 5n, b: 5, c: new Uint8Array([1, 2]), d: [new Secret('1234')], e: null, f: 'ä\n' }
  const read = decodeLine(encodeLine(value)) as typeof value
  expect({ ...read, d: read.d.map(secret => secret.reveal()) }).toEqual({ ...value, d: ['1234'] })
  expect(encodeLine(value).trimEnd()).not.toContain('\n')
  expect(() => encodeLine({ $int: 'x' })).toThrow(TypeError)
})

test('the owner does what is asked, through a socket that is its own', async () => {
  await serve()
  expect(await asked('add', { a: 1n, b: 2n ** 64n })).toBe(2n ** 64n + 1n)
  expect(String(((await asked('whisper', { to: 'mei' })) as Secret).reveal())).toBe('for mei')
  const path = readFileSync(join(folder, 'owner.address'), 'utf8').trim()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a folder too deep for the name of a socket is reached all the same', async () => {
  const deep = join(folder, 'd'.repeat(60), 'e'.repeat(60))
  mkdirSync(deep, { recursive: true })
  await serve(deep)
  const path = readFileSync(join(deep, 'owner.address'), 'utf8').trim()
  expect(path.startsWith(deep)).toBe(false)
  expect(statSync(join(path, '..')).mode & 0o077).toBe(0)
  expect(await asked('add', { a: 1n, b: 1n }, deep)).toBe(2n)
})

test('both sides talk while a conversation lasts', async () => {
  await serve()
  const questions: unknown[] = []
  let send = (_message: unknown) => {}
  const outcome = await askOwner(folder, systemRuntime, {
    kind: 'talk',
    operation: contract.talk,
    request: {},
    talk: {
      began: sender => {
        send = sender
      },
      heard: message => {
        questions.push(message)
        send({ nonsense: true })
        send({ answer: `answer ${questions.length}` })
      },
    },
  })
  expect(outcome).toBe('answer 1 answer 2')
  expect(questions).toEqual([{ question: 'what?' }, { question: 'again?' }])
})

test('a fault is told to the owner, a refusal to the asker', async () => {
  await serve()
  await expect(asked('fail', {})).rejects.toThrow('a fault of ours')
  expect(faults).toHaveLength(1)
  await expect(asked('add', { a: 1, b: 2n })).rejects.toThrow(CannotDo)
  const operation = contract.add
  await expect(askOwner(folder, systemRuntime, { kind: 'toString', operation, request: {} })).rejects.toThrow(CannotDo)
  expect(faults).toHaveLength(1)
})

test('an owner that closes leaves it open whether the work was done', async () => {
  await serve()
  const lost = asked('never', {})
  await new Promise(resolve => setTimeout(resolve, 50))
  await owner?.close()
  owner = undefined
  await expect(lost).rejects.toThrow(OwnerLost)
})

test('what a killed owner left behind is nobody, and who is no asker is cut off', async () => {
  writeFileSync(join(folder, 'owner.address'), `${join(folder, 'owner.sock')}\n`)
  await expect(asked('add', { a: 1n, b: 1n })).rejects.toThrow(NoOwner)
  writeFileSync(join(folder, 'owner.sock'), '')
  await expect(asked('add', { a: 1n, b: 1n })).rejects.toThrow(NoOwner)
  await serve()
  for (const noise of ['GET / HTTP/1.1\r\n\r\n', 'x'.repeat(2 << 20)]) {
    const stranger = connect(join(folder, 'owner.sock'))
    const closed = new Promise(resolve => stranger.on('error', () => {}).on('close', resolve))
    stranger.write(noise)
    await closed
  }
  expect(await asked('add', { a: 1n, b: 1n })).toBe(2n)
})

test('a command does the work itself where nobody owns the folder, and gives it to the owner where one does', async () => {
  let opened = 0
  const premises = {
    folder,
    runtime: systemRuntime,
    open: async () => {
      const lock = lockFolder(folder)
      opened += 1
      const about = async () => ({ institution: 'here', kind: 'bank', pid: 1 })
      return { handlers: { about }, close: async () => lock.release() }
    },
  }
  expect(await ask(premises, 'about', {})).toMatchObject({ institution: 'here' })
  const lock = lockFolder(folder)
  const about = async () => ({ institution: 'owner', kind: 'bank', pid: 2 })
  owner = await serveOwner(folder, systemRuntime, real, { about }, () => {})
  expect(await ask(premises, 'about', {})).toMatchObject({ institution: 'owner' })
  expect(opened).toBe(1)
  lock.release()
})
