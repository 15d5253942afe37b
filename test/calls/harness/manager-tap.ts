/** A program that listens at Asterisk's manager interface and writes down whatever it is told. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Network } from './network.ts'

export interface ManagerTap {
  readonly printed: () => string
  /** Asks for more than events. */
  ask(action: string): void
  close(): void
}

/** Asks for every event there is; `user` is told those that its classes allow. Throws when the login is refused. */
export async function tapManager(network: Network, user: string, password: string): Promise<ManagerTap> {
  const socket = connect(installation(network).ports.manager, '127.0.0.1')
  let printed = ''
  socket.on('data', bytes => (printed += bytes.toString('latin1')))
  socket.on('error', () => {})
  const ask = (action: string) => void socket.write(`${action.replaceAll('\n', '\r\n')}\r\n\r\n`)
  ask(`Action: Login\nUsername: ${user}\nSecret: ${password}\nEvents: on`)
  for (let tries = 0; !printed.includes('Authentication accepted'); tries++) {
    if (tries === 100 || printed.includes('Authentication failed')) throw new Error(`AMI as ${user}: ${printed}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  ask('Action: Events\nEventMask: on')
  return { printed: () => printed, ask, close: () => void socket.destroy() }
}

/** What the switch drew for itself: ports, and the password of its own account. */
export function installation({ dataFolder }: Network): { managerPassword: string; ports: { manager: number } } {
  return JSON.parse(readFileSync(join(dataFolder, 'switch/installation.json'), 'utf8'))
}
