/** Callers in a process of their own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { systemRuntime, withDeadline } from '../../../src/runtime.ts'

export interface LoadOrder {
  readonly port: number
  /** One for each connection. */
  readonly paths: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly count: number
  /** The first idempotency key; those that follow count up. */
  readonly first: number
}

export interface LoadDone {
  readonly perSecond: number
  /** Of a core: above 0.8 the callers are the limit. */
  readonly busy: number
}

export interface Load {
  run(order: LoadOrder): Promise<LoadDone>
  stop(): void
}

export function startLoad(): Load {
  const child = fork(fileURLToPath(new URL('./load-program.ts', import.meta.url)), [], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return {
    run: async order => {
      child.send(order)
      const answered = once(child, 'message')
      const [done] = (await withDeadline(systemRuntime, 'the callers', 120_000, answered)) as [LoadDone | Failed]
      if ('failed' in done) throw new Error(`the callers: ${done.failed}`)
      return done
    },
    stop: () => child.disconnect(),
  }
}

interface Failed {
  readonly failed: string
}
