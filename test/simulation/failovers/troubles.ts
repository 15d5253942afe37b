/** What may happen to a cluster and to those who use it, by name. */
import type { ChildProcess } from 'node:child_process'
import { systemRuntime } from '../../../src/runtime.ts'
import type { Lives } from '../keeper/lives.ts'
import type { Cluster } from './cluster.ts'

export interface Scene {
  readonly cluster: Cluster
  readonly lives: Lives
  /** The process of machine `a`, which serves; `b` stands by. */
  readonly writer: ChildProcess
  /** Members by what they are before: the primary, the one that confirms what it commits, and the third. */
  readonly leader: string
  readonly standby: string
  readonly third: string
  /** Seeded: below `most`. */
  readonly draw: (most: number) => number
  /** Is to be called when the trouble is over for the longest time that is promised, or when the test is. */
  readonly later: (heal: () => void) => void
}

export interface Trouble {
  /** For the time until the next answer, in milliseconds; a busy machine misses it by some. `ttl` of Patroni is 20 s. */
  readonly goalMs: number
  /** Without another life for a process that ended. */
  readonly withoutRestarts?: true
  /** Returns the moment from which time is counted where that is not when it began. */
  readonly strike: (scene: Scene) => bigint | Promise<bigint | undefined> | undefined
}

/** Until Patroni's key of one who does not renew it is gone. */
const keyGoneMs = 21_500

const troubles = {
  'primary killed': {
    goalMs: 5_000,
    strike: ({ cluster, leader }) => void cluster.signal(leader, 'SIGKILL'),
  },
  /** What the standby that confirms was not sent any more, and nobody was answered of. Who leads next fetches it from there. */
  'primary killed when the third has more': {
    goalMs: 5_000,
    strike: async ({ cluster, leader, standby }) => {
      cluster.stopSending(leader, standby)
      await systemRuntime.sleep(300)
      const killedAtNs = process.hrtime.bigint()
      cluster.signal(leader, 'SIGKILL')
      return killedAtNs
    },
  },
  'writer killed': {
    goalMs: 5_000,
    withoutRestarts: true,
    strike: ({ writer }) => void writer.kill('SIGKILL'),
  },
  'writer cut from the primary': {
    goalMs: 5_000,
    strike: ({ cluster, leader, later }) => {
      cluster.machines.cut('a', leader)
      later(() => cluster.machines.join('a', leader))
      return undefined
    },
  },
  'two writers at once': {
    goalMs: 5_000,
    strike: async ({ lives, writer }) => {
      writer.kill('SIGSTOP')
      await lives.until('b serves', ({ life, what }) => life === 'b1' && what.startsWith('done'))
      writer.kill('SIGCONT')
      return undefined
    },
  },
  'standby paused': {
    goalMs: 10_000,
    strike: ({ cluster, standby, later }) => {
      cluster.signal(standby, 'SIGSTOP')
      later(() => cluster.signal(standby, 'SIGCONT'))
      return undefined
    },
  },
  'node cut': {
    goalMs: 25_000,
    strike: ({ cluster, leader, later }) => {
      cluster.machines.wire(leader, 'down')
      later(() => cluster.machines.wire(leader, 'up'))
      return undefined
    },
  },
  'Patroni killed': {
    goalMs: 5_000,
    strike: ({ cluster, leader }) => void cluster.signalProgram(leader, 'patroni', 'SIGKILL'),
  },
  'etcd killed': {
    goalMs: 5_000,
    strike: ({ cluster, leader, standby, third, draw }) =>
      void cluster.signalProgram([leader, standby, third][draw(3)] ?? leader, 'etcd', 'SIGKILL'),
  },
  'etcd without a quorum': {
    goalMs: 15_000,
    strike: async ({ cluster, leader, standby, third, draw, later }) => {
      const spared = draw(3)
      const stopped = [leader, standby, third].filter((_, i) => i !== spared)
      const signal = (how: 'SIGSTOP' | 'SIGCONT') => {
        for (const name of stopped) cluster.signalProgram(name, 'etcd', how)
      }
      signal('SIGSTOP')
      later(() => signal('SIGCONT'))
      // Until the primary has noticed and follows.
      await systemRuntime.sleep(10_000 + draw(10_000))
      signal('SIGCONT')
      return process.hrtime.bigint()
    },
  },
  /** Its machine was cut off, another led and was answered, and ended; it comes back while nobody leads. */
  'an earlier primary back while nobody leads': {
    goalMs: 15_000,
    strike: async ({ cluster, lives, leader, standby, third, later }) => {
      const cutAtNs = process.hrtime.bigint()
      cluster.machines.wire(leader, 'down')
      later(() => cluster.machines.wire(leader, 'up'))
      await lives.until('another leads', ({ what, atNs }) => what.startsWith('done') && atNs > cutAtNs + 2_000_000_000n)
      await systemRuntime.sleep(1_000)
      const signal = (how: 'SIGSTOP' | 'SIGCONT') => {
        for (const name of [standby, third]) cluster.signalProgram(name, 'patroni', how)
      }
      signal('SIGSTOP')
      later(() => signal('SIGCONT'))
      cluster.signal(standby, 'SIGKILL')
      await systemRuntime.sleep(keyGoneMs)
      cluster.machines.wire(leader, 'up')
      await systemRuntime.sleep(5_000)
      signal('SIGCONT')
      return process.hrtime.bigint()
    },
  },
} satisfies Readonly<Record<string, Trouble>>

export type Kind = keyof typeof troubles
export const kinds: Readonly<Record<Kind, Trouble>> = troubles
