/**
 * Asterisk's manager interface (AMI), through asterisk-manager 0.2.0. That package lets a line break in a value begin a
 * second action, never calls back after the connection was lost, and has no types; all three are mended here, and no
 * other file sees it.
 */
import { createRequire } from 'node:module'
import { DeadlineExceeded, type Runtime, randomId, withDeadline } from '../runtime.ts'
import type { Secret } from '../secret.ts'

/** What asterisk-manager gives: header names in lower case. */
export type ManagerReply = Readonly<Record<string, string | readonly string[]>>

interface RawManager {
  connect(port: number, host: string, callback: () => void): void
  login(callback: (error?: unknown) => void): void
  /** Takes the id that replies and events carry from `actionid`. */
  action(action: Record<string, string>, callback: (error: unknown, reply: ManagerReply) => void): void
  disconnect(): void
  on(event: 'close' | 'error', listener: (error?: unknown) => void): void
  on(event: 'managerevent', listener: (event: ManagerReply) => void): void
  removeListener(event: 'managerevent', listener: (event: ManagerReply) => void): void
  options: { port: number; host: string; username: string; password: string; events: boolean }
}

type RawManagerMaker = new () => RawManager
const Manager: RawManagerMaker = createRequire(import.meta.url)('asterisk-manager')

/** Asterisk understood the action and said no, such as for a wrong password. */
export class ManagerRefused extends Error {
  constructor(action: string, reply: string) {
    super(`AMI ${action}: ${reply}`)
    this.name = 'ManagerRefused'
  }
}

/** The connection is gone. */
export class ManagerGone extends Error {
  constructor(action: string) {
    super(`AMI ${action}: the connection was lost`)
    this.name = 'ManagerGone'
  }
}

export interface ManagerAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: Secret
}

const actionDeadlineMs = 5_000

/** One connection, logged in. It does not reconnect: whoever watches it opens the next. */
export class ManagerClient {
  readonly #raw: RawManager
  readonly #runtime: Runtime
  readonly #lost: Promise<never>

  private constructor(raw: RawManager, runtime: Runtime, lost: Promise<never>) {
    this.#raw = raw
    this.#runtime = runtime
    this.#lost = lost
  }

  /** Connects and logs in. Throws `ManagerRefused`, `ManagerGone` or `DeadlineExceeded`. */
  static async open(address: ManagerAddress, runtime: Runtime): Promise<ManagerClient> {
    const password = address.password.reveal()
    refuseLineBreaks({ user: address.user, password })
    const raw = new Manager()
    Object.assign(raw.options, { ...address, username: address.user, password, events: false })
    const lost = new Promise<never>((_, reject) => {
      raw.on('close', () => reject(new ManagerGone('connection')))
      raw.on('error', () => reject(new ManagerGone('connection')))
    })
    lost.catch(() => {})
    const client = new ManagerClient(raw, runtime, lost)
    try {
      await client.#within(
        'connect',
        new Promise<void>(resolve => raw.connect(address.port, address.host, () => resolve())),
      )
      await client.#within(
        'login',
        new Promise<void>((resolve, reject) =>
          raw.login(error => (error ? reject(new ManagerRefused('login', messageOf(error))) : resolve())),
        ),
      )
    } catch (error) {
      client.close()
      throw error
    }
    return client
  }

  /** Throws `ManagerRefused`, `ManagerGone`, `DeadlineExceeded`, or a `TypeError` for a value with a line break. */
  async action(name: string, fields: Readonly<Record<string, string>> = {}): Promise<ManagerReply> {
    refuseLineBreaks({ name, ...fields })
    return this.#within(
      name,
      new Promise((resolve, reject) =>
        this.#raw.action({ action: name, ...fields }, (error, reply) =>
          error ? reject(new ManagerRefused(name, messageOf(error))) : resolve(reply),
        ),
      ),
    )
  }

  /** For an action that answers with a list: its items, which are events named `item`, up to the event `end`. */
  async list(name: string, item: string, end: string): Promise<ManagerReply[]> {
    const actionid = randomId(this.#runtime)
    const items: ManagerReply[] = []
    let finish: () => void = () => {}
    const finished = new Promise<void>(resolve => {
      finish = resolve
    })
    const take = (event: ManagerReply) => {
      if (event['actionid'] !== actionid) return
      if (event['event'] === item) items.push(event)
      if (event['event'] === end) finish()
    }
    this.#raw.on('managerevent', take)
    try {
      await this.action(name, { actionid })
      await this.#within(name, finished)
      return items
    } finally {
      this.#raw.removeListener('managerevent', take)
    }
  }

  close(): void {
    this.#raw.disconnect()
  }

  /** asterisk-manager drops its callbacks with the connection, and has no deadline of its own. */
  #within<T>(action: string, work: Promise<T>): Promise<T> {
    const failing = this.#lost.catch((error: unknown) => {
      throw error instanceof ManagerGone ? new ManagerGone(action) : error
    })
    return withDeadline(this.#runtime, `AMI ${action}`, actionDeadlineMs, Promise.race([work, failing]))
  }
}

/** Asterisk reads a line break as the end of a header, and two as the end of the action. */
function refuseLineBreaks(fields: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (/[\r\n]/.test(name) || /[\r\n]/.test(value))
      throw new TypeError(`AMI: ${JSON.stringify(name)} holds a line break`)
  }
}

function messageOf(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error
  return String(message)
}

/** True for what a program that is not there or not yet ready causes, as opposed to a mistake of ours. */
export function isAbsence(error: unknown): boolean {
  return error instanceof ManagerGone || error instanceof DeadlineExceeded
}
