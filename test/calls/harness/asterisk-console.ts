/** Asterisk's own console, as an operator of the network's machine has it: single commands, or attached and watching. */
import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readTools } from '../../../setup/tools.mjs'
import { root } from './asterisk.ts'
import type { Network } from './network.ts'

/** What `asterisk -rx <text>` prints. */
export async function consoleCommand(network: Network, text: string): Promise<string> {
  const { program, args } = asterisk(network)
  return (await promisify(execFile)(program, [...args, '-rx', text], { timeout: 10_000 })).stdout
}

export interface Console {
  readonly printed: () => string
  detach(): void
}

/** @param option `-r`, with as many `v` behind it as the operator wants to see more */
export function attachConsole(network: Network, option: string): Console {
  const { program, args } = asterisk(network)
  const child = spawn(program, [...args, option], { stdio: ['pipe', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (printed += text))
  // It complains when Asterisk ends before it.
  child.stdin.on('error', () => {})
  return { printed: () => printed, detach: () => void child.kill() }
}

function asterisk({ dataFolder }: Network): { program: string; args: string[] } {
  const { asterisk } = readTools(root)
  return { program: asterisk.command, args: [...asterisk.args, '-C', join(dataFolder, 'switch/conf/asterisk.conf')] }
}
