/** The command's side of the socket: asks the owner of a folder one thing, and hears what it says meanwhile. */

import { connect, type Socket } from 'node:net'
import { errorCode } from '../../error-code.ts'
import { DeadlineExceeded, type Runtime, withDeadline } from '../../runtime.ts'
import { CannotDo } from '../cannot-do.ts'
import { addressIn } from './address.ts'
import { linesOn } from './lines.ts'
import type { AnyOperation } from './operation.ts'
import { type FromOwner, protocolVersion } from './serve.ts'

const acceptDeadlineMs = 5_000

/** Where both sides talk while an operation lasts. */
export interface Talk {
  heard(message: unknown): void
  /** Called once, with what sends to the other side. */
  began(send: (message: unknown) => void): void
}

/** Nobody owns the folder: the command may take its lock and do the work itself. */
export class NoOwner extends Error {
  constructor(folder: string) {
    super(`nobody owns ${folder}`)
    this.name = 'NoOwner'
  }
}

/** The owner was asked, and its answer did not come: whether it did the work is unknown. */
export class OwnerLost extends Error {
  constructor(why: string) {
    super(
      `the running institution did not answer (${why}); whether it did this is unknown, so look before you repeat it`,
    )
    this.name = 'OwnerLost'
  }
}

interface Asked {
  readonly kind: string
  readonly operation: AnyOperation
  readonly request: unknown
  readonly talk?: Talk
  /** Nobody waits for the outcome any more: the connection is closed, and its reason is thrown. */
  readonly left?: AbortSignal
}

/** @throws NoOwner, OwnerLost, CannotDo */
export async function askOwner(folder: string, runtime: Runtime, asked: Asked): Promise<unknown> {
  const { kind, operation, request, talk, left } = asked
  left?.throwIfAborted()
  const socket = await reach(folder, runtime)
  let accept = () => {}
  const accepted = new Promise<void>(resolve => {
    accept = resolve
  })
  const outcome = new Promise<unknown>((resolve, reject) => {
    const lines = linesOn(socket, {
      heard: value => {
        const message = value as FromOwner
        if ('accepted' in message) {
          accept()
          talk?.began(said => lines.send(said))
        } else if ('told' in message) talk?.heard(message.told)
        else if ('outcome' in message) resolve(message.outcome)
        else if ('cannot' in message) reject(new CannotDo(message.cannot))
        else reject(new Error(`the running institution failed: ${message.fault}`))
      },
      gone: () => reject(new OwnerLost('its process ended')),
    })
    left?.addEventListener('abort', () => reject(left.reason), { once: true })
    if (left?.aborted) reject(left.reason)
    lines.send({ tonebank: protocolVersion, kind, request })
  })
  try {
    // A refusal may come in place of the acceptance.
    await withDeadline(runtime, 'the owner accepts', acceptDeadlineMs, Promise.race([accepted, outcome]))
    if (operation.deadlineMs === undefined) return await outcome
    return await withDeadline(runtime, kind, operation.deadlineMs, outcome)
  } catch (error) {
    if (error instanceof DeadlineExceeded) throw new OwnerLost(error.message)
    throw error
  } finally {
    outcome.catch(() => {})
    socket.destroy()
  }
}

async function reach(folder: string, runtime: Runtime): Promise<Socket> {
  const path = addressIn(folder)
  if (path === undefined) throw new NoOwner(folder)
  const socket = connect(path)
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  try {
    await withDeadline(runtime, 'the owner', acceptDeadlineMs, connected)
    return socket
  } catch (error) {
    socket.destroy()
    // Left by a process that was killed: there is the name of a socket, and nobody behind it.
    if (['ENOENT', 'ECONNREFUSED'].includes(errorCode(error) ?? '')) throw new NoOwner(folder)
    throw error
  }
}
