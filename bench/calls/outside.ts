/** Programs that the benchmark starts beside Asterisk: sipp and tcpdump. Started without a shell, ended by their own id. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { systemRuntime, withDeadline } from '../../src/runtime.ts'

export interface Outside {
  readonly pid: number
  /** What it wrote to standard error. */
  stderr(): string
  /** Resolves with its exit status (-1 when a signal ended it), or rejects after `deadlineMs`, the program killed. */
  ended(deadlineMs: number): Promise<number>
  signal(name: 'SIGINT' | 'SIGKILL'): void
}

export interface StartOptions {
  readonly cwd?: string
  /** File descriptor that takes its standard output; otherwise nobody reads it. */
  readonly stdout?: number
}

/** Starts a program. Rejects when it cannot be started, such as one that is not installed. */
export async function startOutside(
  command: string,
  args: readonly string[],
  { cwd, stdout }: StartOptions = {},
): Promise<Outside> {
  const child = spawn(command, args, { stdio: ['ignore', stdout ?? 'ignore', 'pipe'], ...(cwd && { cwd }) })
  const exit = exitOf(child)
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  await once(child, 'spawn')
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  exit.then(() => process.off('exit', endWithUs))
  return {
    pid: child.pid ?? -1,
    stderr: () => stderr,
    ended: async deadlineMs => {
      try {
        return await withDeadline(systemRuntime, command, deadlineMs, exit)
      } catch (error) {
        child.kill('SIGKILL')
        await exit
        throw error
      }
    },
    signal: name => child.kill(name),
  }
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise(resolve => child.once('close', code => resolve(code ?? -1)))
}
