/**
 * The owner's side of the socket: each connection is one operation. It asks in its first line, both ends may send messages
 * while it lasts, and the last line is its outcome. Who says nothing, or what is no request, is cut off.
 */
import { chmodSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { z } from 'zod'
import { parseIntentId } from '../../ids.ts'
import { type Runtime, withDeadline } from '../../runtime.ts'
import type { Trace, Tracing } from '../../trace.ts'
import { CannotDo } from '../cannot-do.ts'
import { chooseAddress } from './address.ts'
import { type Lines, linesOn } from './lines.ts'
import type { AnyOperation, OtherEnd } from './operation.ts'
import { type Handlers, perform } from './perform.ts'

/** Changes whenever a line changes its meaning: a command of another version is refused, and says so. */
export const protocolVersion = 1

const maxConnections = 64
const requestDeadlineMs = 5_000

const opening = z.object({ tonebank: z.number(), kind: z.string(), request: z.unknown() })

/** What the owner sends. */
export type FromOwner =
  | { readonly accepted: true }
  | { readonly told: unknown }
  | { readonly outcome: unknown }
  /** The request cannot be carried out; the sentence says what can be done. */
  | { readonly cannot: string }
  /** A fault of ours, described in the owner's log. */
  | { readonly fault: string }

export interface OwnerSocket {
  /** Takes no more requests; those under way have their `gone` called. */
  close(): Promise<void>
}

/** Listens in `folder`, whose lock this process must hold. `troubled` is told of every fault. */
export async function serveOwner(
  folder: string,
  runtime: Runtime,
  contract: Readonly<Record<string, AnyOperation>>,
  handlers: Handlers,
  troubled: (error: unknown) => void,
  tracing?: Tracing,
): Promise<OwnerSocket> {
  const address = chooseAddress(folder)
  const open = new Set<Lines>()
  const server = createServer(socket => {
    void converse(socket, runtime, contract, handlers, troubled, open, tracing)
  })
  server.maxConnections = maxConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.path, resolve)
  })
  // The folder keeps others out already; where somebody opened it to them, the socket still does.
  if (process.platform !== 'win32') chmodSync(address.path, 0o600)
  return {
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const lines of open) lines.drop()
      await closed
      address.release()
    },
  }
}

async function converse(
  socket: Socket,
  runtime: Runtime,
  contract: Readonly<Record<string, AnyOperation>>,
  handlers: Handlers,
  troubled: (error: unknown) => void,
  open: Set<Lines>,
  tracing: Tracing | undefined,
): Promise<void> {
  const mailbox = new Mailbox()
  const lines = linesOn(socket, {
    heard: value => mailbox.put(value),
    gone: () => {
      open.delete(lines)
      mailbox.end()
    },
  })
  open.add(lines)
  const send = (message: FromOwner) => lines.send(message)
  let trace: Trace | undefined
  try {
    const first = await withDeadline(runtime, 'a request at the owner', requestDeadlineMs, mailbox.first())
    const { tonebank, kind, request } = opening.parse(first)
    if (tonebank !== protocolVersion) {
      throw new CannotDo('the running institution is of another version of tonebank: stop it, and start this one')
    }
    send({ accepted: true })
    trace = tracing && traceOf(tracing, Object.hasOwn(contract, kind) ? kind : 'unknown', request)
    const asker: OtherEnd<unknown, unknown> = {
      tell: told => send({ told }),
      listen: listener => mailbox.listen(listener),
    }
    const outcome = await perform(contract, handlers, kind, request, asker)
    trace?.end(nameOf(outcome))
    send({ outcome })
  } catch (error) {
    if (error instanceof CannotDo) {
      trace?.end('cannot')
      send({ cannot: error.message })
    } else {
      if (!mailbox.hasEnded) (trace?.failed ?? troubled)(error)
      trace?.end('fault')
      send({ fault: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
    }
  }
  lines.end()
}

/** Whoever looks every second would fill the log, and a call has a trace of its own. */
const quiet: ReadonlySet<string> = new Set(['about', 'standing', 'overview', 'captions', 'phone'])

function traceOf(tracing: Tracing, command: string, request: unknown): Trace {
  const trace = tracing.begin('command', { command }, { isQuiet: quiet.has(command) })
  const { intent } = { intent: undefined, ...(request as { readonly intent?: unknown }) }
  const asked = typeof intent === 'string' ? parseIntentId(intent) : undefined
  if (asked !== undefined) trace.asks(asked)
  return trace
}

function nameOf(outcome: unknown): string {
  const named = (outcome ?? {}) as { readonly outcome?: unknown }
  return typeof named.outcome === 'string' ? named.outcome : 'done'
}

/** What came, until somebody listens. */
class Mailbox {
  readonly #waiting: unknown[] = []
  #listener: { heard(value: unknown): void; gone(): void } | undefined
  #wakeFirst: (() => void) | undefined
  hasEnded = false

  put(value: unknown): void {
    if (this.#listener) this.#listener.heard(value)
    else this.#waiting.push(value)
    this.#wakeFirst?.()
  }

  end(): void {
    this.hasEnded = true
    this.#listener?.gone()
    this.#wakeFirst?.()
  }

  /** Undefined when nothing came before the end. */
  async first(): Promise<unknown> {
    if (this.#waiting.length === 0 && !this.hasEnded) {
      await new Promise<void>(resolve => {
        this.#wakeFirst = resolve
      })
    }
    return this.#waiting.shift()
  }

  listen(listener: { heard(value: unknown): void; gone(): void }): void {
    this.#listener = listener
    for (const value of this.#waiting.splice(0)) listener.heard(value)
    if (this.hasEnded) listener.gone()
  }
}
