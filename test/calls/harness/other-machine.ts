/**
 * Another machine of the network, as far as this one can tell: a network namespace with a wire to here. Takes what root may do, and `ip`.
 *
 *     const machine = openOtherMachine()
 *     machine.here                              // our address on the wire; `machine.there` is its own
 *     machine.spawn(process.execPath, ['scanner.mjs'])
 *     machine.remove()
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'

/** Skips the test that it is called in, and prints why, where there can be none. */
export const needsOtherMachine = ({ skip }: Pick<TestContext, 'skip'>) => skip(!isPossible(), 'namespaces are for root')

export interface OtherMachine {
  readonly here: string
  readonly there: string
  /** Our end of the wire, by its name. */
  readonly wire: string
  /** What runs this there. */
  command(program: string, args: readonly string[]): readonly [string, ...string[]]
  spawn(program: string, args: readonly string[]): ChildProcess
  remove(): void
}

export const isPossible = () => process.getuid?.() === 0

/**
 * Addresses of RFC 2544, which no network has: a pair for each process.
 * @param names that this machine is known by there, besides its address: whatever address it calls goes by the wire
 */
export function openOtherMachine(names: Readonly<Record<string, string>> = {}): OtherMachine {
  const part = `${(process.pid >> 6) & 255}.${(process.pid & 63) * 4}`.split('.')
  const [third = '0', base = '0'] = part
  const [here, there] = [1, 2].map(host => `198.18.${third}.${Number(base) + host}`) as [string, string]
  const name = `tonebank-${process.pid}`
  const [wire, end] = [`tb${process.pid}`, `tc${process.pid}`]
  // What `ip netns exec` puts in the place of /etc.
  const etc = join('/etc/netns', name)
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 })
  const hosts = Object.entries(names).map(([known, address]) => `${address} ${known}`)
  const remove = () => {
    // Its end of the wire goes with it, and with that ours.
    for (const args of [
      ['link', 'del', wire],
      ['netns', 'del', name],
    ]) {
      try {
        ip(...args)
      } catch {
        // It was never made.
      }
    }
    rmSync(etc, { recursive: true, force: true })
  }
  try {
    ip('netns', 'add', name)
    ip('link', 'add', wire, 'type', 'veth', 'peer', 'name', end, 'netns', name)
    ip('addr', 'add', `${here}/30`, 'dev', wire)
    ip('link', 'set', wire, 'up')
    ip('-n', name, 'addr', 'add', `${there}/30`, 'dev', end)
    ip('-n', name, 'link', 'set', end, 'up')
    ip('-n', name, 'link', 'set', 'lo', 'up')
    ip('-n', name, 'route', 'add', 'default', 'via', here)
    mkdirSync(etc, { recursive: true })
    writeFileSync(join(etc, 'hosts'), ['127.0.0.1 localhost', ...hosts, ''].join('\n'))
  } catch (error) {
    remove()
    throw error
  }
  const command: OtherMachine['command'] = (program, args) => ['ip', 'netns', 'exec', name, program, ...args]
  return {
    ...{ here, there, wire, remove, command },
    spawn: (program, args) => {
      const [ip, ...rest] = command(program, args)
      return spawn(ip, rest)
    },
  }
}
