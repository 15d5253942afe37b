/**
 * Machines of a network of their own: network namespaces on one bridge, of which wires are pulled. Takes what root may do, and `ip`.
 * Addresses of RFC 2544, which no network has: another net for each process.
 */
import { execFileSync } from 'node:child_process'

export const isPossible = () => process.getuid?.() === 0

export class Machines {
  readonly #bridge = `tbf${process.pid}`
  readonly #net = `198.19.${process.pid & 255}`
  readonly #names: readonly string[]

  constructor(names: readonly string[]) {
    this.#names = names
    try {
      ip('link', 'add', this.#bridge, 'type', 'bridge')
      ip('addr', 'add', `${this.#net}.254/24`, 'dev', this.#bridge)
      ip('link', 'set', this.#bridge, 'up')
      for (const [i, name] of names.entries()) {
        const space = this.#space(name)
        ip('netns', 'add', space)
        ip('link', 'add', this.#port(name), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
        ip('link', 'set', this.#port(name), 'master', this.#bridge, 'up')
        ip('-n', space, 'addr', 'add', `${this.#net}.${i + 1}/24`, 'dev', 'eth0')
        ip('-n', space, 'link', 'set', 'eth0', 'up')
        ip('-n', space, 'link', 'set', 'lo', 'up')
      }
    } catch (error) {
      this.remove()
      throw error
    }
  }

  addressOf(name: string): string {
    return `${this.#net}.${this.#names.indexOf(name) + 1}`
  }

  on(name: string, program: string, args: readonly string[]): readonly [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#space(name), program, ...args]
  }

  /** The wire of a machine: who is connected to it is told nothing. */
  wire(name: string, state: 'up' | 'down'): void {
    ip('link', 'set', this.#port(name), state)
  }

  /** Between two alone: what they send each other goes to nobody. */
  cut(one: string, other: string): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const)
      ip(
        '-n',
        this.#space(from),
        ...['neigh', 'replace', this.addressOf(to), 'lladdr', '02:00:00:00:00:fe'],
        ...permanent,
      )
  }

  join(one: string, other: string): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const)
      ip('-n', this.#space(from), 'neigh', 'del', this.addressOf(to), 'dev', 'eth0')
  }

  remove(): void {
    for (const name of this.#names) attempt('netns', 'del', this.#space(name))
    attempt('link', 'del', this.#bridge)
  }

  #space(name: string): string {
    return `tonebank-${process.pid}-${name}`
  }

  /** The bridge's end of a machine's wire; of at most 15 characters. */
  #port(name: string): string {
    return `tb${process.pid}x${this.#names.indexOf(name)}`
  }
}

const permanent = ['dev', 'eth0', 'nud', 'permanent']

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 })
}

function attempt(...args: string[]): void {
  try {
    ip(...args)
  } catch {
    // It was never made.
  }
}
